"""Sentences keep their template and values through the database, and are translated where they are read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.config import form_fields
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note, packed, unpacked
from fsl_core.contracts.strategy import Pool
from fsl_core.data import exporting
from fsl_core.data.store import Store
from tests import catalogue

VALUES = st.dictionaries(
    st.sampled_from(["n", "name", "all"]), st.one_of(st.text(max_size=20), st.integers(), st.booleans()), min_size=1
)


@given(VALUES)
def test_a_packed_sentence_comes_back_with_template_and_values(values):
    template = " ".join(f"{{{name}}}" for name in values)
    note = Note("Outer {inner}", inner=Note(template, **values))
    again = unpacked(packed(note))
    assert isinstance(again, Note) and again == note and again.template == note.template
    inner = again.values["inner"]
    assert isinstance(inner, Note) and (inner.template, inner.values) == (template, values)


@given(st.text())
def test_any_other_text_comes_back_as_it_is(text):
    assert unpacked(packed(text)) == text


@pytest.mark.parametrize(
    "text", ['{"template": ', '{"template": 3}', '{"template": "a"}', '{"template": "a", "values": 1}']
)
def test_a_text_that_only_begins_like_one_is_left_alone(text):
    assert unpacked(text) == text


def test_progress_and_errors_of_jobs_keep_their_templates(any_store: Store):
    job = any_store.jobs.submit("encode", {})
    any_store.jobs.claim(1)
    any_store.jobs.report(job.id, 0.5, Note("Reading row {row}", row="1,200"))
    message = any_store.jobs.get(job.id).message
    assert message == "Reading row 1,200" and message.template == "Reading row {row}"
    error = DataError("The file {name} is empty.", "Choose another than {name}.", name="a.csv")
    any_store.jobs.fail(job.id, error.message, error.hint)
    failed = any_store.jobs.get(job.id)
    assert (failed.error, failed.hint) == ("The file a.csv is empty.", "Choose another than a.csv.")
    assert failed.error.template == "The file {name} is empty." and failed.hint.values == {"name": "a.csv"}


# -- the catalogue ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known() -> set[catalogue.Message]:
    return set(catalogue.sentences())


def test_all_that_plugins_say_of_themselves_is_in_the_catalogue(known):
    for kinds in (registry.methods(), registry.encoders(), registry.generators(), registry.strategies()):
        for kind in kinds.values():
            assert {kind.info.title, kind.info.summary} <= known, kind
    for kinds in (registry.methods(), registry.encoders(), registry.generators(), exporting.formats("text")):
        for kind in kinds.values():
            for field in form_fields(kind.settings):
                said = {field.title, field.help, *(choice.replace("_", " ") for choice in field.choices)}
                assert said - {""} <= known, (kind, said - known)


def test_every_reason_for_showing_an_item_is_in_the_catalogue(known):
    rng = np.random.default_rng(0)
    vectors = ops.unit(rng.normal(size=(60, 8)).astype(np.float32))
    shares = rng.dirichlet(np.ones(3), 60).astype(np.float32)
    query = {"query": vectors[0], "query_text": "parcel"}
    pool = Pool(vectors, shares, np.arange(6, 60), np.arange(6), ("a", "b", "c"), **query, counts=(3, 2, 1))
    for name in registry.strategies():
        for pick in registry.create_strategy(name).pick(pool, 8):
            assert pick.reason in known, name


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('raise DataError("No {x}.", "Add {x}.", x=1)', "Add {x}."),
        ('report(0.5, Note("Row {n}", n=1))', "Row {n}"),
        ('self._report(0.5, "Training")', "Training"),
        ('st.write(_("Yes") if a else _("No"))', "No"),
        ('words = N_("One") if a else N_("Two")', "Two"),
        ('_("a" "b")', "ab"),
        ('ngettext("{n} row", "{n} rows", n)', ("{n} row", "{n} rows")),
        ('class S(Settings):\n    k: int = setting(3, "How many.", title="Neighbours")', "Neighbours"),
        ('class S(Settings):\n    by: Literal["one_way", "two"] = setting("two", "By.")', "one way"),
        ('class A(Source):\n    title = "Edits"', "Edits"),
    ],
)
def test_sentences_are_found_wherever_they_may_stand(source, message):
    assert message in {found for found, _line in catalogue.of_source(source)}


def test_the_template_is_written_and_a_translation_keeps_what_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    own = tmp_path / "zh" / "LC_MESSAGES" / "handful.po"
    own.parent.mkdir(parents=True)
    own.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\nmsgid "Undo"\nmsgstr "撤销"\n', "utf-8"
    )
    catalogue.main()
    text = own.read_text("utf-8")
    assert 'msgid "Undo"\nmsgstr "撤销"' in text and 'msgid "Redo"\nmsgstr ""' in text
    assert own.with_suffix(".mo").read_bytes()[:4] == b"\xde\x12\x04\x95"
    assert 'msgid "Redo"' in (tmp_path / "handful.pot").read_text("utf-8")
