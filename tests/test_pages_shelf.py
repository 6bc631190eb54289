"""The shelf on the Models page: nothing is fetched unasked; fetch, measure, remove by a click, from a local index."""

from __future__ import annotations

import json

import pytest

from fsl_core import registry
from fsl_core.base.types import silent
from fsl_core.jobs.worker import serve
from fsl_core.models import rates
from fsl_core.models.shelf import places
from tests.package_index import package_index
from tests.page_fixtures import open_page, shown, text_project
from tests.test_shelf import offered

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def index(page_store, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("HANDFUL_MODELS", raising=False)
    with package_index() as found:
        monkeypatch.setenv("PIP_INDEX_URL", found.url)
        own = tmp_path / "catalogue.json"
        own.write_text(json.dumps([offered(found).model_dump(mode="json")]))
        monkeypatch.setenv("HANDFUL_CATALOGUE", str(own))
        yield found


def test_a_model_is_fetched_by_a_click_and_not_before_and_removed_by_another(page_store, index):
    number = text_project(page_store)
    at = open_page("models", number)
    assert not at.exception and not index.asked
    assert "Multilingual E5, small" in shown(at) and "MIT" in shown(at)
    at.button(key="shelf-fetch-made").click().run()
    assert not at.exception and not index.fetched  # the worker does it
    serve(page_store, idle_seconds=0.3)
    assert places.find("made") is not None and sorted(index.fetched) == sorted(index.wheels)
    at = open_page("models", number)
    assert "shelf-fetch-made" not in {button.key for button in at.button}
    at.button(key="shelf-remove-made").click().run()
    assert not at.exception and places.find("made") is None
    assert "shelf-fetch-made" in {button.key for button in at.button}


def test_a_fetch_that_fails_says_why_on_the_page(page_store, index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    at = open_page("models", text_project(page_store))
    at.button(key="shelf-fetch-made").click().run()
    serve(page_store, idle_seconds=0.3)
    at = open_page("models", text_project(page_store))
    assert not at.exception and "could not be fetched" in shown(at)


def test_the_speed_of_an_encoder_is_measured_here_and_kept(page_store):
    encoder = registry.create_encoder("char-ngram")
    assert rates.kept(encoder.key) is None
    rate = rates.measure(encoder, silent)
    assert rates.kept(encoder.key) == pytest.approx(rate, abs=0.1) and rate > 0
    assert rates.measure(registry.create_encoder("hog"), silent) > 0
