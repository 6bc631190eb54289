"""Models as files that run without Handful.

``in_use`` is the model that a project answers with, of any method; ``folder`` and ``onnx`` are tuned models for those
who want the encoder itself: a sentence-transformers folder, or one ONNX graph.
"""

from fsl_core.learning.model_exporting.facts import ExportError as ExportError
from fsl_core.learning.model_exporting.facts import Facts as Facts
from fsl_core.learning.model_exporting.facts import base_of as base_of
from fsl_core.learning.model_exporting.folder import export_folder as export_folder
from fsl_core.learning.model_exporting.folder import load_export as load_export
from fsl_core.learning.model_exporting.in_use import InUse as InUse
from fsl_core.learning.model_exporting.in_use import export_in_use as export_in_use
from fsl_core.learning.model_exporting.in_use import obstacle as obstacle
from fsl_core.learning.model_exporting.onnx import export_onnx as export_onnx
from fsl_core.learning.model_exporting.zipped import zip_export as zip_export
