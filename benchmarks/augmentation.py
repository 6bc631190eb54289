"""Generated examples without a language model: what the two baselines gain, and whether the check tells.

The logistic head on the bundled encoder learns from the real examples alone, and with those that word edits or the
n-gram substitution made and the filters let through, at weight 0.3; both answer the test texts. Then checks decide from
the real examples alone, as the app does for a project (`fsl_core.learning.augment.gate`), and are held against what
the test texts say.

More columns keep the reading honest. 'unfiltered' takes every proposal. 'originals again' is the control: in the
place of each accepted text stands the example that it was made from, so what it changes is the weight of the examples
and not a new text. Three checks differ in what they let leak. 'filtered once' (the rows 'check') drops what was made
from a tested example, but the judge that filtered had learned its label. 'refiltered' is the check of the app: a judge
of the training part filters all proposals anew in each fold. 'nested' proposes anew there too: nothing can leak.

TREC-6 has five published 16-shot draws; BANKING77 has one published 5-shot draw ('published'), and four more are drawn
here from its training texts; 'trec6-drawn' are ten more 16-shot draws, with 32 proposals a class. No unlabelled texts,
so nothing is centred, and near-duplicates are sought among the examples alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.augmentation_words import (
    AGAIN,
    ALL,
    ALONE,
    CONTROL,
    FILTERED,
    GAINED,
    PER_CLASS,
    SHOTS,
    SOURCES,
    STRICTER,
    markdown,
)
from benchmarks.common import Row, parser, read_labeled, write
from benchmarks.finetune import SEEDS
from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.intervals import Z95, wilson
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Vectors, silent
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context, Extra
from fsl_core.evaluation import calibration
from fsl_core.evaluation.cross_validation import Generated, left_out_probabilities, stratified_folds
from fsl_core.learning.augment import filtering, found
from fsl_core.learning.augment import gate as check
from fsl_core.learning.augment.filtering import Passed
from fsl_core.learning.augment.source import Candidate, Proposed, Task
from fsl_core.learning.choosing.search import TextIndex
from fsl_core.learning.tuning import gate
from fsl_core.models import chosen
from fsl_core.workspace.augmented import MOST_WEIGHT

HEAD = "logistic"
DRAWS = {
    "trec6": SEEDS,
    "banking77": ("published", "1", "2", "3", "4"),
    "trec6-drawn": tuple(str(one) for one in range(1, 11)),
}


def task(data: Path, dataset: str, draw: str) -> tuple[LabeledSet, LabeledSet]:
    folder = data / "text" / dataset.removesuffix("-drawn")
    query = LabeledSet(*read_labeled(folder / "test.csv"))
    if dataset == "trec6":
        support = LabeledSet(*read_labeled(folder / f"fewshot/16-{draw}-train.csv"), query.classes)
    elif draw == "published":
        support = LabeledSet(*read_labeled(folder / "train_5shot.csv"), query.classes)
    else:
        whole, rng = LabeledSet(*read_labeled(folder / "train.csv"), query.classes), np.random.default_rng(int(draw))
        shots = int(SHOTS[dataset].partition("-")[0])
        rows = [rng.choice(np.flatnonzero(whole.codes == code), shots, replace=False) for code in range(whole.n_way)]
        support = whole.take(np.sort(np.concatenate(rows)))
    return support, query


@dataclass(frozen=True)
class Bench:
    """A support set seen through the encoder, with the judge that the filters ask."""

    encoder: Encoder
    support: LabeledSet
    vectors: Vectors
    names: Vectors

    def context(self) -> Context:
        return Context(encoder=self.encoder, create=registry.create_method)

    def answers(self, query: Vectors, extra: Extra | None = None) -> Probabilities:
        head = registry.create_method(HEAD, None, self.context())
        return head.fit_vectors(
            self.vectors, self.support.codes, self.support.classes, self.names, extra
        ).predict_vectors(query)

    def left_out(self, made: Generated | None = None) -> Probabilities:
        """Each example answered by a head that did not see it, nor what was made from it."""
        return left_out_probabilities(
            registry.create_method(HEAD, None, self.context()), None, self.support, self.context(),
            vectors=self.vectors, name_vectors=self.names, by_folds=True, generated=made,
        )  # fmt: skip

    def part(self, rows: Codes) -> Bench:
        return Bench(self.encoder, self.support.take(rows), self.vectors[rows], self.names)

    def proposed(self, source: str, per_class: int, seed: int) -> Proposed:
        into = Proposed()
        found.create(source).propose(Task(self.support, {}, (), seed), per_class, into, silent)
        return into

    def passed(self, candidates: Sequence[Candidate], left_out: Probabilities) -> tuple[list[Passed], dict[str, int]]:
        """What the filters let through, as the job of the app does it."""
        texts = [one.text for one in candidates]
        vectors = self.encoder.encode([*texts, ""])
        said = self.answers(vectors)
        return filtering.passing(
            candidates, said[:-1], said[-1], filtering.thresholds(left_out, self.support.codes, said[-1]),
            ops.unit(vectors)[:-1], TextIndex(texts).folded, ops.unit(self.vectors),
            TextIndex([str(item) for item in self.support.items]).folded,
        )  # fmt: skip

    def generated(self, candidates: Sequence[Candidate], codes: Sequence[int]) -> Generated:
        vectors = self.encoder.encode([one.text for one in candidates])
        parents = tuple(frozenset(one.parents) for one in candidates)
        return Generated(vectors, np.array(codes, dtype=np.int64), MOST_WEIGHT, parents)

    def again(self, made: Generated, candidates: Sequence[Candidate]) -> Generated:
        """The control: the first parent of each in its place."""
        first = np.array([one.parents[0] for one in candidates], dtype=np.int64)
        own = tuple(frozenset({int(row)}) for row in first)
        return Generated(self.vectors[first], self.support.codes[first], made.weight, own)

    def stricter(self, candidates: Sequence[Candidate], source: str, per_class: int, seed: int) -> list[Probabilities]:
        """The answers of the two stricter checks, 'refiltered' and 'nested'; same folds as the check of the app."""
        codes = self.support.codes
        out = [np.zeros((len(codes), self.support.n_way), dtype=np.float32) for _ in STRICTER]
        for test in stratified_folds(codes, check.FOLDS, 0):
            inside, tested = self.part(np.setdiff1d(np.arange(len(codes)), test)), set(test.tolist())
            left_out = inside.left_out()
            old = [one for one in candidates if tested.isdisjoint(one.parents)]
            for place, some in enumerate((old, inside.proposed(source, per_class, seed).candidates)):
                passed, _dropped = inside.passed(some, left_out)
                made = inside.generated([one.candidate for one in passed], [one.code for one in passed])
                out[place][test] = inside.answers(self.vectors[test], whole(made))
        return out


def whole(made: Generated) -> Extra | None:
    """All of them; None without any."""
    return made.without(np.zeros(0, dtype=np.int64)) if len(made.codes) else None


def measure(data: Path, encoder: Encoder, dataset: str, draws: Sequence[str], per_class: int) -> Iterator[Row]:
    for number, draw in enumerate(draws):
        support, query = task(data, dataset, draw)
        names = Context(encoder=encoder).name_vectors(support.classes)
        bench = Bench(encoder, support, encoder.encode(support.items), names)
        yield from one_draw(bench, query, encoder.encode(query.items), dataset, draw, per_class, number)


def one_draw(bench: Bench, query, query_vectors, dataset: str, draw: str, per_class: int, seed: int) -> Iterator[Row]:
    setting, n = f"{SHOTS[dataset]}:{draw}", len(query)

    def row(method: str, metric: str, value: float, low=None, high=None, count: int | None = None) -> Row:
        return Row("augmentation", dataset, setting, method, metric, float(value), low, high, count)

    alone, left_out = bench.answers(query_vectors), bench.left_out()
    right = alone.argmax(1) == query.codes
    yield row(ALONE, "accuracy", right.mean(), *wilson(int(right.sum()), n), n)
    yield row(ALONE, "log-loss", gate.best_log_loss(alone, query.codes), count=n)
    for source in SOURCES:
        proposed = bench.proposed(source, per_class, seed)
        passed, dropped = bench.passed(proposed.candidates, left_out)
        kept = [one.candidate for one in passed]
        made = bench.generated(kept, [one.code for one in passed])
        everything = bench.generated(proposed.candidates, [one.code for one in proposed.candidates])
        yield row(source, "proposed", len(proposed.candidates))
        yield row(source, "accepted", len(kept))
        yield row(source, "accepted in a fold", np.mean([
            len(made.without(test).codes) for test in stratified_folds(bench.support.codes, check.FOLDS, 0)
        ]))  # fmt: skip
        for reason, count in {**proposed.dropped, **dropped}.items():
            yield row(source, f"dropped: {reason}", count)
        again = bench.again(made, kept)
        for kind, extra in ((FILTERED, made), (ALL, everything), (AGAIN, again)):
            said = bench.answers(query_vectors, whole(extra))
            now, method = said.argmax(1) == query.codes, f"{source}, {kind}"
            yield row(method, "accuracy", now.mean(), *wilson(int(now.sum()), n), n)
            yield row(method, "log-loss", gate.best_log_loss(said, query.codes), count=n)
            yield row(method, GAINED, *gained(alone, said, query.codes), n)
            pairs = gate.paired_difference(int((now & ~right).sum()), int((right & ~now).sum()), n)
            yield row(method, "difference", pairs.value, pairs.low, pairs.high, n)
        for name, extra in (("check", made), (CONTROL, again)):
            answers = bench.left_out(extra)
            verdict = gate.judge(left_out, answers, bench.support, 0.0)
            yield from verdict_rows(row, source, name, verdict, gained(left_out, answers, bench.support.codes))
        for name, answers in zip(STRICTER, bench.stricter(proposed.candidates, source, per_class, seed), strict=True):
            verdict = gate.judge(left_out, answers, bench.support, 0.0)
            yield from verdict_rows(row, source, name, verdict, gained(left_out, answers, bench.support.codes))
        print(dataset, draw, source, f"{len(kept)} of {len(proposed.candidates)}", flush=True)


def gained(before: Probabilities, after: Probabilities, codes: Codes) -> tuple[float, float, float]:
    """How much less log-loss ``after`` has, each at its best temperature, with the interval of the mean of pairs."""
    losses = []
    for said in (before, after):
        shown = calibration.calibrated(said, calibration.fit_temperature(said, codes, strength=1.0))
        losses.append(-np.log(np.maximum(shown[np.arange(len(codes)), codes], 1e-12)))
    apart = losses[0] - losses[1]
    mean, half = float(apart.mean()), Z95 * float(apart.std(ddof=1)) / len(codes) ** 0.5
    return mean, mean - half, mean + half


def verdict_rows(row, source: str, name: str, verdict: gate.Verdict, gain: tuple[float, float, float]) -> Iterator[Row]:
    apart = verdict.difference
    yield row(source, f"{name}: difference", apart.value, apart.low, apart.high, apart.n)
    yield row(source, f"{name}: {GAINED}", *gain, apart.n)
    yield row(source, f"{name}: keeps", verdict.keep, count=apart.n)


def main() -> None:
    made = parser("augmentation", __doc__ or "", quick="TREC-6 alone, two draws")
    made.add_argument("--datasets", nargs="*", default=list(DRAWS), choices=list(DRAWS))
    made.add_argument("--add", type=Path, nargs="*", default=[], help="JSON files of earlier parts to add")
    options = made.parse_args()
    encoder = chosen.cached_encoder(chosen.DEFAULT_ENCODER)
    rows = [Row(**row) for file in options.add for row in json.loads(file.read_text(encoding="utf-8"))]
    for dataset in ("trec6",) if options.quick else options.datasets:
        draws = DRAWS[dataset][:2] if options.quick else DRAWS[dataset]
        rows += measure(options.data, encoder, dataset, draws, PER_CLASS[dataset])
    text = markdown(rows)
    write("augmentation", rows, text, options.out)
    print(text)


if __name__ == "__main__":
    main()
