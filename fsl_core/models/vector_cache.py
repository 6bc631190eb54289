"""Vectors on disk, so that a text or an image is encoded once in its life.

One SQLite file. A vector is found by the encoder's key, the role, and the sha256 of its content. Anything
in the file can be computed again: it is bounded in size, and a damaged file is moved aside.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import StoreError
from fsl_core.base.notes import Note
from fsl_core.base.sqlite import WAIT_SECONDS, use_write_ahead_log
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, Role
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.data import images

logger = logging.getLogger(__name__)
R = TypeVar("R")

CHUNK = 512
"""Texts encoded between two writes: what a stopped encoding loses at most."""
_ASK = 500
_REFRESH_SECONDS = 600.0
_KEEP = 0.9
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

# The narrow table carries what is read and written often; the wide one is only touched for its vectors.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spaces (id INTEGER PRIMARY KEY, key TEXT NOT NULL, role TEXT NOT NULL, dim INTEGER NOT NULL,
    UNIQUE (key, role));
CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, space INTEGER NOT NULL, digest BLOB NOT NULL,
    used REAL NOT NULL, UNIQUE (space, digest));
CREATE TABLE IF NOT EXISTS vectors (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
"""


def digest_of(item: Item) -> str:
    """Hex sha256 of a text, or of the bytes of an image file."""
    if isinstance(item, Path):
        if (blob := images.blob_of(item)) is not None:
            return blob  # known even of a file that is gone
        state = item.stat()
        return _file_digest(item, state.st_size, state.st_mtime_ns)
    return hashlib.sha256(item.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=100_000)
