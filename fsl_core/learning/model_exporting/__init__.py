"""Tuned models as files that run without Handful: a sentence-transformers folder, ONNX, a zip of either."""

from fsl_core.learning.model_exporting.facts import ExportError as ExportError
from fsl_core.learning.model_exporting.facts import Facts as Facts
from fsl_core.learning.model_exporting.facts import base_of as base_of
from fsl_core.learning.model_exporting.folder import export_folder as export_folder
from fsl_core.learning.model_exporting.folder import load_export as load_export
from fsl_core.learning.model_exporting.onnx import export_onnx as export_onnx
from fsl_core.learning.model_exporting.zipped import zip_export as zip_export
