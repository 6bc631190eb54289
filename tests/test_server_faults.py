"""What real servers and networks do beside failing plainly: refuse together, never end, drip, quote keys."""

from __future__ import annotations

import pytest

from benchmarks.support.faulty_server import KEY, MODEL, NASTY_FAULTS, NO_FORMAT, TOO_LONG, FaultyServer, faulty
from fsl_core import registry
from fsl_core.base.errors import Cancelled, MissingBackend
from fsl_core.contracts.generator import Sampling
from fsl_core.models.backends.openai_client import Server
from fsl_core.models.language.openai_chat import without_thought

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FOUR = ["one", "two", "three", "four"]
CHOICES = Sampling(choices=("Delivery", "Refund"))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("HANDFUL_TEST_KEY", KEY)


def model(server: FaultyServer, **settings: object):
    chosen = {"base_url": server.url, "model": MODEL, "api_key_variable": "HANDFUL_TEST_KEY", "retries": 0}
    return registry.create_generator("server", {**chosen, **settings})


def hear(_number: int, _piece: str) -> None:
    """A listener, so that answers are streamed."""


@pytest.mark.parametrize("fault", ["refuses schema", "refuses fields"])
def test_a_refusal_that_meets_four_requests_at_once_fails_none_of_them(fault):
    with faulty(always=fault) as server:
        made = model(server, concurrency=4)
        assert [one.text for one in made.generate(FOUR, CHOICES)] == ["Refund"] * 4
        asked_before = len(server.requests)
        made.generate(["five"], CHOICES)
        assert len(server.requests) == asked_before + 1, "it is remembered"
        assert "response_format" not in server.requests[-1] and server.requests[-1]["max_tokens"] == 64


@pytest.mark.parametrize("fault", NO_FORMAT)
def test_a_server_that_holds_no_answer_to_a_schema_is_asked_without_in_whatever_words_it_says_so(fault):
    with faulty(always=fault) as server:
        made = model(server, concurrency=1)
        assert [one.text for one in made.generate(["one", "two"], CHOICES)] == ["Refund"] * 2
        assert ["response_format" in one for one in server.requests] == [True, False, False]


@pytest.mark.parametrize("fault", TOO_LONG)
def test_a_prompt_that_is_too_long_is_sent_once_and_changes_nothing_for_the_others(fault):
    with faulty([fault]) as server:
        made = model(server, concurrency=1)
        with pytest.raises(MissingBackend, match="answered 400") as caught:
            made.generate(["a long prompt"], CHOICES)
        assert len(server.requests) == 1 and "fewer examples" in caught.value.hint
        assert made.generate(["short"], CHOICES)[0].text == "Refund"
        assert "response_format" in server.requests[-1] and server.requests[-1]["max_tokens"] == 64


def test_a_refusal_that_was_about_something_else_is_not_remembered():
    # The words name a parameter, and without it the request is refused all the same.
    with faulty(["no schemas", "401"]) as server:
        made = model(server, concurrency=1)
        with pytest.raises(MissingBackend, match="answered 401"):
            made.generate(["one"], CHOICES)
        assert ["response_format" in one for one in server.requests] == [True, False]
        made.generate(["two"], CHOICES)
        assert "response_format" in server.requests[-1]


def test_a_refusal_is_remembered_of_its_own_server_and_for_an_hour(monkeypatch):
    with faulty(always="no schemas") as old, faulty() as other:
        made, second = model(old, concurrency=1), model(other, concurrency=1)
        made.generate(["one"], CHOICES)
        second.generate(["one"], CHOICES)
        assert "response_format" in other.requests[-1]
        old.always = ""  # it was replaced by a newer one
        made.generate(["two"], CHOICES)
        assert "response_format" not in old.requests[-1]
        monkeypatch.setattr(made, "_without", dict.fromkeys(made._without, 0.0))  # an hour later
        made.generate(["three"], CHOICES)
        assert "response_format" in old.requests[-1]


SEEN = {
    ("endless", True): "too large", ("endless", False): "larger than 4 MB", ("drip", False): "within 0.5 seconds",
    ("error event", True): "middle of an answer: Out of memory for ....", ("proxy page", False): "502: 502 Bad Gateway",
    ("busy for an hour", False): "answered 429",
}  # fmt: skip


@pytest.mark.parametrize(("fault", "streamed"), SEEN)
def test_each_nasty_fault_ends_in_plain_words(fault, streamed):
    with faulty(always=fault) as server:
        with pytest.raises(MissingBackend) as caught:
            model(server, timeout=0.5).generate(["one"], Sampling(), on_text=hear if streamed else None)
        said = caught.value.message + caught.value.hint
        assert SEEN[fault, streamed] in said and KEY not in said and "<" not in said


def test_a_key_that_is_quoted_far_behind_is_not_shown_by_half():
    server = Server("model", "http://127.0.0.1:1/v1", MODEL, "HANDFUL_TEST_KEY", 1.0, 0)
    for before in range(280, 300):
        said = server.odd("x" * before + KEY).message
        assert KEY[:4] not in said, before


def test_a_server_that_wants_an_hour_is_not_asked_again():
    with faulty(always="busy for an hour") as server:
        with pytest.raises(MissingBackend) as caught:
            model(server, retries=5).generate(["one"], Sampling())
        assert len(server.requests) == 1 and "3600 seconds" in caught.value.hint


