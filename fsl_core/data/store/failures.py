"""Failures of the database put into words: what happened and what to do about it."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from fsl_core.base.errors import StoreError
from fsl_core.base.notes import N_

_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "database is locked",
        N_("The database {url} is busy: another program has been writing to it for too long."),
        N_("Try again in a moment. If it stays, close the other program that has this file open."),
    ),
    (
        "readonly database",
        N_("The database {url} is read-only, so nothing can be saved."),
        N_("Give yourself write permission for the file and its folder, or set HANDFUL_HOME to another folder."),
    ),
    (
        "unable to open database file",
        N_("The database {url} cannot be opened."),
        N_("Check that its folder exists and that you may read and write there."),
    ),
    (
        "file is not a database",
        N_("The file {url} is not a database."),
        N_("Move it away, or name another file in HANDFUL_DATABASE_URL; a backup may lie beside it."),
    ),
    (
        "malformed",
        N_("The database {url} is damaged: {reason}"),
        N_("Put the newest file named '….backup-…' from the same folder in its place."),
    ),
    (
        "is full",
        N_("There is no room left to save: {reason}"),
        N_("Free some space on the disk and try again."),
    ),
    (
        "disk i/o error",
        N_("The disk refused to read or write {url}."),
        N_("Check that the disk is healthy, has free space and is not a network folder."),
    ),
    (
        "permission denied",
        N_("The database {url} refused: {reason}"),
        N_("Ask its administrator for the right to create and change tables in it."),
    ),
)


def explain(error: Exception, url: str) -> StoreError | None:
    """The StoreError for a failure of the database's surroundings; None for a fault of our own."""
    reason = _first_line(error)
    for sign, message, hint in _KNOWN:
        if sign in reason.lower() and isinstance(error, DatabaseError | sqlite3.Error):
            return StoreError(message, hint, url=url, reason=reason)
    if isinstance(error, TimeoutError):
        return StoreError(
            "All connections to the database {url} are in use.",
            "Try again in a moment; restart the app if it stays.",
            url=url,
        )
    if isinstance(error, OperationalError | InterfaceError | sqlite3.OperationalError):
        return StoreError(
            "The database {url} cannot be reached: {reason}",
            "Check that its server runs, and that HANDFUL_DATABASE_URL has the right host, port, name and password.",
            url=url,
            reason=reason,
        )
    return None


def _first_line(error: Exception) -> str:
    original = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else error
    lines = str(original if original is not None else error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
