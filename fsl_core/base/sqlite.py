"""What every SQLite file here needs at its opening."""

from __future__ import annotations

import sqlite3
import time

WAIT_SECONDS = 30.0
"""How long an opener waits for others before it gives up."""
_PAUSE = 0.02


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to the write-ahead log, so that readers never wait for a writer.

    The first switch needs the file for itself and, busy timeout or not, answers "locked" at once while
    another process makes the same switch; so it is tried again here. Raises sqlite3.OperationalError.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_PAUSE)
