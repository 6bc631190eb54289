"""Image files: checked and made plain when they come in, kept by their content, drawn small for the page.

Everything else reads an image through here, so that a turned photo, a transparent drawing or a print
file looks the same to a model as to a person.
"""

from fsl_core.data.images.decoding import MAX_BYTES as MAX_BYTES
from fsl_core.data.images.decoding import pixels as pixels
from fsl_core.data.images.keeping import Kept as Kept
from fsl_core.data.images.keeping import blob_of as blob_of
from fsl_core.data.images.keeping import keep as keep
from fsl_core.data.images.keeping import keep_exactly as keep_exactly
from fsl_core.data.images.keeping import path_of as path_of
from fsl_core.data.images.kinds import SUFFIXES as SUFFIXES
from fsl_core.data.images.small import data_url as data_url
from fsl_core.data.images.small import thumbnail as thumbnail
