"""Language models behind a server: a scripted server over real sockets that fails in every way it can."""

from __future__ import annotations

import logging
import time

import numpy as np
import pytest

from benchmarks.support.faulty_server import FAULTS, KEY, MODEL, FaultyServer, faulty
from fsl_core import registry
from fsl_core.base.errors import Cancelled, MissingBackend
from fsl_core.contracts.generator import Sampling
from fsl_core.contracts.method import Context
from fsl_core.models.backends.openai_client import Server
from tests.engine_fixtures import SUPPORT

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ASKED = ["one", "two", "three"]


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("HANDFUL_TEST_KEY", KEY)


def model(server: FaultyServer, **settings: object):
    chosen = {"base_url": server.url, "model": MODEL, "api_key_variable": "HANDFUL_TEST_KEY", "retries": 0}
    return registry.create_generator("server", {**chosen, **settings})


def test_answers_come_in_order_with_their_tokens():
    with faulty() as server:
        made = model(server)
        found = made.generate(ASKED, Sampling(max_tokens=5, temperature=0.3, seed=7, stop=("\n",)))
        assert [one.text for one in found] == ["Refund"] * 3 and found[0].prompt_tokens == 11 and found[0].tokens == 4
        assert (made.usage.requests, made.usage.prompt_tokens, made.usage.tokens) == (3, 33, 12)
        asked = server.requests[0]
        assert (asked["max_tokens"], asked["temperature"], asked["seed"], asked["stop"]) == (5, 0.3, 7, ["\n"])
        assert sorted(one["messages"][0]["content"] for one in server.requests) == sorted(ASKED)
        assert set(server.keys) == {f"Bearer {KEY}"}


SEEN = {
    "429": "answered 429: Rate limit reached", "500": "answered 500: Out of memory in the server",
    "reset": "cannot be reached, or broke off", "malformed": "cannot be used", "not json": "cannot be used",
    "wrong model": "comes from the model somebody-else-7b", "oversized": "3,000,000 characters",
    "401": "answered 401", "404": "model 'tiny-chat' not found", "no choices": "no list 'choices'",
    "no text": "an answer without text", "slow": "did not answer within 0.3 seconds",
}  # fmt: skip


@pytest.mark.parametrize("fault", SEEN)
def test_each_fault_has_its_words_and_loses_no_answer(fault):
    with faulty(["", fault]) as server:
        kept = []
        with pytest.raises(MissingBackend) as caught:
            model(server, concurrency=1, timeout=0.3).generate(
                ASKED, Sampling(), on_done=lambda number, one: kept.append((number, one.text))
            )
        assert SEEN[fault] in caught.value.message and server.url in caught.value.message
        assert caught.value.hint and KEY not in caught.value.message + caught.value.hint
        assert "<script>" not in caught.value.message
        assert kept[0] == (0, "Refund")


@pytest.mark.parametrize("fault", ["429", "429 retry-after", "500", "reset", "cut stream", "slow"])
def test_what_passes_is_waited_out(fault):
    with faulty([fault]) as server:
        found = model(server, retries=2, timeout=1.0).generate(["one"], Sampling())
        assert found[0].text == "Refund" and len(server.requests) == 2
        if fault == "429 retry-after":
            assert server.times[1] - server.times[0] >= 0.9, "the server said how long to wait"


def test_a_stream_is_heard_piece_by_piece():
    with faulty() as server:
        heard: list[tuple[int, str]] = []
        found = model(server).generate(["one"], Sampling(), on_text=lambda number, piece: heard.append((number, piece)))
        assert heard == [(0, "Ref"), (0, "und")] and found[0].text == "Refund" and found[0].ended == "stop"


def test_a_cut_stream_is_asked_again_and_never_taken_as_whole():
    with faulty(["cut stream"]) as server:
        found = model(server, retries=1).generate(["one"], Sampling(), on_text=lambda number, piece: None)
        assert found[0].text == "Refund" and len(server.requests) == 2
    with faulty(always="cut stream") as server:
        with pytest.raises(MissingBackend, match="broke off in the middle"):
            model(server, retries=1).generate(["one"], Sampling(), on_text=lambda number, piece: None)


