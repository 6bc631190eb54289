"""The Models page by AppTest: kinds, servers found, the test before the use, downloads, and no key anywhere."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.support.faulty_server import KEY, MODEL, faulty
from fsl_core import registry
from fsl_core.data.store import Store
from fsl_core.jobs.worker import serve
from fsl_core.models.backends import servers
from pages.ui.kit import feedback
from tests.page_fixtures import open_page, shown, text_project
from tests.tiny_language_models import tiny_causal, tiny_masked

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def choose(at, name: str, **fields: str):
    at.radio(key="models-kind").set_value(name).run()
    for field, value in fields.items():
        at.text_input(key=f"models-{name}-{field}").set_value(value)
    return at.run()


def chosen(store: Store, project: int) -> dict:
    return store.projects.get(project).settings.get("generator") or {}


def test_every_kind_is_offered_with_its_form(page_store):
    at = open_page("models", text_project(page_store))
    assert not at.exception and "comes with the program" in shown(at).lower()
    for name, kind in registry.generators().items():
        choose(at, name)
        assert not at.exception
        drawn = {
            widget.key
            for one in ("text_input", "number_input", "slider", "selectbox", "button_group")
            for widget in at.get(one)
        }
        assert f"models-{name}-model" in drawn, kind


def test_a_model_is_used_only_after_it_answered(page_store, tmp_path):
    project = text_project(page_store)
    folder = str(tiny_causal(tmp_path / "llama"))
    at = choose(open_page("models", project), "causal", model=folder)
    assert at.button(key="models-use").disabled
    at.button(key="models-test").click().run()
    assert not at.exception and "It answered" in shown(at)
    assert not at.button(key="models-use").disabled
    at.button(key="models-use").click().run()
    assert chosen(page_store, project)["settings"]["model"] == folder
    assert at.button(key="models-use").disabled and at.button(key="models-use").label == "In use"
    choose(at, "causal", model=str(tiny_causal(tmp_path / "gpt", "gpt2")))
    assert at.button(key="models-use").disabled, "other settings were not tested"


def test_a_masked_model_is_tested_with_a_gap(page_store, tmp_path):
    folder = str(tiny_masked(tmp_path / "bert"))
    at = choose(open_page("models", text_project(page_store)), "masked", model=folder)
    at.button(key="models-test").click().run()
    assert not at.exception and "It answered" in shown(at)
    assert {text.value for text in at.text} & {"France", "Spain", "bread"}


def test_a_server_is_found_taken_and_tested_and_its_words_stay_text(page_store, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    project = text_project(page_store)
    with faulty(reply="<b>ready</b> [x](http://example.org)") as server:
        find = servers.find
        monkeypatch.setattr(servers, "find", lambda: find([server.server_address[1]]))
        at = choose(open_page("models", project), "server")
        assert "is set" in shown(at) and KEY not in shown(at)
        at.button(key="models-find").click().run()
        at.selectbox(key="models-offered-0").set_value(MODEL).run()
        at.button(key="models-take-0").click().run()
        assert at.text_input(key="models-server-base_url").value == server.url
        assert at.text_input(key="models-server-model").value == MODEL
        at.button(key="models-test").click().run()
        assert not at.exception and "<b>ready</b> [x](http://example.org)" in {text.value for text in at.text}
        at.button(key="models-use").click().run()
        assert chosen(page_store, project)["name"] == "server"
        assert KEY not in json.dumps(page_store.projects.get(project).settings)


def test_a_variable_of_another_secret_is_not_looked_at_and_says_what_to_set(page_store, monkeypatch):
    monkeypatch.setenv("HANDFUL_DATABASE_TOKEN", KEY)
    with faulty() as server:
        more = {"base_url": server.url, "model": MODEL, "api_key_variable": "HANDFUL_DATABASE_TOKEN"}
        at = choose(open_page("models", text_project(page_store)), "server", **more)
        assert "is not known to hold a key" in shown(at) and "is set" not in shown(at)
        at.button(key="models-test").click().run()
        assert not at.exception and "HANDFUL_KEY_VARIABLES" in at.error[0].value.replace("\\", "")
        assert at.button(key="models-use").disabled and server.requests == []
        monkeypatch.setenv("HANDFUL_KEY_VARIABLES", "HANDFUL_DATABASE_TOKEN")
        at.button(key="models-test").click().run()
        assert not at.error and "is set" in shown(at) and server.keys == [f"Bearer {KEY}"]


def test_a_server_that_fails_says_why_and_is_not_used(page_store):
    with faulty(always="404") as server:
        at = choose(open_page("models", text_project(page_store)), "server", base_url=server.url, model=MODEL)
        at.button(key="models-test").click().run()
        assert not at.exception and "not found" in "".join(error.value for error in at.error)
        assert at.button(key="models-use").disabled


def test_no_server_there_is_said(page_store, monkeypatch):
    monkeypatch.setattr(servers, "find", lambda: [])
    at = choose(open_page("models"), "server")
    at.button(key="models-find").click().run()
    assert not at.exception and "No server answered" in shown(at)


def test_without_a_project_a_model_can_be_tried_but_not_used(page_store, tmp_path):
    at = open_page("models")
    assert at.button(key="models-use").label == "Use for this project", "nothing is in use"
    choose(at, "causal", model=str(tiny_causal(tmp_path / "llama")))
    at.button(key="models-test").click().run()
    assert not at.exception and "It answered" in shown(at) and at.button(key="models-use").disabled


def test_a_download_without_a_network_fails_with_what_helps(page_store):
    at = choose(open_page("models", text_project(page_store)), "causal", model="someone/never-downloaded")
    assert "is not on this machine yet" in shown(at) and at.button(key="models-test").disabled
    at.button(key="models-download").click().run()
    serve(page_store, idle_seconds=0.5)
    at.run()
    assert not at.exception
    assert "could not be fetched" in "".join(error.value for error in at.error)


def test_only_ports_of_this_machine_are_asked_and_without_a_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with faulty() as server:
        (found,) = servers.find([server.server_address[1], 9])
        assert found.models == ("<b>other</b>", MODEL) and found.base_url == server.url
        assert found.base_url.startswith("http://127.0.0.1:") and KEY not in "".join(server.keys)


def test_what_a_server_says_becomes_no_link():
    said = feedback.plain("see https://example.org/a, HTTP://b.c, www.example.org or me@example.org")
    assert not re.search(r"https?\\?:(?!small)|www\.|\w@", said, re.IGNORECASE)
    assert said.isascii(), "no sign that nobody sees, which would be copied along"
    shown = said.replace(feedback.NOTHING, "").replace("\\", "")
    assert shown == "see https://example.org/a, HTTP://b.c, www.example.org or me@example.org"
