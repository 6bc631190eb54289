"""Try and Compare on a real store: every method's form, answers, reasons, comparison by a job."""

from __future__ import annotations

import pytest

from fsl_core import registry
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs.worker import serve
from tests.page_fixtures import open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
TEXTS = [f"parcel {i} is late" for i in range(12)] + [f"money back for order {i}" for i in range(12)]


def project(store: Store, n_labeled: int = 5, **settings: object) -> int:
    made = store.projects.create(
        "Test", classes=["Late parcel", "Money back"], settings={"encoder": {"name": "char-ngram"}, **settings}
    )
    rows = [
        NewItem(text=text, label=("Late parcel" if i < 12 else "Money back") if i % 12 < n_labeled else None)
        for i, text in enumerate(TEXTS)
    ]
    store.items.add(made.id, rows)
    return made.id


@pytest.mark.parametrize("page", ["try_it", "compare", "map"])
def test_without_a_project_a_page_says_where_to_get_one(page_store, page):
    at = open_page(page)
    assert not at.exception and "No project is open" in shown(at)


@pytest.mark.parametrize("page", ["try_it", "compare", "map"])
def test_with_one_class_a_page_asks_for_another(page_store, page):
    made = page_store.projects.create("One", classes=["Only"], settings={"encoder": {"name": "char-ngram"}})
    page_store.items.add(made.id, [NewItem(text="a"), NewItem(text="b")])
    at = open_page(page, made.id)
    assert not at.exception and "needs two classes" in shown(at)
    assert "classes" in {link.proto.page for link in at.get("page_link") if link.proto.label == "Add classes"}


@pytest.mark.parametrize("name", list(registry.live_methods()))
def test_every_method_answers_with_its_form_and_reasons(page_store, name):
    at = open_page("try_it", project(page_store))
    at.selectbox(key="try-method").set_value(name).run()
    assert not at.exception
    fields = registry.get_method(name).settings.model_fields
    kinds = ("slider", "select_slider", "number_input", "text_input", "selectbox", "toggle", "button_group")
    drawn = {widget.key for kind in kinds for widget in at.get(kind)}
    assert {f"try-{name}-{field}" for field in fields} <= drawn
    at.text_area(key="try-text").set_value("my parcel is late").run()
    assert not at.exception
    assert "**Late parcel**" in shown(at)
    reasons = at.dataframe[0].value
    assert reasons["label"].iloc[0] == "Late parcel" and "against it" in set(reasons["says"])


def test_class_names_answer_before_the_first_label(page_store):
    at = open_page("try_it", project(page_store, n_labeled=0))
    at.text_area(key="try-text").set_value("money back for order 99").run()
    assert not at.exception and "**Money back**" in shown(at)
    assert "from the class names alone" in shown(at) and "Not enough to say yet" in shown(at)


def test_several_lines_give_a_table_and_strangers_are_none_of_these(page_store):
    at = open_page("try_it", project(page_store, n_labeled=12))
    at.text_area(key="try-text").set_value("parcel 3 is late\nmoney back for me\nZWXQ KJVB 十七個漢字").run()
    answers = at.dataframe[0].value["answer"].tolist()
    assert not at.exception and answers == ["Late parcel", "Money back", "none of these"]


def test_where_items_have_several_labels_each_that_the_model_gives_is_shown(page_store):
    settings = {"encoder": {"name": "char-ngram"}, "multi_label": True}
    made = page_store.projects.create("Sets", classes=["Late parcel", "Money back", "Praise"], settings=settings)
    rows = [NewItem(text=f"parcel {i} is late", label=("Late parcel",)) for i in range(6)]
    rows += [NewItem(text=f"money back for order {i}", label=("Money back",)) for i in range(6)]
    rows += [NewItem(text=f"parcel {i} is late, money back", label=("Late parcel", "Money back")) for i in range(6)]
    rows += [NewItem(text=f"thank you for number {i}", label=("Praise",)) for i in range(6)]
    rows += [NewItem(text=f"what time is it in town {i}", label=()) for i in range(6)]
    page_store.items.add(made.id, rows)
    at = open_page("try_it", made.id)
    at.text_area(key="try-text").set_value("parcel 9 is late, money back").run()
    assert not at.exception
    [said] = [one.value for one in at.success]
    assert "**Late parcel** · " in said and "**Money back** · " in said and "Praise" not in said
    reasons = at.dataframe[0].value
    both = reasons["label"] == "Late parcel, Money back"
    assert both.any() and set(reasons["says"][both]) == {"for it"}, "an example of both speaks for each of them"
    at.text_area(key="try-text").set_value(
        "parcel 9 is late, money back\nthank you for number 9\nwhat time is it"
    ).run()
    assert at.dataframe[0].value["answer"].tolist() == ["Late parcel, Money back", "Praise", "none of these"]
    at.text_area(key="try-text").set_value("what time is it in town 9").run()
    assert not at.exception and not at.success and "**None of these**" in shown(at)