def _file_digest(path: Path, size: int, time_ns: int) -> str:
    """Images are read once, not whenever a project asks what is missing."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class VectorCache:
    """Vectors by (encoder key, role, digest), shared by threads and processes.

    ``max_bytes`` bounds the file; the least recently used vectors leave first. ``clock`` gives the time in
    seconds and is there for tests.
    """

    def __init__(self, path: Path, max_bytes: int = 2 * 1024**3, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._run(lambda connection: None)

    def close(self) -> None:
        """Close the file; it opens again by itself at the next use."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> VectorCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_many(self, key: str, digests: Sequence[str], *, role: Role = "document") -> dict[str, NDArray[np.float32]]:
        """Digest -> vector of shape (d,), read-only; digests that are not there are left out."""

        def read(connection: sqlite3.Connection) -> dict[str, NDArray[np.float32]]:
            found: dict[str, NDArray[np.float32]] = {}
            stale: list[int] = []
            now = self._clock()
            query = "SELECT e.id, e.digest, e.used, v.data FROM entries e JOIN vectors v ON v.id = e.id"
            for number, digest, used, data in self._rows(connection, query, key, role, digests):
                found[digest.hex()] = np.frombuffer(data, dtype="<f4")
                if now - used > _REFRESH_SECONDS:  # not at every read: reading should not write
                    stale.append(number)
            if stale:
                with _writing(connection):
                    connection.executemany("UPDATE entries SET used = ? WHERE id = ?", [(now, n) for n in stale])
            return found

        return self._run(read)

    def has_many(self, key: str, digests: Sequence[str], *, role: Role = "document") -> set[str]:
        """Those of ``digests`` that are there; does not count as use."""
        query = "SELECT e.digest FROM entries e"
        return self._run(lambda c: {row[0].hex() for row in self._rows(c, query, key, role, digests)})

    def put_many(self, key: str, vectors: Mapping[str, NDArray[np.float32]], *, role: Role = "document") -> None:
        """Keep vectors of one length by their digest, all or none; a vector that is there already stays.

        Raises StoreError when the length differs from that of the vectors kept under the same key.
        """
        if not vectors:
            return
        dims = {vector.shape[-1] for vector in vectors.values()}

        def write(connection: sqlite3.Connection) -> None:
            with _writing(connection):
                space = _space(connection, key, role, dims)
                now = self._clock()
                for digest, vector in vectors.items():
                    cursor = connection.execute(
                        "INSERT INTO entries (space, digest, used) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        (space, bytes.fromhex(digest), now),
                    )
                    if cursor.rowcount:
                        data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
                        connection.execute("INSERT INTO vectors VALUES (?, ?)", (cursor.lastrowid, data))
                self._evict(connection)

        self._run(write)

    @property
    def size_bytes(self) -> int:
        """Bytes in use inside the file."""
        return self._run(_used_bytes)

    def __len__(self) -> int:
        return int(self._run(lambda connection: connection.execute("SELECT count(*) FROM entries").fetchone()[0]))

    def _evict(self, connection: sqlite3.Connection) -> None:
        while (size := _used_bytes(connection)) > self.max_bytes:
            (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
            if not count:
                return
            leave = max(1, int(count * (1 - self.max_bytes * _KEEP / size)))
            oldest = connection.execute("SELECT id FROM entries ORDER BY used, id LIMIT ?", (leave,)).fetchall()
            connection.executemany("DELETE FROM vectors WHERE id = ?", oldest)
            connection.executemany("DELETE FROM entries WHERE id = ?", oldest)
            logger.info("The vector cache is full: %d least recently used vectors left it.", len(oldest))

    @staticmethod
    def _rows(
        connection: sqlite3.Connection, query: str, key: str, role: str, digests: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        space = connection.execute("SELECT id FROM spaces WHERE key = ? AND role = ?", (key, role)).fetchone()
        for start in range(0, len(digests) if space else 0, _ASK):
            part = [bytes.fromhex(digest) for digest in digests[start : start + _ASK]]
            marks = ",".join("?" * len(part))
            yield from connection.execute(f"{query} WHERE e.space = ? AND e.digest IN ({marks})", (*space, *part))

    def _run(self, action: Callable[[sqlite3.Connection], R]) -> R:
        with self._lock:
            for last_try in (False, True):
                try:
                    return action(self._open())
                except sqlite3.DatabaseError as error:
                    if last_try or (error.sqlite_errorcode & 0xFF) not in _DAMAGED:
                        raise self._error(error) from error
                    self._set_aside(error)
        raise AssertionError("unreachable")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            self._connection = connection
            self._inode = self.path.stat().st_ino
            use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose vectors, never damage the file
            connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.executescript(_SCHEMA)
        return self._connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        self.close()
        # Another process may have done it already: then the path is a new file, to be opened and left alone.
        if self.path.exists() and self.path.stat().st_ino == self._inode:
            aside = self.path.with_name(f"{self.path.name}.damaged-{time.time_ns()}")
            logger.warning("The vector cache was damaged (%s); it is now %s and a new one begins.", error, aside.name)
            try:
                self.path.rename(aside)
                for end in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + end).unlink(missing_ok=True)
            except OSError as problem:
                raise self._error(problem) from problem

    def _error(self, error: Exception) -> StoreError:
        return StoreError(
            "The vector cache {path} cannot be used: {problem}.",
            "Check free space and permissions; the file may be deleted, its vectors are computed again.",
            path=self.path,
            problem=error,
        )


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _space(connection: sqlite3.Connection, key: str, role: str, dims: set[int]) -> int:
    (dim,) = dims if len(dims) == 1 else (0,)
    row = (key, role)
    connection.execute("INSERT INTO spaces (key, role, dim) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (*row, dim))
    space, known = connection.execute("SELECT id, dim FROM spaces WHERE key = ? AND role = ?", row).fetchone()
    if dims != {known}:
        raise StoreError(
            "Vectors of length {new} do not belong with those of length {known} under the key {key}.",
            "The encoder changed without changing its key; delete the vector cache.",
            new=sorted(dims),
            known=known,
            key=key,
        )
    return int(space)


def _used_bytes(connection: sqlite3.Connection) -> int:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


class CachedEncoder(Encoder[Any]):
    """An encoder that looks into the cache first; the same interface, the same vectors."""

    def __init__(self, encoder: Encoder[Any], cache: VectorCache) -> None:
        super().__init__(encoder.config)
        self.encoder = encoder
        self.cache = cache
        self.info = encoder.info  # type: ignore[misc]  # it stands in for the encoder it holds
        self.settings = encoder.settings  # type: ignore[misc]

    @property
    def key(self) -> str:
        """The key of the encoder inside."""
        return self.encoder.key

    def trainable_folder(self, progress: Progress | None = None) -> Path | None:
        """That of the encoder inside."""
        return self.encoder.trainable_folder(progress)

    def trained_on(self) -> frozenset[str]:
        """That of the encoder inside."""
        return self.encoder.trained_on()

    def portable(self, progress: Progress | None = None) -> PortableEncoder | None:
        """That of the encoder inside."""
        return self.encoder.portable(progress)

    @property
    def can_leave(self) -> bool:
        """That of the encoder inside."""
        return self.encoder.can_leave

    def missing(self, items: Sequence[Item], *, role: Role = "document") -> int:
        """How many different items would have to be encoded."""
        digests = list({digest_of(item) for item in items})
        return len(digests) - len(self.cache.has_many(self.key, digests, role=role))

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """As the encoder inside; every finished chunk is kept, so that a stopped encoding goes on from there."""
        report = progress or silent
        if not items:
            return self.encoder.encode(items, role=role)
        key = self.key
        digests = [digest_of(item) for item in items]
        first = dict(zip(reversed(digests), reversed(items), strict=True))
        found = self.cache.get_many(key, list(first), role=role)
        # Long texts first: texts of one length share a batch without padding, and too little memory shows early.
        todo = sorted((d for d in first if d not in found), key=lambda d: -len(str(first[d])))
        for start in range(0, len(todo), CHUNK):
            chunk = todo[start : start + CHUNK]
            vectors = self.encoder.encode(
                [first[d] for d in chunk], role=role, progress=_part(report, start, len(chunk), len(todo))
            )
            fresh = dict(zip(chunk, vectors, strict=True))
            found.update(fresh)
            self._keep(key, fresh, role)
        report(1.0, "Encoded")
        return np.stack([found[digest] for digest in digests])

    @property
    def words_key(self) -> str:
        """That of the encoder inside."""
        return self.encoder.words_key

    def encode_words(self, texts: Sequence[str]) -> Vectors | None:
        """As the encoder inside; kept under ``words_key``, so that known class names load no model."""
        if self.info.modality == "text":
            return self.encode(list(texts))
        if not texts:
            return self.encoder.encode_words(texts)
        key = self.words_key
        digests = [digest_of(text) for text in texts]
        found = self.cache.get_many(key, digests)
        todo = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in found}
        if todo:
            vectors = self.encoder.encode_words(list(todo.values()))
            if vectors is None:
                return None
            fresh = dict(zip(todo, vectors, strict=True))
            found.update(fresh)
            self._keep(key, fresh, "document")
        return np.stack([found[digest] for digest in digests])

    def _keep(self, key: str, fresh: Mapping[str, NDArray[np.float32]], role: Role) -> None:
        try:
            self.cache.put_many(key, fresh, role=role)
        except StoreError as error:
            if not isinstance(error.__cause__, sqlite3.Error):
                raise
            # A full disk costs time the next time; it must not cost the vectors just computed.
            logger.warning("%s", error)


def _part(report: Progress, start: int, n: int, total: int) -> Progress:
    def inner(fraction: float, message: str) -> None:
        done = start + fraction * n
        report(done / total, Note("{work} ({n} / {all})", work=Note.of(message), n=f"{int(done):,}", all=f"{total:,}"))

    return inner
