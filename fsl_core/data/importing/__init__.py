"""Reading files into items: ``read_table``, ``guess_columns``, ``to_items``.

A new format is one module with a ``FORMAT``; the registry finds it.
"""

from fsl_core.data.importing.encoding import ENCODINGS as ENCODINGS
from fsl_core.data.importing.encoding import encoding_of as encoding_of
from fsl_core.data.importing.guess import Guess as Guess
from fsl_core.data.importing.guess import guess_columns as guess_columns
from fsl_core.data.importing.items import Conflict as Conflict
from fsl_core.data.importing.items import Duplicate as Duplicate
from fsl_core.data.importing.items import ImportReport as ImportReport
from fsl_core.data.importing.items import to_items as to_items
from fsl_core.data.importing.pasted import read_pasted as read_pasted
from fsl_core.data.importing.picture_files import holds_pictures as holds_pictures
from fsl_core.data.importing.picture_files import list_pictures as list_pictures
from fsl_core.data.importing.picture_files import named_like_picture as named_like_picture
from fsl_core.data.importing.pictures import PictureReport as PictureReport
from fsl_core.data.importing.pictures import guess_naming as guess_naming
from fsl_core.data.importing.pictures import labels_of as labels_of
from fsl_core.data.importing.pictures import read_pictures as read_pictures
from fsl_core.data.importing.reading import read_table as read_table
from fsl_core.data.importing.registry import suffixes as suffixes
from fsl_core.data.importing.table import Table as Table
from fsl_core.data.importing.xlsx import check_archive as check_archive
