"""A text is encoded once, whatever happens to the process or the file."""

import hashlib
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from fsl_core.base.config import Settings
from fsl_core.base.errors import Cancelled, StoreError
from fsl_core.contracts.encoder import Encoder, EncoderInfo
from fsl_core.models.vector_cache import CHUNK, CachedEncoder, VectorCache, digest_of
from fsl_core.registry import create_encoder

ROOT = Path(__file__).parents[1]
rng = np.random.default_rng(0)


class Nothing(Settings):
    """No settings."""


class Counting(Encoder[Nothing]):
    """A small real encoder that notes what it was asked: a vector is (length, first letter, role)."""

    info = EncoderInfo("counting", "Counting", "Counts.", "any", offline=True)
    settings = Nothing
    key = "counting:1"

    def __init__(self):
        super().__init__(Nothing())
        self.asked = []

    def encode(self, items, *, role="document", progress=None):
        if progress:
            progress(0.0, "Encoding")
        self.asked.append(list(items))
        rows = [[len(str(t)), ord((str(t) or " ")[0]), role == "query"] for t in items]
        return np.array(rows, dtype=np.float32).reshape(len(items), 3)


@pytest.fixture
def cache(tmp_path):
    with VectorCache(tmp_path / "v.db") as opened:
        yield opened


def some(n, dim=4, start=0):
    return {
        hashlib.sha256(str(i).encode()).hexdigest(): rng.normal(size=dim).astype("f4") for i in range(start, start + n)
    }


def same(found, expected):
    assert found.keys() == expected.keys()
    for digest, vector in expected.items():
        np.testing.assert_array_equal(found[digest], vector)


def test_what_was_put_is_found_again_bit_by_bit_after_reopening(tmp_path):
    kept = some(1234)
    with VectorCache(tmp_path / "v.db") as cache:
        cache.put_many("k", kept)
    with VectorCache(tmp_path / "v.db") as cache:
        same(cache.get_many("k", [*kept, "00" * 32]), kept)
        assert cache.has_many("k", [*kept, "00" * 32]) == kept.keys()
        assert len(cache) == 1234


def test_keys_and_roles_are_apart(cache):
    one, two, three = (some(1) for _ in range(3))
    cache.put_many("a", one)
    cache.put_many("b", two)
    cache.put_many("a", three, role="query")
    same(cache.get_many("a", list(one)), one)
    same(cache.get_many("b", list(one)), two)
    same(cache.get_many("a", list(one), role="query"), three)
    assert cache.get_many("c", list(one)) == {} and cache.get_many("a", []) == {}


def test_a_vector_that_is_there_stays(cache):
    first, second = some(3), some(3)
    cache.put_many("k", first)
    cache.put_many("k", second)
    same(cache.get_many("k", list(first)), first)


def test_a_vector_of_another_length_under_the_same_key_is_refused_and_nothing_is_kept(cache):
    cache.put_many("k", some(2, dim=4))
    with pytest.raises(StoreError, match="length"):
        cache.put_many("k", some(2, dim=5, start=10))
    with pytest.raises(StoreError, match="length"):
        cache.put_many("new", some(1, dim=4) | some(1, dim=5, start=5))
    assert len(cache) == 2


def test_the_file_stays_within_its_bound_and_the_least_recently_used_leave(tmp_path):
    now = [0.0]
    bound = 2_000_000
    with VectorCache(tmp_path / "v.db", bound, clock=lambda: now[0]) as cache:
        old, used = some(200, dim=384), some(200, dim=384, start=200)
        cache.put_many("k", old)
        cache.put_many("k", used)
        now[0] = 10_000.0
        assert len(cache.get_many("k", list(used))) == 200
        for i in range(5):
            now[0] += 1
            cache.put_many("k", some(150, dim=384, start=1000 + 150 * i))
            assert cache.size_bytes <= bound
        assert not cache.has_many("k", list(old))
        assert cache.has_many("k", list(used))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 1.5 * bound


def test_one_batch_beyond_the_bound_empties_the_cache_but_does_not_hang(tmp_path):
    with VectorCache(tmp_path / "v.db", 1) as cache:
        cache.put_many("k", some(50))
        assert len(cache) == 0


