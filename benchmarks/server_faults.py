"""What people see when a model server fails, and what is kept: a real server over sockets, one fault after the other.

python -m benchmarks.server_faults
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.common import Row, machine, parser, table, write
from benchmarks.support.faulty_server import FAULTS, KEY, MODEL, NASTY_FAULTS, faulty
from fsl_core import registry
from fsl_core.base.errors import FslError
from fsl_core.contracts.generator import Generation, Sampling
from fsl_core.learning.methods.chat import named

N = 6
"""Items asked about in each case; the fault meets the third request."""
CLASSES = ("Delivery", "Refund")
STREAMED = ("cut stream", "endless", "error event", "no streams")
HELD_TO_CLASSES = ("refuses schema", "refuses fields", "not a choice")
SETTINGS = {"concurrency": 2, "retries": 2, "timeout": 1.0}
WHAT = {
    "slow": "answers after 2 s, the timeout is 1 s",
    "429": "limits requests, says not for how long",
    "429 retry-after": "limits requests, says to wait 1 s",
    "500": "internal error",
    "reset": "resets the connection",
    "malformed": "JSON that breaks off",
    "not json": "the HTML page of something else, with a script in it",
    "wrong model": "answers for another model",
    "oversized": "3 MB where 64 tokens were asked for",
    "401": "refuses the key, and quotes it",
    "404": "does not have the model",
    "no choices": "an empty list of answers",
    "no text": "an answer without text",
    "cut stream": "a stream that ends in the middle",
    "refuses schema": "400: knows no response_format",
    "not a choice": "ignores the schema and the classes, answers with HTML",
    "refuses fields": "422: refuses one parameter after the other",
    "endless": "a stream that never ends",
    "drip": "a byte every 0.1 s",
    "error event": "an error in the middle of a stream, with the key in it",
    "no streams": "answers whole though a stream was asked for",
    "proxy page": "502 and a page of a proxy",
    "busy for an hour": "limits requests, says to wait 3,600 s",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, met once or for good, and what became of the six items."""

    fault: str
    once: bool
    seen: str
    seconds: float
    requests: int
    good_sent: int
    """Good answers that the server sent."""
    kept: int
    """Answers that the caller has in the end, through ``on_done``."""


def main() -> None:
    """Walk through all faults and write the table."""
    out = parser("server_faults", __doc__ or "", reads_data=False).parse_args().out
    os.environ["HANDFUL_BENCHMARK_KEY"] = KEY
    cases = list(walked())
    write("server_faults", rows(cases), shown(cases), out)
    print(shown(cases))


def walked() -> Iterator[Case]:
    """Every fault, met once and met by every request from the third on."""
    for fault in (*FAULTS, *NASTY_FAULTS):
        for once in (True, False):
            yield tried(fault, once=once)


def tried(fault: str, *, once: bool) -> Case:
    """Ask about all items while the server fails in this way."""
    kept: dict[int, Generation] = {}
    script = ["", "", fault] if once else ["", ""]
    with faulty(script, always="" if once else fault) as server:
        settings = {"base_url": server.url, "model": MODEL, "api_key_variable": "HANDFUL_BENCHMARK_KEY", **SETTINGS}
        model = registry.create_generator("server", settings)
        start = time.monotonic()
        try:
            model.generate(
                [f"item {number}" for number in range(N)],
                Sampling(choices=CLASSES if fault in HELD_TO_CLASSES else ()),
                on_text=(lambda _number, _piece: None) if fault in STREAMED else None,
                on_done=kept.__setitem__,
            )
            seen = "all answers" + (_no_class(kept) if fault == "not a choice" else "")
        except FslError as error:
            seen = f"{error.message} {error.hint}"
        seconds = time.monotonic() - start
        if KEY in seen or KEY in repr(kept):
            raise AssertionError(f"The key was shown: {fault}")
        good = server.good
        return Case(fault, once, seen.replace(server.url, "URL"), seconds, len(server.requests), good, len(kept))


def _no_class(kept: dict[int, Generation]) -> str:
    n = sum(named(one.text, CLASSES) < 0 for one in kept.values())
    return f"; {n} name no class and count as none"


def rows(cases: list[Case]) -> list[Row]:
    """The figures of the cases."""
    return [
        Row("server-faults", case.fault, "once" if case.once else "from the third request on", "server", metric, value)
        for case in cases
        for metric, value in (
            ("seconds", round(case.seconds, 2)),
            ("requests", float(case.requests)),
            ("good answers sent", float(case.good_sent)),
            ("answers kept", float(case.kept)),
        )
    ]


def shown(cases: list[Case]) -> str:
    """The matrix in Markdown."""
    lost = sum(max(0, case.good_sent - case.kept) for case in cases)
    head = ("Fault", "The server", "Met", "Requests", "Seconds", "Answers kept", "What the person sees")
    body = [
        (
            case.fault,
            WHAT[case.fault],
            "once" if case.once else "always",
            str(case.requests),
            f"{case.seconds:.1f}",
            f"{case.kept} of {case.good_sent} sent",
            case.seen.replace("|", "/").replace("<", "&lt;"),
        )
        for case in cases
    ]
    return (
        "# When a model server fails\n\n"
        f"`python -m benchmarks.server_faults`, {machine()}. A scripted server over real sockets; {N} items, "
        f"{SETTINGS['concurrency']} requests at a time, {SETTINGS['retries']} repeats, {SETTINGS['timeout']:.0f} s "
        "timeout. The fault meets the third request alone (once), or every request from the third on (always). "
        "After an error no more is sent; what is under way is read to its end and kept.\n\n"
        f"Good answers that the server sent and that were lost, over all {len(cases)} cases: **{lost}**.\n\n"
        + table(head, body)
    )


if __name__ == "__main__":
    main()
