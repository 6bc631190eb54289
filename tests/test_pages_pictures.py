"""Pages of a project of images: the choice of its encoder, and pictures where texts would be."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from PIL import Image
from streamlit.testing.v1 import AppTest

from fsl_core.data import images
from fsl_core.data.project_file import export_project
from fsl_core.data.store import NewItem, Store
from tests.page_fixtures import APP, open_page, shown
from tests.page_fixtures import page_store as page_store
from tests.test_encoders_onnx import graph

COLOURS = ("red", "navy", "green", "white")


def picture(colour: str, side: int = 32) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def colours(page_store: Store) -> int:
    """A project of four pictures of one colour each."""
    made = page_store.projects.create("Colours", kind="image", classes=["warm", "cold"])
    page_store.items.add(
        made.id,
        [NewItem(blob=images.keep(picture(one), one).blob, text=f"{one}.png") for one in COLOURS],
        filename="colours.zip",
    )
    return made.id


def choose(at: AppTest, project: int, name: str) -> AppTest:
    at.radio(key=f"encoder-{project}").set_value(name)
    return at.run()


def test_an_encoder_of_images_is_tried_before_it_is_kept(page_store: Store, colours: int, tmp_path: Path) -> None:
    before = page_store.projects.get(colours).settings
    at = choose(open_page("models", colours), colours, "onnx-image")
    at.text_input(key=f"encoder-{colours}-onnx-image-path").set_value(str(tmp_path / "gone.onnx"))
    at.button(key="encoder-use").click().run()
    assert not at.exception and len(at.error) == 1 and "gone.onnx" in at.error[0].value
    assert page_store.projects.get(colours).settings == before

    file = graph(tmp_path, shape=["n", 3, 8, 8])
    at.text_input(key=f"encoder-{colours}-onnx-image-path").set_value(str(file))
    at.button(key="encoder-use").click().run()
    assert not at.exception and not at.error
    chosen = page_store.projects.get(colours).settings["encoder"]
    assert chosen["name"] == "onnx-image" and chosen["settings"]["path"] == str(file)
    assert at.button(key="encoder-use").disabled

    at = choose(at, colours, "hog")
    at.button(key="encoder-use").click().run()
    assert not at.exception and page_store.projects.get(colours).settings["encoder"]["name"] == "hog"


def test_an_encoder_that_tells_no_pictures_apart_is_refused(page_store: Store, colours: int, tmp_path: Path) -> None:
    import numpy as np
    from onnx import numpy_helper

    zero = numpy_helper.from_array(np.zeros((3, 5), dtype=np.float32), "weight")
    at = choose(open_page("models", colours), colours, "onnx-image")
    at.text_input(key=f"encoder-{colours}-onnx-image-path").set_value(
        str(graph(tmp_path, shape=["n", 3, 8, 8], weight=zero))
    )
    at.button(key="encoder-use").click().run()
    assert not at.exception and "the same vector" in shown(at)
    assert "encoder" not in page_store.projects.get(colours).settings


PAGES = ["label", "map", "try_it", "tune", "augment", "prompt", "compare", "classes", "check", "history", "export"]
TEXT_WORDS = re.compile(r"\btexts?\b|\b(type|paste) (a|one) |\bread, press", re.IGNORECASE)


def sentences(found: object) -> Iterator[str]:
    """Every string of more than one word, also in the JSON of a component; scripts and styles are none."""
    if isinstance(found, str) and found.startswith('{"'):
        yield from sentences(json.loads(found))
    elif isinstance(found, str) and " " in found:
        yield re.sub(r"<style>.*?</style>|<[^>]+>", " ", found, flags=re.DOTALL)
    elif isinstance(found, Mapping):
        for name, one in found.items():
            yield from sentences(one) if name not in ("jsContent", "cssContent", "spec", "codeText") else ()
    elif isinstance(found, list):
        for one in found:
            yield from sentences(one)


@pytest.mark.parametrize("labelled", [0, 4])
@pytest.mark.parametrize("name", PAGES)
def test_no_sentence_in_a_project_of_pictures_speaks_of_texts(
    page_store: Store, colours: int, name: str, labelled: int
) -> None:
    warm, cold = (one.id for one in page_store.classes.list(colours))
    for place, item in enumerate(page_store.items.all(colours).ids.tolist()[:labelled]):
        page_store.journal.label(colours, [item], warm if place % 2 else cold, author="me")
    at = open_page(name, colours)
    assert not at.exception
    protos = [node.proto for node in at.main if getattr(node, "proto", None) is not None]
    said = [words for proto in protos for words in sentences(MessageToDict(proto))]
    assert said and [words for words in said if TEXT_WORDS.search(words)] == []


def test_an_empty_project_of_pictures_asks_for_pictures(page_store: Store) -> None:
    made = page_store.projects.create("Nothing yet", kind="image", classes=["warm", "cold"])
    for name in ("label", "map", "export"):
        words = shown(open_page(name, made.id))
        assert "pictures" in words and not TEXT_WORDS.search(re.sub(r"<style>.*?</style>", "", words, flags=re.DOTALL))


def test_the_choice_offers_encoders_of_images_only(page_store: Store, colours: int) -> None:
    at = open_page("models", colours)
    assert not at.exception
    options = at.radio(key=f"encoder-{colours}").options
    assert any("ONNX" in one for one in options) and not any("MiniLM" in one for one in options)


def source(store: Store, project: int, place: int) -> str:
    """What the browser gets for the picture in that place."""
    return images.data_url(images.path_of(store.items.page(project)[place].blob or ""))


def test_history_check_and_split_show_pictures(page_store: Store, colours: int) -> None:
    ids = page_store.items.all(colours).ids.tolist()
    warm, cold = (one.id for one in page_store.classes.list(colours))
    page_store.journal.label_many(colours, {ids[0]: warm, ids[1]: cold, ids[2]: cold, ids[3]: warm}, author="ada")
    page_store.journal.label(colours, [ids[1]], warm, author="bo")
    first, second = source(page_store, colours, 0), source(page_store, colours, 1)
    at = open_page("history", colours)
    assert not at.exception and first in shown(at) and "red.png" in shown(at)

    at = open_page("classes", colours)
    at.button(key=f"class-edit-{warm}").click().run()
    at.segmented_control(key=f"class-act-{warm}").set_value("split").run()
    assert not at.exception and first in shown(at)
    assert at.checkbox(key=f"class-split-item-{ids[0]}").label.startswith("red")

    at = open_page("check", colours)
    assert not at.exception and at.get("html")
    whole = shown(at)
    for section in ("suspects", "twins", "people"):
        at.session_state["check-section"] = section
        whole += shown(at.run())
        assert not at.exception
    large = images.data_url(images.path_of(page_store.items.get(ids[1]).blob or ""), 384)
    assert large in whole or second in whole


def test_the_map_shows_pictures_before_any_label_and_after_the_first(page_store: Store, colours: int) -> None:
    at = open_page("map", colours)
    assert not at.exception and not at.error and "Similar pictures" in shown(at)
    page_store.journal.label(
        colours, [page_store.items.all(colours).ids.tolist()[0]], page_store.classes.list(colours)[0].id
    )
    at.run()
    assert not at.exception and not at.error


def test_a_project_file_with_pictures_is_taken_for_a_project_and_not_for_pictures(
    page_store: Store, colours: int
) -> None:
    packed = export_project(page_store, colours)
    at = AppTest.from_file(APP, default_timeout=120).run()
    at.segmented_control(key="projects-way").set_value("file").run()
    at.file_uploader[0].set_value([("colours.handful", packed, "application/zip")]).run()
    assert not at.exception and "4 items, 0 labelled" in shown(at)
    at.button(key="project-import-go").click().run()
    assert not at.exception and not at.error
    names = {one.name: one.id for one in page_store.projects.list()}
    assert set(names) == {"Colours", "Colours 2"}
    copies = [row.blob for row in page_store.items.page(names["Colours 2"])]
    assert copies == [row.blob for row in page_store.items.page(colours)]


def test_the_label_page_speaks_of_looking(page_store: Store, colours: int) -> None:
    at = open_page("label", colours)  # no label, no name that the encoder could read: nothing is predicted yet
    assert not at.exception and not at.error and "Look, press a key" in shown(at) and "Read, press" not in shown(at)


def test_compare_names_the_encoder_and_leads_to_another(page_store: Store, colours: int) -> None:
    ids = page_store.items.all(colours).ids.tolist()
    warm, cold = (one.id for one in page_store.classes.list(colours))
    page_store.journal.label_many(colours, {ids[0]: warm, ids[1]: cold, ids[2]: cold, ids[3]: warm})
    at = open_page("compare", colours)
    assert not at.exception and "Pictures are read by" in shown(at)


def test_class_folders_show_what_is_in_them(page_store: Store, colours: int) -> None:
    ids = page_store.items.all(colours).ids.tolist()
    page_store.journal.label(colours, [ids[0]], page_store.classes.list(colours)[0].id)
    at = open_page("export", colours)
    at.session_state["export-format"] = "image-folder"
    at.run()
    names = at.code[0].value.splitlines()
    assert not at.exception and names[0] == "warm/red.png" and names[1].startswith("unlabelled/")


def test_a_picture_that_is_gone_leaves_the_pages_alive(page_store: Store, colours: int) -> None:
    ids = page_store.items.all(colours).ids.tolist()
    page_store.journal.label(colours, [ids[0]], page_store.classes.list(colours)[0].id)
    images.path_of(page_store.items.get(ids[0]).blob or "").unlink()
    images.data_url.cache_clear()
    at = open_page("history", colours)
    assert not at.exception and "data:image/svg+xml" in shown(at)
