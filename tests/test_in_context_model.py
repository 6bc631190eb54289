"""The small language model that comes with the program learns tasks from the prompt that nobody trained it on."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest

from fsl_core.contracts.generator import Prompt
from fsl_core.learning.prompting import template
from fsl_core.models.generators.causal import Causal, CausalSettings
from fsl_core.models.language.language_models import ASSETS

# Each task: two classes under names that say nothing; four examples and three queries of each.
TASKS: tuple[dict[str, tuple[tuple[str, ...], tuple[str, ...]]], ...] = (
    {
        "maple": (
            (
                "How long do I boil an egg?",
                "The soup needs more salt and pepper.",
                "Bake the bread at 220 degrees.",
                "Chop the onions and fry them in butter.",
            ),
            ("Stir the rice until it is soft.", "Which sauce goes with the pasta?", "Roast the chicken for an hour."),
        ),
        "river": (
            (
                "The striker scored twice in the first half.",
                "Our team lost the final by one goal.",
                "She won the tennis match in three sets.",
                "The coach praised the young goalkeeper.",
            ),
            (
                "The players ran onto the field.",
                "They won the championship game.",
                "He scored the last goal of the match.",
            ),
        ),
    },
    {
        "copper": (
            (
                "My flight to Rome was delayed again.",
                "Book two seats on the morning plane.",
                "Where is the gate for the flight to Oslo?",
                "The airline lost my suitcase.",
            ),
            ("Is my flight on time?", "I need a plane ticket to Madrid.", "Can I take a second bag on the plane?"),
        ),
        "lemon": (
            (
                "Pay the electricity bill from my account.",
                "How much money is left in my savings?",
                "The bank charged me a fee twice.",
                "Transfer 50 dollars to my sister.",
            ),
            ("What is the balance of my account?", "Send money to my landlord.", "Why was I charged for this payment?"),
        ),
    },
    {
        "tiger": (
            (
                "Will it rain in Lisbon tomorrow?",
                "It is too cold and windy outside.",
                "Snow is expected in the mountains.",
                "How hot will it be this afternoon?",
            ),
            (
                "Is it going to snow tonight?",
                "The weather will be sunny and warm.",
                "Do I need an umbrella for the rain?",
            ),
        ),
        "piano": (
            (
                "Play some jazz for me.",
                "Turn up the volume of this song.",
                "Who sings this album?",
                "Skip to the next track of the playlist.",
            ),
            ("Play my favourite song.", "What is the name of this band?", "Add this track to my music list."),
        ),
    },
)


@pytest.fixture(scope="module")
def generator() -> Causal:
    """The model as the program uses it."""
    return Causal(CausalSettings(device="cpu"))


def test_transformers_loads_it_offline_and_every_sign_of_a_prompt_survives() -> None:
    """Through the library's own loaders; new lines and quotes are tokens, however many follow each other."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(ASSETS, local_files_only=True)
    model: Any = AutoModelForCausalLM.from_pretrained(ASSETS, local_files_only=True)
    prompt = template.header(["card arrival", "blue_river"], {"card arrival": "where is it?"})
    prompt += template.shown(template.Demonstration('She said "hi"\n\nand left', "card arrival")) + template.asked(
        "so?"
    )
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(prompt, add_special_tokens=False)["input_ids"])
    assert pieces.count("\n") == prompt.count("\n") == 8
    assert pieces.count('"') == prompt.count('"') == 4
    assert "[UNK]" not in pieces
    assert pieces[-2:] == ["class", ":"]
    assert model.config.max_position_embeddings >= 1024
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert len(tokenizer) == model.config.vocab_size


def test_a_prompt_read_in_parts_has_the_same_tokens() -> None:
    """Scoring reads the shared part, the item and the label apart."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(ASSETS, local_files_only=True)

    def ids(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    shared, own = template.header(["one", "two"], {}), template.asked("Où est l'hôtel? It's 50% off!!")
    assert ids(shared + own + template.option("card arrival")) == ids(shared) + ids(own) + ids(" card arrival")


def test_it_learns_invented_tasks_from_their_examples_alone(generator: Causal) -> None:
    """The names say nothing, and each task is asked once more with the names exchanged: only examples can tell."""
    right = n = 0
    for task in TASKS:
        names = list(task)
        for said in (names, names[::-1]):
            called = dict(zip(names, said, strict=True))
            shown = [(text, called[name]) for name in names for text in task[name][0]]
            order = np.random.default_rng(0).permutation(len(shown))
            shared = template.header(names, {})
            shared += "".join(template.shown(template.Demonstration(*shown[i])) for i in order)
            queries = [(text, called[name]) for name in names for text in task[name][1]]
            prompts = [Prompt(shared, template.asked(text)) for text, _ in queries]
            answers = generator.score(prompts, [template.option(name) for name in names]).log_probs.argmax(1)
            right += sum(names[answer] == label for answer, (_, label) in zip(answers, queries, strict=True))
            n += len(queries)
    by_chance = sum(comb(n, hits) for hits in range(right, n + 1)) / 2**n
    assert n == 36
    assert by_chance < 0.001, f"{right} of {n}"
