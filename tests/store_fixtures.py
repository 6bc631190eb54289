"""A store on SQLite and on a real PostgreSQL: a private server in a temporary folder, one for each process of tests.

PostgreSQL is looked for where Debian puts it, or in the folder that ``HANDFUL_POSTGRES`` names (VERSION/bin below it).
Without it its tests are left out, unless ``HANDFUL_REQUIRE_POSTGRES=1`` makes that a failure.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert

from fsl_core.data.store import Store, schema
from fsl_core.data.store.schema import metadata
from fsl_core.jobs import queue
from fsl_core.models import chosen
from tests.left_out import leave_out

_numbers = itertools.count(1)


class PostgresServer:
    """A running server, its databases by address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._migrated = False

    def url(self, database: str) -> str:
        return f"postgresql://handful@/{database}?host={self.folder}"

    def bare_database(self) -> str:
        """A new database without tables."""
        name = f"bare_{next(_numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def empty_store(self) -> str:
        """One database for all tests, emptied: making one anew would take longer than most tests."""
        if not self._migrated:
            Store(self.url("postgres")).close()
            self._migrated = True
        with self.connect() as connection:
            # As a replica the server ignores the triggers that protect the journal.
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY".encode())
        return self.url("postgres")

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), dbname=database, user="handful", autocommit=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    binaries = sorted(Path(os.environ.get("HANDFUL_POSTGRES", "/usr/lib/postgresql")).glob("*/bin/initdb"))
    if not binaries:
        leave_out("PostgreSQL is not installed.", unless="HANDFUL_REQUIRE_POSTGRES")
    folder = Path(tempfile.mkdtemp(prefix="handful-pg-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        server = _start(binaries[-1].parent, folder)
        yield PostgresServer(folder)
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once: nobody will need these data again
            server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _start(binaries: Path, folder: Path) -> subprocess.Popen[bytes]:
    # PostgreSQL refuses to run as root.
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"
    flags = ["--username=handful", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(
        [binaries / "initdb", "-D", data, *flags], cwd=folder, capture_output=True, text=True, check=False, **who
    )
    assert made.returncode == 0, made.stderr
    # Nobody needs these data after a crash, and nobody else connects.
    careless = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0")
    settings = (*careless, "listen_addresses=", "jit=off", "autovacuum=off", f"unix_socket_directories={folder}")
    command = [binaries / "postgres", "-D", data, *(part for setting in settings for part in ("-c", setting))]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, **who)
    give_up = time.monotonic() + 60
    while True:
        try:
            PostgresServer(folder).connect().close()
            return server
        except psycopg.OperationalError:
            log_text = (folder / "server.log").read_text(errors="replace")
            assert server.poll() is None and time.monotonic() < give_up, log_text
            time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty store, once on each database."""
    if request.param == "sqlite":
        # In memory where the system offers it: every label waits for the disk, and there are thousands.
        memory = Path("/dev/shm")
        with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
            yield f"sqlite:///{folder}/handful.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield server.empty_store()


@pytest.fixture
def any_store(any_store_url: str) -> Iterator[Store]:
    """An empty store, once on each database."""
    with Store(any_store_url) as store:
        yield store


@pytest.fixture
def working_store(tmp_path, monkeypatch):
    """A store in a home of its own, whose worker processes end with the test."""
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))
    chosen._cache.cache_clear()
    with Store(f"sqlite:///{tmp_path / 'handful.db'}") as opened:
        yield opened
        for job in opened.jobs.live():
            opened.jobs.cancel(job.id)
        # Workers would wait for more work.
        for process in queue._spawned:
            process.kill()
            process.wait()
    chosen._cache.cache_clear()


def saved_before(store: Store, project_id: int, kind: str, payload: dict[str, Any]) -> int:
    """A run as another version left it in the database: whatever JSON."""
    row = {"project_id": project_id, "kind": kind, "payload": payload, "created_at": time.time()}
    with store.database.write() as connection:
        return connection.execute(insert(schema.runs).values(row).returning(schema.runs.c.id)).scalar_one()
