"""The store: one database that holds everything a person did."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from fsl_core.data.store.classes import Classes
from fsl_core.data.store.database import Database
from fsl_core.data.store.items import Items
from fsl_core.data.store.jobs import Jobs
from fsl_core.data.store.journal import Journal
from fsl_core.data.store.migrate import migrate
from fsl_core.data.store.projects import Projects
from fsl_core.data.store.runs import Runs


class Store:
    """Projects, classes, items, the journal of labels, jobs and runs behind one address.

    Safe in several threads and several processes. Opening brings an older database up to date (a
    SQLite file is backed up first) and empties the trash of what is older than 30 days. Raises
    StoreError when the database cannot be used, or is newer than this program.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        try:
            migrate(self.database)
            self.projects = Projects(self.database)
            self.classes = Classes(self.database)
            self.items = Items(self.database)
            self.journal = Journal(self.database)
            self.jobs = Jobs(self.database)
            self.runs = Runs(self.database)
            self.projects.purge()
        except BaseException:
            self.database.close()
            raise

    @property
    def url(self) -> str:
        """The address, its password included, for another process that opens the same store."""
        return self.database.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Give every connection back; the store opens new ones if it is used again."""
        self.jobs.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
