"""What an imported file may weigh; beyond it the file is refused with the limit in the sentence."""

MAX_BYTES = 200 * 1024 * 1024
"""Bytes of the file as it arrives."""

MAX_UNPACKED_BYTES = 512 * 1024 * 1024
"""Bytes of a workbook or Parquet file after unpacking."""

MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_CELL = 100_000
"""Characters in one cell."""

MAX_LABEL = 200
"""Characters in the name of a class."""

MAX_CLASSES = 1_000

STEP = 2_000
"""Rows between two calls of a Progress."""

EXAMPLES = 50
"""Row numbers or conflicts that a report lists before it only counts."""
