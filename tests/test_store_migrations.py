"""Opening databases of every age: new, old, newer, foreign."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from fsl_core.base.errors import StoreError
from fsl_core.contracts.strategy import mixed_bits
from fsl_core.data.store import NewItem, Store
from fsl_core.data.store.database import Database
from fsl_core.data.store.migrate import FOLDER, current_revision, migrate, revisions
from fsl_core.data.store.schema import metadata
from tests.store_fixtures import PostgresServer

NEXT = '''
"""One step after the last one."""
import sqlalchemy as sa
from alembic import op
revision = "{revision}"
down_revision = "{previous}"
def upgrade():
    op.add_column("projects", sa.Column("mood", sa.Text))
    {then}
'''


# What revision 0001 wrote: item 1 is 2, then 1, and that is undone.
FIRST_REVISION = (
    "INSERT INTO projects (name, kind, settings, created_at, updated_at) VALUES ('p', 'text', '{}', 1, 1)",
    "INSERT INTO classes (project_id, name, position, key, created_at) VALUES (1, 'a', 0, 'q', 1), (1, 'b', 1, '', 1)",
    "INSERT INTO items (project_id, kind, text, digest, meta, position, created_at) "
    "VALUES (1, 'text', 'one', 'x', '{}', 0, 1), (1, 'text', 'two', 'y', '{}', 1, 1)",
    "INSERT INTO entries (project_id, kind, target_id, author, source, note, created_at) "
    "VALUES (1, 'do', NULL, '', 'import', '{}', 1)",
    "INSERT INTO changes (entry_id, item_id, project_id, field, before, after, origin_id) "
    "VALUES (1, 1, 1, 'label', NULL, '2', 1), (1, 2, 1, 'label', NULL, 'none', 1)",
    "INSERT INTO entries (project_id, kind, target_id, author, source, note, created_at) "
    "VALUES (1, 'do', NULL, 'ann', 'person', '{}', 2), (1, 'undo', 2, 'ann', 'person', '{}', 3)",
    "INSERT INTO changes (entry_id, item_id, project_id, field, before, after, origin_id) "
    "VALUES (2, 1, 1, 'label', '2', '1', 2), (3, 1, 1, 'label', '1', '2', 1)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'handful.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.bare_database()


def migrations_with_one_more(tmp_path: Path, then: str = "pass") -> Path:
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    source = NEXT.format(revision="9999", previous=revisions()[-1], then=then)
    (folder / "versions" / "9999_mood.py").write_text(source, encoding="utf-8")
    return folder


def filled(url: str) -> int:
    with Store(url) as store:
        project = store.projects.create("p")
        store.items.add(project.id, [NewItem("one", label="a")])
        return project.id


def backups(url: str) -> list[Path]:
    path = Path(url.removeprefix("sqlite:///"))
    return sorted(path.parent.glob("handful.db.*backup*")) if url.startswith("sqlite") else []


def test_an_empty_database_gets_every_table_and_opens_again(bare_url: str) -> None:
    project_id = filled(bare_url)
    with Store(bare_url) as store:
        assert store.projects.get(project_id).name == "p"
        with store.database.read() as connection:
            assert current_revision(connection) == revisions()[-1]
            assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    assert backups(bare_url) == []


def test_the_migrations_make_exactly_the_tables_of_the_schema(bare_url: str) -> None:
    with Store(bare_url) as store, store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_revisions_form_one_chain_in_the_order_of_their_file_names() -> None:
    script = ScriptDirectory(str(FOLDER))
    chain = [step.revision for step in script.walk_revisions()]
    assert tuple(reversed(chain)) == revisions()
    assert script.get_heads() == [revisions()[-1]]


def test_an_older_database_is_backed_up_then_migrated(bare_url: str, tmp_path: Path) -> None:
    project_id = filled(bare_url)
    database = Database(bare_url)
    migrate(database, migrations_with_one_more(tmp_path))
    with database.read() as connection:
        assert current_revision(connection) == "9999"
        names = connection.execute(text("SELECT name FROM projects WHERE mood IS NULL")).scalars().all()
        assert names == ["p"]
    database.close()
    if database.is_sqlite:
        [backup] = backups(bare_url)
        assert backup.name.startswith(f"handful.db.backup-{revisions()[-1]}-2")
        with Store(f"sqlite:///{backup}") as old:
            assert old.projects.get(project_id).name == "p"
            assert len(old.journal.labels(project_id)) == 1


def test_a_migration_that_fails_changes_nothing(bare_url: str, tmp_path: Path) -> None:
    project_id = filled(bare_url)
    database = Database(bare_url)
    with pytest.raises(RuntimeError, match="half way"):
        migrate(database, migrations_with_one_more(tmp_path, 'raise RuntimeError("half way")'))
    database.close()
    with Store(bare_url) as store, store.database.read() as connection:
        assert "mood" not in {column["name"] for column in inspect(connection).get_columns("projects")}
        assert store.projects.get(project_id).name == "p"


def test_a_backup_that_cannot_be_written_stops_the_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'handful.db'}"
    filled(url)
    database = Database(url)
    assert database.sqlite_path is not None
    monkeypatch.setattr(database, "sqlite_path", tmp_path / "gone" / "handful.db")
    with pytest.raises(StoreError, match="could not be backed up"):
        migrate(database, migrations_with_one_more(tmp_path))
    with database.read() as connection:
        assert current_revision(connection) == revisions()[-1]
    database.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(bare_url: str, tmp_path: Path) -> None:
    filled(bare_url)
    database = Database(bare_url)
    migrate(database, migrations_with_one_more(tmp_path))
    made = backups(bare_url)
    words = f"newer version.*revision 9999; this version knows {revisions()[-1]}"
    with pytest.raises(StoreError, match=words) as caught:
        Store(bare_url)
    assert "Update Handful" in caught.value.hint
    with database.read() as connection:
        assert current_revision(connection) == "9999"
    database.close()
    assert backups(bare_url) == made


def test_a_database_with_tables_of_somebody_else_is_refused(bare_url: str) -> None:
    database = Database(bare_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE projects (id INTEGER)"))
    database.close()
    with pytest.raises(StoreError, match="a table 'projects' that Handful did not make"):
        Store(bare_url)


def test_every_migration_can_be_taken_back(bare_url: str) -> None:
    Store(bare_url).close()
    database = Database(bare_url)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    database.close()
    filled(bare_url)


def test_a_store_of_the_first_revision_is_upgraded_with_its_journal(bare_url: str) -> None:
    database = Database(bare_url)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in FIRST_REVISION:
            connection.execute(text(statement))
    database.close()
    with Store(bare_url) as store:
        labels = {item: state.label for item, state in store.journal.labels(1).items()}
        assert labels == {1: 2, 2: "none"}
        assert [(info.id, info.name, info.key) for info in store.classes.list(1)] == [(1, "a", "q"), (2, "b", "")]
        assert [row.undone_by for row in store.journal.history(1)] == [None, 3, None]
        assert store.journal.redo(1, "ann") is not None
        assert store.items.get(1).label == 1
        store.classes.merge(1, 1, 2, "ann")
        assert {state.label for state in store.journal.labels(1).values()} == {2, "none"}
        store.journal.revert_since(1, 2)
        assert {item: state.label for item, state in store.journal.labels(1).items()} == labels
        assert [info.name for info in store.classes.list(1)] == ["a", "b"]
    if bare_url.startswith("sqlite"):
        [backup] = backups(bare_url)
        assert backup.name.startswith("handful.db.backup-0001-2")


def test_the_sqlite_settings_that_keep_labels_safe_are_on(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'handful.db'}") as store, store.database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    with closing(sqlite3.connect(tmp_path / "handful.db")) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_the_audit_stream_had_drawn_comes_first_after_the_migration(bare_url: str) -> None:
    """Items 1 to 400 of project 1; the stream of then: ordered by SplitMix64 of id and project, up to the share."""
    share, project = 0.2, 1
    fraction = mixed_bits(np.arange(1, 401), project ^ 0x41554449) / 2.0**64
    drawn = [int(row) + 1 for row in np.argsort(fraction) if fraction[row] < share]
    labeled, by_model = [*drawn[:12], *drawn[13:20], drawn[-1], 3], drawn[20]
    assert 3 not in drawn and len(drawn) > 40
    database = Database(bare_url)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for table, row in (
            ("projects", {"name": "p", "kind": "text", "settings": json.dumps({"audit_share": share})}),
            ("projects", {"name": "new", "kind": "text", "settings": "{}"}),
        ):
            connection.execute(
                text(f"INSERT INTO {table} (name, kind, settings, created_at, updated_at) "
                     "VALUES (:name, :kind, :settings, 1, 1)"), row
            )  # fmt: skip
        connection.execute(
            text("INSERT INTO items (project_id, kind, text, digest, meta, position, created_at) "
                 "VALUES (1, 'text', :text, :text, '{}', :position, 1)"),
            [{"text": f"d{i}", "position": i} for i in range(1, 401)],
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO entries (project_id, kind, author, source, note, created_at) "
                 "VALUES (1, 'do', '', 'person', '{}', 1), (1, 'do', '', 'model', '{}', 1)")
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO changes (entry_id, item_id, project_id, field, after, origin_id) "
                 "VALUES (:entry, :item, 1, 'label', :after, :entry)"),
            [{"entry": 1, "item": drawn[30], "after": "none"}, {"entry": 1, "item": drawn[30], "after": None}]
            + [{"entry": 1, "item": item, "after": "none"} for item in labeled]
            + [{"entry": 2, "item": by_model, "after": "none"}],
        )  # fmt: skip
    database.close()
    with Store(bare_url) as store:
        migrated = store.projects.get(1).settings
        # One of twenty was skipped and counts as drawn; the last one was labelled before its turn.
        assert migrated["audit_first"] == [f"d{item}" for item in drawn[:20]]
        assert migrated["audit_salt"] == "1" and migrated["audit_share"] == share
        assert store.projects.get(2).settings["audit_salt"] == "2"


def test_every_project_says_what_reads_it_after_the_migration_and_a_choice_stays(bare_url: str) -> None:
    own = {"encoder": {"name": "char-ngram", "settings": {"shortest": 2}}}
    database, config = Database(bare_url), Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for kind, settings in (("text", {}), ("image", {"method": {"name": "knn"}}), ("text", own)):
            connection.execute(
                text("INSERT INTO projects (name, kind, settings, created_at, updated_at) "
                     "VALUES ('p', :kind, :settings, 1, 1)"), {"kind": kind, "settings": json.dumps(settings)}
            )  # fmt: skip
    database.close()
    with Store(bare_url) as store:
        found = [store.projects.get(number).settings for number in (1, 2, 3)]
    assert found[0]["encoder"] == {"name": "minilm", "settings": {}}
    assert found[1] == {"method": {"name": "knn"}, "encoder": {"name": "hog", "settings": {}}}
    assert found[2] == own
