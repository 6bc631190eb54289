"""A model that left Handful, as it answers anywhere: these modules are copied into the zip as they are.

They import nothing of Handful and need numpy and safetensors; what else a model needs stands in its
requirements.txt and is imported where it is used. Handful itself sorts files with them
(``python -m fsl_core predict``), so that inside and outside are one program.
"""
