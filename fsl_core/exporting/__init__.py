"""Labels as files: ``export`` one, ``formats`` lists what there is.

A new format is one module with a ``FORMAT``; the registry finds it. A whole project, with its
history, is a project file (``fsl_core.project_file``).
"""

from fsl_core.exporting.content import Content as Content
from fsl_core.exporting.content import Row as Row
from fsl_core.exporting.content import Suggestion as Suggestion
from fsl_core.exporting.content import gather as gather
from fsl_core.exporting.flat import flat as flat
from fsl_core.exporting.format import ExportSettings as ExportSettings
from fsl_core.exporting.format import Format as Format
from fsl_core.exporting.names import file_name as file_name
from fsl_core.exporting.registry import formats as formats
from fsl_core.exporting.registry import get_format as get_format
from fsl_core.exporting.writing import ExportedFile as ExportedFile
from fsl_core.exporting.writing import export as export
from fsl_core.exporting.writing import write as write
