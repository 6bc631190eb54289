"""What a person reads when the database is not there, not theirs, broken or busy."""

from __future__ import annotations

import os
import pwd
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from fsl_core.base.errors import StoreError
from fsl_core.data.store import Store, database
from tests.store_fixtures import PostgresServer


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Permissions do not bind root, so step down for a moment."""
    if os.geteuid() != 0:
        yield
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are closed to other users."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg2://host/db", "http://x"],
)
def test_an_address_that_cannot_work_is_explained(url: str) -> None:
    with pytest.raises(StoreError, match="cannot be used") as caught:
        Store(url)
    assert "sqlite:////full/path/handful.db" in caught.value.hint


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store("postgresql://ann:secret-word@127.0.0.1:1/handful")
    assert "127.0.0.1:1" in caught.value.message
    assert "secret-word" not in caught.value.message + caught.value.hint
    assert "HANDFUL_DATABASE_URL" in caught.value.hint


def test_a_database_that_does_not_exist_on_the_server_is_named(postgres: PostgresServer) -> None:
    with pytest.raises(StoreError, match='database "nowhere" does not exist'):
        Store(postgres.url("nowhere"))


def test_a_user_without_rights_on_the_server_is_told(postgres: PostgresServer) -> None:
    url = postgres.bare_database()
    with postgres.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(StoreError, match="refused: permission denied") as caught:
        Store(url.replace("handful@", "guest@"))
    assert "administrator" in caught.value.hint


def test_a_restarted_server_is_found_again(postgres: PostgresServer) -> None:
    with Store(postgres.empty_store()) as store:
        project = store.projects.create("p")
        with postgres.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'handful'"
            )
        assert store.projects.get(project.id).name == "p"


def test_the_folder_of_a_new_sqlite_file_is_made(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / '数据' / 'a b' / 'handful.db'}") as store:
        assert store.projects.list() == []
    assert (tmp_path / "数据" / "a b" / "handful.db").is_file()


def test_a_folder_in_place_of_the_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is a folder"):
        Store(f"sqlite:///{tmp_path}")


def test_a_file_in_place_of_the_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be made|cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'file' / 'handful.db'}")


def test_a_file_that_may_not_be_written_is_refused_at_once(open_folder: Path) -> None:
    path = open_folder / "handful.db"
    Store(f"sqlite:///{path}").close()
    path.chmod(0o444)
    with an_ordinary_user(), pytest.raises(StoreError, match="may not write to") as caught:
        Store(f"sqlite:///{path}")
    assert "HANDFUL_HOME" in caught.value.hint


def test_a_folder_that_may_not_be_written_is_refused_at_once(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with an_ordinary_user(), pytest.raises(StoreError, match="may not write to"):
        Store(f"sqlite:///{open_folder / 'handful.db'}")
    with an_ordinary_user(), pytest.raises(StoreError, match="cannot be made"):
        Store(f"sqlite:///{open_folder / 'deeper' / 'handful.db'}")


def test_a_database_that_turns_read_only_later_is_explained(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'handful.db'}") as store:
        with pytest.raises(StoreError, match="read-only"), store.database.write() as connection:
            connection.execute(text("PRAGMA query_only = ON"))
            connection.execute(text("DELETE FROM runs"))


def test_a_file_that_is_no_database_is_explained_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "handful.db"
    path.write_text("id,text\n" * 200)
    with pytest.raises(StoreError, match="is not a database"):
        Store(f"sqlite:///{path}")
    assert path.read_text() == "id,text\n" * 200


def test_a_database_that_stays_busy_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    path = tmp_path / "handful.db"
    with Store(f"sqlite:///{path}") as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        project = store.projects.create("p")
        other.execute("BEGIN IMMEDIATE")
        assert store.projects.get(project.id).name == "p"
        with pytest.raises(StoreError, match="is busy"):
            store.projects.trash(project.id)
        other.execute("ROLLBACK")
        store.projects.trash(project.id)