def test_a_slow_answer_can_be_cancelled_while_it_is_waited_for():
    with faulty(always="slow") as server:
        server.slow_s = 20.0
        looks = []

        def stop(fraction: float, message: str) -> None:
            looks.append(fraction)
            if len(looks) > 2:
                raise Cancelled

        start = time.monotonic()
        with pytest.raises(Cancelled):
            model(server).generate(ASKED, Sampling(), progress=stop)
        assert time.monotonic() - start < 15.0, "it did not wait for the answer"


def test_choices_go_as_a_schema_and_come_back_as_a_class():
    with faulty() as server:
        found = model(server).generate(["one"], Sampling(choices=("Delivery", "Refund")))
        assert found[0].text == "Refund"
        schema = server.requests[0]["response_format"]["json_schema"]["schema"]
        assert schema["properties"]["class"]["enum"] == ["Delivery", "Refund"]


def test_a_server_that_knows_no_schema_is_asked_without_once_and_for_all():
    with faulty(always="refuses schema") as server:
        made = model(server, concurrency=1)
        assert [one.text for one in made.generate(["one", "two"], Sampling(choices=("Delivery", "Refund")))] == [
            "Refund"
        ] * 2
        assert ["response_format" in one for one in server.requests] == [True, False, False]


def test_an_answer_that_is_no_class_changes_nothing(words):
    with faulty(always="not a choice") as server:
        context = Context(encoder=words, generator=model(server), create=registry.create_method)
        method = registry.create_method("chat", {}, context).fit(SUPPORT)
        np.testing.assert_allclose(method.predict_proba(["my money"]), 1 / 3, rtol=1e-6)
        assert len(server.requests) == 2, "asked once more, then left"


def test_a_request_that_could_pass_the_spend_limit_is_not_sent():
    with faulty() as server:
        made = model(server, concurrency=1, price_prompt=1_000.0, price_answer=1_000.0, spend_limit=0.05)
        kept = []
        # Each may cost 0.001 x (1 token asked + 20), and costs 0.015 in the end: two fit, a third could not.
        with pytest.raises(MissingBackend, match="pass the limit of 0.05") as caught:
            made.generate(["one"] * 4, Sampling(max_tokens=20), on_done=lambda number, one: kept.append(number))
        assert kept == [0, 1] and len(server.requests) == 2
        assert made.usage.dollars == pytest.approx(0.03) and "spend limit" in caught.value.hint


def test_requests_keep_the_rate():
    with faulty() as server:
        model(server, concurrency=4, requests_per_minute=300).generate(["one"] * 4, Sampling())
        gaps = np.diff(sorted(server.times))
        assert (gaps > 0.12).all(), "60 s / 300 is 0.2 s; the clock of the network is allowed some play"


def test_the_key_is_in_no_log_and_no_key_of_the_cache(caplog):
    caplog.set_level(logging.DEBUG)
    with faulty(["401"]) as server:
        made = model(server)
        with pytest.raises(MissingBackend) as caught:
            made.generate(["one"], Sampling())
        made.generate(["one"], Sampling())
        assert "..." in caught.value.message
        everything = caplog.text + made.key + repr(made.config) + str(caught.value) + repr(vars(made))
        assert KEY not in everything


def test_nobody_there_and_no_model_are_said_at_once():
    free = registry.create_generator("server", {"base_url": "http://127.0.0.1:9/v1", "model": "m", "retries": 0})
    with pytest.raises(MissingBackend, match="cannot be reached"):
        free.generate(["one"], Sampling())
    with pytest.raises(MissingBackend, match="No model of the server is chosen"):
        registry.create_generator("server", {}).generate(["one"], Sampling())


def test_the_models_of_a_server_are_listed():
    with faulty() as server:
        found = Server("model", server.url, "", "HANDFUL_TEST_KEY", 2.0, 0).models()
        assert found == ["<b>other</b>", MODEL]


def test_every_fault_is_walked_through():
    walked = set(SEEN) | {"429 retry-after", "cut stream", "refuses schema", "not a choice"}
    assert walked == set(FAULTS)