def test_an_error_in_a_stream_may_pass_and_the_whole_answer_comes():
    heard: list[str] = []
    with faulty(["error event"]) as server:
        (found,) = model(server, retries=1).generate(["one"], Sampling(), on_text=lambda _n, piece: heard.append(piece))
        assert found.text == "Refund" and len(server.requests) == 2
        assert "".join(heard) == "Ref", "what was told once is not told twice"


def test_pieces_are_heard_from_the_try_that_answers():
    heard: list[str] = []
    with faulty(["500"]) as server:
        model(server, retries=1).generate(["one"], Sampling(), on_text=lambda _n, piece: heard.append(piece))
        assert "".join(heard) == "Refund"


def test_a_server_that_knows_no_streams_is_heard_at_once():
    heard: list[str] = []
    with faulty(always="no streams") as server:
        (found,) = model(server).generate(["one"], Sampling(), on_text=lambda _n, piece: heard.append(piece))
        assert heard == ["Refund"] and found.text == "Refund" and len(server.requests) == 1


def test_answers_under_way_when_another_fails_are_kept():
    kept: dict[int, str] = {}
    with faulty(["slow", "slow", "slow", "401"]) as server:
        server.slow_s = 0.7
        with pytest.raises(MissingBackend, match="answered 401"):
            model(server, concurrency=4).generate(
                [*FOUR, *FOUR], Sampling(), on_done=lambda number, one: kept.update({number: one.text})
            )
        assert len(kept) == 3 and set(kept.values()) == {"Refund"}
        assert len(server.requests) == 4, "after the failure no more were sent"


def test_a_listener_that_has_heard_enough_stops_the_call():
    def enough(_number: int, _piece: str) -> None:
        raise Cancelled

    with faulty() as server:
        with pytest.raises(Cancelled):
            model(server, concurrency=1).generate(FOUR, Sampling(), on_text=enough)
        assert len(server.requests) < 4


def test_what_requests_under_way_may_cost_at_most_holds_others_back_and_fails_none():
    with faulty() as server:
        # Each may cost 0.02 and costs 0.004: never more than two at a time fit into 0.05, all six in the end.
        made = model(server, concurrency=4, price_answer=1_000.0, spend_limit=0.05)
        assert len(made.generate(["one"] * 6, Sampling(max_tokens=20))) == 6
        assert made.usage.dollars == pytest.approx(0.024)


def test_repeated_requests_keep_the_rate_too():
    with faulty(["500"]) as server:
        model(server, retries=1, requests_per_minute=40).generate(["one"], Sampling())
        assert server.times[1] - server.times[0] > 1.4, "60 s / 40 is 1.5 s, more than the first pause"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:11434/v1", "ftp://127.0.0.1/v1", "http://", "http://[::1/v1", "http://127.0.0.1:99999/v1", "", "a b"],
)
def test_an_address_that_is_none_is_said(address):
    with pytest.raises(MissingBackend, match="cannot be read"):
        registry.create_generator("server", {"base_url": address, "model": "m"}).generate(["one"], Sampling())
    with pytest.raises(MissingBackend, match="cannot be read"):
        registry.create_encoder("openai-compatible", {"base_url": address}).encode(["one"])


def test_a_password_in_the_address_is_refused_and_not_shown():
    made = registry.create_generator("server", {"base_url": "https://me:hush-hush@example.org/v1", "model": "m"})
    with pytest.raises(MissingBackend, match="holds a password") as caught:
        made.generate(["one"], Sampling())
    assert "hush" not in caught.value.message + caught.value.hint


def test_a_key_with_a_line_break_is_sent_without_it_and_a_broken_one_is_not_sent(monkeypatch):
    with faulty() as server:
        monkeypatch.setenv("HANDFUL_TEST_KEY", f" {KEY}\n")
        model(server).generate(["one"], Sampling())
        assert server.keys == [f"Bearer {KEY}"]
        monkeypatch.setenv("HANDFUL_TEST_KEY", "schlüssel-hush")
        with pytest.raises(MissingBackend, match="HANDFUL_TEST_KEY holds signs") as caught:
            model(server).generate(["one"], Sampling())
        assert "hush" not in caught.value.message and len(server.requests) == 1


def test_no_proxy_hears_what_is_asked_on_this_machine(monkeypatch):
    with faulty() as server, faulty() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert model(server).generate(["one"], Sampling())[0].text == "Refund"
        assert Server("model", server.url, "", "", 2.0, 0).models() and not proxy.requests
        far = registry.create_generator("server", {"base_url": "http://models.invalid/v1", "model": MODEL})
        assert far.generate(["one"], Sampling())[0].text == "Refund" and len(proxy.requests) == 1


def test_thoughts_are_no_answer():
    assert without_thought("<think>\nDelivery? No.\n</think>\n\nRefund") == "Refund"
    assert without_thought("<think>Hmm, Delivery") == "", "cut off while it thought"
    assert without_thought("a <think> b </think> c") == "a <think> b </think> c", "not at the beginning: a text"


def test_every_nasty_fault_is_walked_through():
    assert {fault for fault, _streamed in SEEN} | {"refuses fields", "no streams"} == set(NASTY_FAULTS)