@pytest.mark.parametrize("damage", ["no database", "scrambled pages", "cut short"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begins(damage, tmp_path, caplog):
    path, kept = tmp_path / "v.db", some(2000, dim=64)
    with VectorCache(path) as cache:
        cache.put_many("k", kept)
    content = bytearray(path.read_bytes())
    if damage == "no database":
        content[:] = b"not a database at all " * 100
    elif damage == "scrambled pages":
        content[4096:] = os.urandom(len(content) - 4096)
    else:
        del content[len(content) // 2 :]
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING), VectorCache(path) as cache:
        cache.get_many("k", list(kept))
        cache.put_many("k", kept)
        same(cache.get_many("k", list(kept)), kept)
    assert "damaged" in caplog.text
    assert [file.read_bytes() for file in tmp_path.glob("v.db.damaged-*")] == [bytes(content)]


def test_damage_found_by_two_users_sets_the_file_aside_once(tmp_path):
    path, kept = tmp_path / "v.db", some(5)
    first, second = VectorCache(path), VectorCache(path)
    first.put_many("k", kept)
    first._set_aside(sqlite3.DatabaseError("found by the first"))
    first.put_many("k", kept)
    second._set_aside(sqlite3.DatabaseError("found by the second, later"))
    same(second.get_many("k", list(kept)), kept)
    assert len(list(tmp_path.glob("*damaged*"))) == 1
    first.close()
    second.close()


def test_a_place_that_cannot_hold_a_file_is_an_error_with_its_path(tmp_path):
    (tmp_path / "v.db").mkdir()
    with pytest.raises(StoreError, match=r"v\.db"):
        VectorCache(tmp_path / "v.db")


def test_two_processes_writing_the_same_vectors_lose_and_damage_nothing(tmp_path):
    script = (
        "import sys, hashlib, numpy as np\n"
        "from pathlib import Path\n"
        "from fsl_core.models.vector_cache import VectorCache\n"
        "cache = VectorCache(Path(sys.argv[1]))\n"
        "name = lambda i: hashlib.sha256(str(i).encode()).hexdigest()\n"
        "for start in range(0, 3000, 100):\n"
        "    rows = {name(i): np.full(32, i, 'f4') for i in range(start, start + 100)}\n"
        "    cache.put_many('k', rows)\n"
        "    assert len(cache.get_many('k', list(rows))) == 100\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "v.db")], cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    digests = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(3000)]
    with VectorCache(tmp_path / "v.db") as cache:
        found = cache.get_many("k", digests)
        assert len(cache) == 3000 and [found[d][0] for d in digests] == list(range(3000))
        assert cache._run(lambda c: c.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    assert not list(tmp_path.glob("*damaged*"))


def test_a_process_killed_while_writing_leaves_whole_batches(tmp_path):
    script = (
        "import sys, os, signal, hashlib, numpy as np\n"
        "from pathlib import Path\n"
        "from fsl_core.models.vector_cache import VectorCache\n"
        "cache = VectorCache(Path(sys.argv[1]))\n"
        "name = lambda i: hashlib.sha256(str(i).encode()).hexdigest()\n"
        "rows = lambda a: {name(i): np.full(8, i, 'f4') for i in range(a, a + 100)}\n"
        "cache.put_many('k', rows(0))\n"
        "cache._evict = lambda connection: os.kill(os.getpid(), signal.SIGKILL)\n"
        "cache.put_many('k', rows(100))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "v.db")], cwd=ROOT)
    assert done.returncode == -9
    with VectorCache(tmp_path / "v.db") as cache:
        assert len(cache) == 100


def test_threads_share_one_cache(cache):
    kept = some(1000)
    digests = list(kept)
    problems = []

    def work(part):
        try:
            for start in range(0, 1000, 50):
                cache.put_many("k", {d: kept[d] for d in digests[start : start + 50]})
                assert len(cache.get_many("k", digests[start : start + 50])) == 50
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    same(cache.get_many("k", digests), kept)


def test_the_digest_is_that_of_the_text_or_of_the_bytes_of_the_image(tmp_path):
    assert digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "a.png").write_bytes(b"abc")
    assert digest_of(tmp_path / "a.png") == digest_of("abc")
    assert digest_of("\ud83d")  # half a surrogate pair, as broken JSON may bring


# --- CachedEncoder


def test_the_cached_encoder_answers_like_the_one_inside_and_asks_it_once(cache):
    inner = Counting()
    encoder = CachedEncoder(inner, cache)
    texts = ["bb", "a", "bb", "ccc", ""]
    expected = Counting().encode(texts)
    np.testing.assert_array_equal(encoder.encode(texts), expected)
    np.testing.assert_array_equal(encoder.encode(texts[::-1]), expected[::-1])
    assert [sorted(asked) for asked in inner.asked] == [["", "a", "bb", "ccc"]]
    assert encoder.key == inner.key and encoder.info is inner.info and encoder.settings is Nothing
    assert isinstance(encoder, Encoder)


def test_missing_counts_different_items_of_the_role(cache):
    encoder = CachedEncoder(Counting(), cache)
    assert encoder.missing(["a", "b", "b"]) == 2
    encoder.encode(["a"])
    assert encoder.missing(["a", "b", "b"]) == 1
    assert encoder.missing(["a"], role="query") == 1
    assert encoder.encode(["a"], role="query")[0, 2] == 1.0


def test_no_items_keep_the_shape_of_the_encoder_inside(cache):
    assert CachedEncoder(Counting(), cache).encode([]).shape == (0, 3)


def test_a_stopped_encoding_goes_on_where_it_was(cache):
    inner = Counting()
    encoder = CachedEncoder(inner, cache)
    texts = [f"text {i}" for i in range(3 * CHUNK)]

    def stop(fraction, message):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        encoder.encode(texts, progress=stop)
    assert encoder.missing(texts) == CHUNK
    heard = []
    vectors = encoder.encode(texts, progress=lambda fraction, message: heard.append((fraction, message)))
    np.testing.assert_array_equal(vectors, Counting().encode(texts))
    assert sum(map(len, inner.asked)) == len(texts)
    assert heard[0] == (0.0, f"Encoding (0 / {CHUNK})") and heard[-1][0] == 1.0


def test_a_cache_that_cannot_write_costs_no_vectors(cache, caplog):
    cache._run(lambda connection: connection.execute("PRAGMA query_only = ON"))
    vectors = CachedEncoder(Counting(), cache).encode(["a", "bb"])
    np.testing.assert_array_equal(vectors, Counting().encode(["a", "bb"]))
    assert "cannot be used" in caplog.text


def test_a_real_encoder_comes_out_of_the_cache_bit_by_bit(tmp_path):
    texts = [f"{word} number {i}" for i in range(50) for word in ("card", "cash")]
    with VectorCache(tmp_path / "v.db") as cache:
        first = CachedEncoder(create_encoder("char-ngram"), cache).encode(texts)
    with VectorCache(tmp_path / "v.db") as cache:
        encoder = CachedEncoder(create_encoder("char-ngram"), cache)
        assert encoder.missing(texts) == 0
        np.testing.assert_array_equal(encoder.encode(texts), first)
    np.testing.assert_allclose(first, create_encoder("char-ngram").encode(texts), atol=1e-6)
