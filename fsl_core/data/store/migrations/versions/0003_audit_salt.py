"""The audit stream follows the content of items: every project gets a salt, and keeps what it has drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SALT, FIRST = "audit_salt", "audit_first"
WORD = 2**64
projects = sa.table("projects", sa.column("id"), sa.column("settings", sa.JSON))
items = sa.table("items", sa.column("id"), sa.column("project_id"), sa.column("digest"))
entries = sa.table("entries", sa.column("id"), sa.column("source"))
changes = sa.table(
    "changes", *(sa.column(name) for name in ("id", "item_id", "project_id", "field", "after", "origin_id"))
)


def upgrade() -> None:
    """Write the salt, and the start of the old stream up to the last label that counted in it."""
    for project_id, settings in op.get_bind().execute(sa.select(projects.c.id, projects.c.settings)).all():
        added: dict[str, Any] = {SALT: str(project_id)}
        if drawn := _drawn(project_id, settings):
            added[FIRST] = drawn
        _write(project_id, {**added, **settings})


def downgrade() -> None:
    """Take the salts away."""
    for project_id, settings in op.get_bind().execute(sa.select(projects.c.id, projects.c.settings)).all():
        _write(project_id, {key: value for key, value in settings.items() if key not in (SALT, FIRST)})


def _write(project_id: int, settings: Mapping[str, Any]) -> None:
    op.get_bind().execute(sa.update(projects).where(projects.c.id == project_id).values(settings=dict(settings)))


def _drawn(project_id: int, settings: Mapping[str, Any]) -> list[str]:
    """Digests at the start of the stream as it was: ordered by a hash of project and item id."""
    share = settings.get("audit_share", 0.1)
    labeled = _labeled(project_id)
    query = sa.select(items.c.id, items.c.digest).where(items.c.project_id == project_id)
    hashed = sorted((_hash(item_id, project_id), item_id, digest) for item_id, digest in op.get_bind().execute(query))
    order = [(item_id, digest) for value, item_id, digest in hashed if value / WORD < share]
    reached = left_out = 0
    for place, (item_id, _digest) in enumerate(order, start=1):
        left_out += item_id not in labeled
        if item_id in labeled and left_out <= 0.1 * place:
            reached = place
    return [digest for _item_id, digest in order[:reached]]


def _labeled(project_id: int) -> set[int]:
    """Items with a label that is not a model's."""
    last = (
        sa.select(sa.func.max(changes.c.id))
        .where(changes.c.project_id == project_id, changes.c.field == "label")
        .group_by(changes.c.item_id)
    )
    query = (
        sa.select(changes.c.item_id)
        .join(entries, entries.c.id == changes.c.origin_id)
        .where(changes.c.id.in_(last), changes.c.after.is_not(None), entries.c.source != "model")
    )
    return set(op.get_bind().execute(query).scalars())


def _hash(item_id: int, project_id: int) -> int:
    """SplitMix64's finisher, as the stream used it."""
    mixed = (item_id + ((project_id ^ 0x41554449) + 1) * 0x9E3779B97F4A7C15) % WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> shift)) * factor % WORD
    return mixed ^ (mixed >> 31)
