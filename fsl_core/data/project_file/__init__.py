"""A project as one ``.handful`` file: a zip of open formats, whose import gives the identical project.

Members, all UTF-8: ``manifest.json`` (format, version, counts, size and sha256 of the others),
``project.json``, ``classes.json``, ``items.jsonl``, ``journal.jsonl``, where imports kept rows ``rows.jsonl``
(version 3); behind them each image as ``images/<sha256>.<png|jpg|webp>`` (version 2 or 3). Numbers of items, classes
and entries count from 1 within the file. The same project gives the same bytes. Not in it: when the
project was changed last, saved comparisons, vectors and maps, which are all made anew.
"""

from fsl_core.data.project_file.archive import SUFFIX as SUFFIX
from fsl_core.data.project_file.archive import VERSION as VERSION
from fsl_core.data.project_file.archive import is_project_file as is_project_file
from fsl_core.data.project_file.transfer import Contents as Contents
from fsl_core.data.project_file.transfer import contents as contents
from fsl_core.data.project_file.transfer import dump_project as dump_project
from fsl_core.data.project_file.transfer import export_project as export_project
from fsl_core.data.project_file.transfer import import_project as import_project
from fsl_core.data.project_file.transfer import pack_project as pack_project
from fsl_core.data.project_file.transfer import read_project as read_project
