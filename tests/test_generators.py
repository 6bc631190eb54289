"""Language models against plain computations: the same numbers, one row at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fsl_core import registry
from fsl_core.base.config import form_fields
from fsl_core.base.errors import Cancelled, ConfigError, MissingBackend
from fsl_core.contracts.generator import GAP, Generator, Prompt, Sampling
from fsl_core.models.language.label_trie import ROOT, label_trie
from tests.tiny_language_models import CAUSAL, tiny_causal, tiny_masked, tiny_t5

SHARED = "the bank : card lost . pay good film\n"
PROMPTS = [
    Prompt(SHARED, "my money is late close :"),
    Prompt(SHARED, "cat :"),
    Prompt("", "good dog river :"),
    Prompt(SHARED, "slow slow slow early query passage cat dog bird :"),
]
OPTIONS = [" card money lost", " card", " card money stolen now", " food", " card money lost bank bank"]


def tokens(lm, text: str) -> list[int]:
    return lm.tokenizer(text, add_special_tokens=False)["input_ids"]


def brute_force(generator: Generator, prompts: list[Prompt], options: list[str]) -> np.ndarray:
    """One pass for each prompt and option, no cache, no padding."""
    lm, found = generator._lm, np.zeros((len(prompts), len(options)))
    for i, prompt in enumerate(prompts):
        for j, option in enumerate(options):
            before, after = tokens(lm, prompt.shared) + tokens(lm, prompt.own), tokens(lm, option)
            with torch.no_grad():
                said = lm.model(torch.tensor([before + after])).logits[0].log_softmax(-1)
            found[i, j] = sum(float(said[len(before) + k - 1, token]) for k, token in enumerate(after))
    return found


@pytest.fixture(scope="module", params=CAUSAL)
def causal(request, tmp_path_factory) -> Generator:
    folder = tiny_causal(tmp_path_factory.mktemp("causal") / request.param, request.param)
    return registry.create_generator("causal", {"model": str(folder), "batch_size": 2})


@pytest.fixture(scope="module")
def llama(tmp_path_factory) -> Generator:
    return registry.create_generator("causal", {"model": str(tiny_causal(tmp_path_factory.mktemp("llama") / "llama"))})


def test_label_scores_equal_one_pass_for_each_label(causal):
    scores = causal.score(PROMPTS, OPTIONS)
    np.testing.assert_allclose(scores.log_probs, brute_force(causal, PROMPTS, OPTIONS), atol=1e-4)
    assert np.ptp(scores.log_probs, axis=0).max() > 0.1, "the prompts must make a difference for this to show anything"


def test_hidden_states_and_token_counts_are_those_of_the_prompt(causal):
    scores = causal.score(PROMPTS, OPTIONS)
    for row, prompt in enumerate(PROMPTS):
        ids = tokens(causal._lm, prompt.shared) + tokens(causal._lm, prompt.own)
        with torch.no_grad():
            states = causal._lm.model(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1]
        np.testing.assert_allclose(scores.hidden[row], states[0, -1].numpy(), atol=1e-4)
        assert scores.prompt_tokens[row] == len(ids)
    assert scores.lengths.tolist() == [len(tokens(causal._lm, option)) for option in OPTIONS]


def test_a_kept_prefix_is_read_once_and_never_altered(llama, monkeypatch):
    first = llama.score(PROMPTS, OPTIONS).log_probs
    lengths = []
    forward = llama._lm.model.forward

    def counted(tokens_in, **more):
        lengths.append(tokens_in.shape)
        return forward(tokens_in, **more)

    monkeypatch.setattr(llama._lm.model, "forward", counted)
    llama.score([PROMPTS[0]], OPTIONS)  # leaves SHARED as the prefix that is kept
    lengths.clear()
    again = llama.score([PROMPTS[0], PROMPTS[1], PROMPTS[3]], OPTIONS).log_probs
    np.testing.assert_allclose(again, first[[0, 1, 3]], atol=1e-5)
    shared = len(tokens(llama._lm, SHARED))
    assert lengths and all(length < shared + 5 for _n, length in lengths)
    assert sum(n * length for n, length in lengths) < len(OPTIONS) * 3 * shared, "the prefix was not read again"


def test_no_options_give_the_hidden_states_alone(causal):
    scores = causal.score(PROMPTS[:2], [])
    assert scores.log_probs.shape == (2, 0) and scores.hidden.shape == (2, 32)


def test_an_architecture_without_tree_attention_is_found_out(tmp_path):
    bloom = registry.create_generator("causal", {"model": str(tiny_causal(tmp_path / "bloom", "bloom"))})
    bloom.score(PROMPTS[:1], OPTIONS)
    assert bloom._tree is False


def test_a_prompt_beyond_the_model_is_refused_with_the_numbers(llama):
    with pytest.raises(ConfigError, match="reads at most 256"):
        llama.score([Prompt(SHARED, "cat " * 300)], OPTIONS)


def test_special_tokens_in_a_text_are_only_letters(llama):
    special = llama._lm.tokenizer.sep_token_id
    assert special in tokens(llama._lm, "cat [SEP] dog")
    assert special not in llama._lm.ids("cat [SEP] dog")


def test_a_chat_template_frames_the_prompt_and_its_marks_count(tmp_path):
    chat = registry.create_generator("causal", {"model": str(tiny_causal(tmp_path / "chat", chat=True))})
    plain = registry.create_generator("causal", {"model": str(tmp_path / "chat"), "chat": "never"})
    assert chat.key != plain.key
    lm = chat._lm
    head, tail = tokens(lm, "[CLS] user : "), tokens(lm, " [SEP][CLS] close :")
    assert lm.tokenizer.sep_token_id in tail
    prompt = head + lm.ids(PROMPTS[0].shared) + lm.ids(PROMPTS[0].own) + tail
    label = lm.ids("card money")
    with torch.no_grad():
        said = lm.model(torch.tensor([prompt + label])).logits[0].log_softmax(-1)
    expected = sum(float(said[len(prompt) + k - 1, token]) for k, token in enumerate(label))
    scores = chat.score([PROMPTS[0]], [" card money"])
    assert scores.log_probs[0, 0] == pytest.approx(expected, abs=1e-4)
    assert scores.prompt_tokens[0] == len(prompt)


def test_t5_scores_equal_one_pass_for_each_label(tmp_path):
    t5 = registry.create_generator("seq2seq", {"model": str(tiny_t5(tmp_path / "t5")), "batch_size": 3})
    scores = t5.score(PROMPTS, OPTIONS)
    lm = t5._lm
    for i, prompt in enumerate(PROMPTS):
        for j, option in enumerate(OPTIONS):
            label = tokens(lm, option)
            inputs = torch.tensor([t5._prompt(prompt.text)])
            with torch.no_grad():
                said = lm.model(inputs, decoder_input_ids=torch.tensor([[0, *label[:-1]]])).logits[0].log_softmax(-1)
            expected = sum(float(said[k, token]) for k, token in enumerate(label))
            assert scores.log_probs[i, j] == pytest.approx(expected, abs=1e-4)
    assert scores.hidden.shape == (4, 32) and np.ptp(scores.hidden, axis=0).max() > 0.01


def test_cloze_scores_are_those_of_the_mask(tmp_path):
    masked = registry.create_generator("masked", {"model": str(tiny_masked(tmp_path / "bert")), "batch_size": 2})
    texts = [f"the film is {GAP} .", f"{GAP} : my card was stolen when slow", f"food {GAP}"]
    words = ["good", "awful", "xy"]
    found = masked.cloze(texts, words)
    lm = masked._lm
    assert len(lm.ids("xy")) == 2
    for i, text in enumerate(texts):
        for j, word in enumerate(words):
            ids = lm.ids(word)
            full = lm.tokenizer(text.replace(GAP, " ".join(["[MASK]"] * len(ids))), return_tensors="pt")
            places = (full["input_ids"][0] == lm.tokenizer.mask_token_id).nonzero()[:, 0]
            with torch.no_grad():
                said = lm.model(**full).logits[0].log_softmax(-1)
            expected = sum(float(said[place, token]) for place, token in zip(places, ids, strict=True))
            assert found[i, j] == pytest.approx(expected, abs=1e-4)


def test_a_cloze_text_needs_one_gap(tmp_path):
    masked = registry.create_generator("masked", {"model": str(tiny_masked(tmp_path / "bert"))})
    with pytest.raises(ConfigError, match="has 0 gaps"):
        masked.cloze(["no gap here"], ["good"])


def test_greedy_text_is_the_likeliest_token_each_time(llama):
    lm = llama._lm
    ids = lm.ids("my card is")
    for _step in range(6):
        with torch.no_grad():
            ids.append(int(lm.model(torch.tensor([ids])).logits[0, -1].argmax()))
            assert ids[-1] != lm.tokenizer.sep_token_id, "take another prompt: here the text ends by itself"
    (found,) = llama.generate(["my card is"], Sampling(max_tokens=6))
    ended = ids[len(lm.ids("my card is")) :]
    assert found.text == lm.tokenizer.decode(ended, skip_special_tokens=True) and found.tokens == 6
    assert found.ended == "length"


def test_a_seed_repeats_its_text_and_streams_it_whole(llama):
    sampling = Sampling(max_tokens=8, temperature=1.0, seed=5)
    heard = ["", ""]

    def hear(number: int, piece: str) -> None:
        heard[number] += piece

    first = llama.generate(["my card is", "the cat"], sampling, on_text=hear)
    assert [one.text for one in first] == heard
    state = torch.random.get_rng_state()
    assert [one.text for one in llama.generate(["my card is", "the cat"], sampling)] == heard
    assert torch.equal(state, torch.random.get_rng_state()), "the seeds of others stay as they were"
    other = llama.generate(["my card is", "the cat"], Sampling(max_tokens=8, temperature=1.0, seed=6))
    assert [one.text for one in other] != heard


def test_a_stop_word_ends_the_text_before_it(llama):
    whole = llama.generate(["my card is"], Sampling(max_tokens=8, temperature=1.0, seed=5))[0].text
    word = whole.split()[3]
    (cut,) = llama.generate(["my card is"], Sampling(max_tokens=8, temperature=1.0, seed=5, stop=(word,)))
    assert cut.text == whole[: whole.index(word)] and cut.ended == "stop"


def test_choices_are_the_only_answers(llama):
    prompts = [prompt.text for prompt in PROMPTS]
    found = llama.generate(prompts, Sampling(choices=("card", "food", "money lost")))
    best = brute_force(llama, [Prompt("", prompt) for prompt in prompts], [" card", " food", " money lost"]).argmax(1)
    assert [one.text for one in found] == [("card", "food", "money lost")[i] for i in best]


def test_generation_stops_within_a_token_when_asked(llama):
    seen = []

    def stop(fraction: float, message: str) -> None:
        seen.append(message)
        if len(seen) > 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        llama.generate(["my card is"], Sampling(max_tokens=200), progress=stop)
    assert len(seen) == 4
    assert llama.generate(["my card is"], Sampling(max_tokens=2))[0].tokens == 2, "it works on after that"


def test_usage_counts_what_was_read_and_written(llama):
    before = llama.usage
    (found,) = llama.generate(["my card is"], Sampling(max_tokens=3))
    after = llama.usage
    assert after.requests - before.requests == 1
    assert after.prompt_tokens - before.prompt_tokens == found.prompt_tokens == 3
    assert after.tokens - before.tokens == 3 and after.dollars == 0


def test_a_hub_model_offline_fails_at_once_and_says_what_helps():
    for name in ("causal", "seq2seq", "masked"):
        with pytest.raises(MissingBackend) as caught:
            registry.create_generator(name, {"model": "someone/never-downloaded"}).count(["hello"])
        assert "folder" in caught.value.hint


def test_a_pickle_is_refused(tmp_path):
    folder = tiny_causal(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(MissingBackend, match="pickle"):
        registry.create_generator("causal", {"model": str(folder)}).count(["hello"])


def test_a_broken_folder_says_what_is_wrong(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MissingBackend, match="cannot be loaded as a causal language model"):
        registry.create_generator("causal", {"model": str(tmp_path)}).count(["hello"])


def test_four_bits_without_a_gpu_say_what_is_missing(tmp_path):
    folder = tiny_causal(tmp_path / "model")
    with pytest.raises(MissingBackend, match="bitsandbytes"):
        registry.create_generator("causal", {"model": str(folder), "precision": "4-bit", "device": "cpu"}).count(
            ["hello"]
        )


@pytest.mark.parametrize("name", list(registry.generators()))
def test_every_generator_can_be_drawn_and_says_what_it_cannot_do(name, tmp_path):
    kind = registry.get_generator(name)
    assert all(field.help and field.title for field in form_fields(kind.settings))
    made = registry.create_generator(name)
    calls = {
        "generate": lambda: made.generate(["a"], Sampling()),
        "score": lambda: made.score([Prompt("", "a")], ["b"]),
        "cloze": lambda: made.cloze([GAP], ["b"]),
    }
    for ability, call in calls.items():
        if ability not in kind.info.abilities:
            with pytest.raises(ConfigError, match="cannot"):
                call()


def test_a_trie_has_a_node_for_every_common_beginning():
    trie = label_trie([[1, 2, 3], [1], [1, 2, 4, 5], [6]])
    assert trie.tokens.tolist() == [1, 2, 4]
    assert trie.parents.tolist() == [ROOT, 0, 1] and trie.depths.tolist() == [0, 1, 2]
    assert trie.steps == (((ROOT, 1), (0, 2), (1, 3)), ((ROOT, 1),), ((ROOT, 1), (0, 2), (1, 4), (2, 5)), ((ROOT, 6),))
    assert trie.lengths.tolist() == [3, 1, 4, 1]
    np.testing.assert_array_equal(trie.visible(), [[True, False, False], [True, True, False], [True, True, True]])
    flat = trie.flat()
    assert flat.labels.tolist() == [0, 0, 0, 1, 2, 2, 2, 2, 3] and flat.nodes.tolist()[-1] == ROOT


def test_a_label_without_a_token_is_refused():
    with pytest.raises(ConfigError, match="no token"):
        label_trie([[1], []])