def test_the_method_in_use_is_kept_in_the_project(page_store):
    number = project(page_store)
    at = open_page("try_it", number)
    at.selectbox(key="try-method").set_value("ridge").run()
    at.button(key="try-use").click().run()
    assert page_store.projects.get(number).settings["method"]["name"] == "ridge"
    assert at.button(key="try-use").disabled


def test_compare_runs_as_a_job_and_shows_every_method(page_store):
    number = project(page_store, n_labeled=8)
    job = page_store.jobs.submit("compare", {"folds": 4, "repeats": 1}, number)
    serve(page_store, idle_seconds=0.3)
    assert page_store.jobs.get(job.id).state == "done"
    at = open_page("compare", number)
    assert not at.exception
    table = at.dataframe[0].value
    assert sorted(table["method"]) == sorted(method.info.title for method in registry.live_methods().values())
    assert table["accuracy"].str.contains("n = 16").all()


@pytest.mark.parametrize(
    ("several", "made"), [(False, "12 folds, 2 repeats, n = 12"), (True, "12 folds, 1 repeat, n = 12")]
)
def test_compare_tells_the_folds_that_were_made_and_not_those_that_were_asked_for(page_store, several, made):
    number = project(page_store, n_labeled=6, multi_label=several)
    at = open_page("compare", number)
    at.number_input(key="compare-folds").set_value(20).run()
    assert f"fitted {12 if several else 24} times" in shown(at)
    page_store.jobs.submit("compare", {"methods": ["ridge"], "folds": 20, "repeats": 2}, number)
    serve(page_store, idle_seconds=0.3)
    at = open_page("compare", number)
    assert not at.exception and made in shown(at)


def test_compare_judges_the_method_in_use_with_its_settings(page_store):
    number = project(page_store, n_labeled=8)
    in_use = {"name": "maml", "settings": {"start": "gone", "name_prior": 0.0}}
    page_store.projects.update(number, settings={"method": in_use})
    job = page_store.jobs.submit("compare", {"methods": ["ridge", "maml"], "folds": 4, "repeats": 1}, number)
    serve(page_store, idle_seconds=0.3)
    assert page_store.jobs.get(job.id).state == "done"
    at = open_page("compare", number)
    assert list(at.dataframe[0].value["method"]) == [registry.get_method("ridge").info.title]
    assert "There is no meta-trained model 'gone' on this machine." in shown(at).replace("\\", "")
    assert "“MAML” is judged as it is used here:" in shown(at).replace("\\", "")
    assert "Begin with gone" in shown(at).replace("\\", "")


def test_compare_says_when_labels_changed_since(page_store):
    number = project(page_store, n_labeled=8)
    page_store.jobs.submit("compare", {"folds": 4, "repeats": 1}, number)
    serve(page_store, idle_seconds=0.3)
    item = int(page_store.items.all(number).ids[-1])
    page_store.journal.label(number, [item], page_store.classes.list(number)[1].id)
    assert "Labels changed since this comparison" in shown(open_page("compare", number))


def test_compare_with_too_few_labels_says_what_is_missing(page_store):
    at = open_page("compare", project(page_store, n_labeled=1))
    assert not at.exception and "Not enough labels to compare" in shown(at)


def test_a_failed_comparison_is_shown_with_its_reason(page_store):
    number = project(page_store)
    job = page_store.jobs.submit("compare", {}, number)
    page_store.jobs.claim(1)
    page_store.jobs.fail(job.id, "Something went wrong.", "Do this.")
    at = open_page("compare", number)
    assert "Something went wrong" in shown(at).replace("\\", "")
