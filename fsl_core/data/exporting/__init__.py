"""Labels as files: ``export`` one, ``formats`` lists what there is.

A new format is one module with a ``FORMAT``; the registry finds it. A whole project, with its
history, is a project file (``fsl_core.data.project_file``).
"""

from fsl_core.data.exporting.content import Content as Content
from fsl_core.data.exporting.content import Prediction as Prediction
from fsl_core.data.exporting.content import Row as Row
from fsl_core.data.exporting.content import gather as gather
from fsl_core.data.exporting.flat import Column as Column
from fsl_core.data.exporting.flat import flat as flat
from fsl_core.data.exporting.format import ExportSettings as ExportSettings
from fsl_core.data.exporting.format import Format as Format
from fsl_core.data.exporting.names import file_name as file_name
from fsl_core.data.exporting.registry import formats as formats
from fsl_core.data.exporting.registry import get_format as get_format
from fsl_core.data.exporting.writing import ExportedFile as ExportedFile
from fsl_core.data.exporting.writing import export as export
from fsl_core.data.exporting.writing import wants_rows as wants_rows
from fsl_core.data.exporting.writing import write as write
