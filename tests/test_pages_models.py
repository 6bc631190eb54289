"""Try and Compare on a real store: every method's form, answers, reasons, comparison by a job."""

from __future__ import annotations

import pytest

from fsl_core import registry
from fsl_core.data.store import NewItem, Store
from fsl_core.evaluation import metrics, paired
from fsl_core.jobs.tasks import compare
from fsl_core.jobs.worker import serve
from pages.ui.comparing import verdict
from tests.page_fixtures import open_page, shown, table_rows

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


def method_box(at):
    """The choice of the method in the head of a page."""
    return next(box for box in at.selectbox if box.label == "Method" and str(box.key).startswith("method-"))


def choose_method(at, name):
    method_box(at).set_value(name).run()


@pytest.mark.parametrize("page", ["try_it", "compare", "map", "results"])
def test_without_a_project_a_page_says_where_to_get_one(page_store, page):
    at = open_page(page)
    assert not at.exception and "No project is open" in shown(at)


@pytest.mark.parametrize("page", ["try_it", "compare", "map", "results"])
def test_with_one_class_a_page_asks_for_another(page_store, page):
    made = page_store.projects.create("One", classes=["Only"], settings={"encoder": {"name": "char-ngram"}})
    page_store.items.add(made.id, [NewItem(text="a"), NewItem(text="b")])
    at = open_page(page, made.id)
    assert not at.exception and "needs two classes" in shown(at)
    assert "classes" in {link.proto.page for link in at.get("page_link") if link.proto.label == "Add classes"}


@pytest.mark.parametrize("name", list(registry.live_methods()))
def test_every_method_answers_with_its_form_and_reasons(page_store, name):
    at = open_page("try_it", project(page_store))
    choose_method(at, name)
    assert not at.exception
    fields = registry.get_method(name).settings.model_fields
    kinds = ("slider", "select_slider", "number_input", "text_input", "selectbox", "toggle", "button_group")
    drawn = {widget.key for kind in kinds for widget in at.get(kind)}
    assert [field for field in fields if not any(str(key).endswith(f"-{name}-{field}") for key in drawn)] == []
    at.text_area(key="try-text").set_value("my parcel is late").run()
    assert not at.exception
    assert "**Late parcel**" in shown(at)
    reasons = table_rows(at)
    assert reasons[0][1] == "Late parcel" and "against it" in {row[2] for row in reasons}


def test_class_names_answer_before_the_first_label(page_store):
    at = open_page("try_it", project(page_store, n_labeled=0))
    at.text_area(key="try-text").set_value("money back for order 99").run()
    assert not at.exception and "**Money back**" in shown(at)
    assert "from the class names alone" in shown(at) and "Not enough to say yet" in shown(at)


def test_several_lines_give_a_table_and_strangers_are_none_of_these(page_store):
    at = open_page("try_it", project(page_store, n_labeled=12))
    at.text_area(key="try-text").set_value("parcel 3 is late\nmoney back for me\nZWXQ KJVB 十七個漢字").run()
    answers = [row[1] for row in table_rows(at)]
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
    says = {row[2] for row in table_rows(at) if row[1] == "Late parcel, Money back"}
    assert says == {"for it"}, "an example of both speaks for each of them"
    at.text_area(key="try-text").set_value(
        "parcel 9 is late, money back\nthank you for number 9\nwhat time is it"
    ).run()
    assert [row[1] for row in table_rows(at)] == ["Late parcel, Money back", "Praise", "none of these"]
    at.text_area(key="try-text").set_value("what time is it in town 9").run()
    assert not at.exception and not at.success and "**None of these**" in shown(at)


def test_an_answer_below_the_threshold_of_the_project_is_amber_and_never_a_green_tick(page_store):
    number = project(page_store)
    page_store.projects.update(number, settings={"unsure_below": 1.5})
    at = open_page("try_it", number)
    at.text_area(key="try-text").set_value("my parcel is late").run()
    assert not at.exception and not at.success
    assert any("**Late parcel**" in one.value and "Unsure" in one.value for one in at.warning)
    page_store.projects.update(number, settings={"unsure_below": 0.2})
    at.run()
    assert [one.value for one in at.success if "**Late parcel**" in one.value] and not at.warning


def test_what_was_tried_is_kept_with_the_label_that_the_person_gives_it(page_store):
    number = project(page_store)
    before = page_store.items.count(number)
    at = open_page("try_it", number)
    text = "where is my parcel, it is late"
    at.text_area(key="try-text").set_value(text).run()
    choice = next(box for box in at.selectbox if box.label == "What it is")
    classes = {one.name: one.id for one in page_store.classes.list(number)}
    assert choice.value == classes["Late parcel"]  # what the model says comes first
    choice.set_value(classes["Money back"]).run()
    at.button(key="try-keep-go").click().run()
    assert not at.exception and page_store.items.count(number) == before + 1
    item = page_store.items.page(number, limit=1, offset=before)[0]
    state = page_store.journal.labels(number)[item.id]
    assert (item.text, state.label, state.source) == (text, classes["Money back"], "person")
    # Kept again it is the same item; without a label it keeps the one it has.
    next(box for box in at.selectbox if box.label == "What it is").set_value(0).run()
    at.button(key="try-keep-go").click().run()
    assert page_store.items.count(number) == before + 1
    assert page_store.journal.labels(number)[item.id].label == classes["Money back"]


def test_what_was_tried_is_kept_with_several_labels_where_items_may_have_them(page_store):
    made = page_store.projects.create(
        "Sets", classes=["Late", "Money"], settings={"encoder": {"name": "char-ngram"}, "multi_label": True}
    )
    page_store.items.add(made.id, [NewItem(text=f"late parcel {i}", label=("Late",)) for i in range(4)])
    at = open_page("try_it", made.id)
    at.text_area(key="try-text").set_value("late parcel and money").run()
    ids = [one.id for one in page_store.classes.list(made.id)]
    next(box for box in at.multiselect if box.label == "What it is").set_value(ids).run()
    at.button(key="try-keep-go").click().run()
    assert not at.exception
    assert page_store.journal.labels(made.id)[page_store.items.page(made.id, offset=4)[0].id].label == tuple(ids)


def in_use(store, number):
    choice = store.projects.get(number).settings["method"]
    return choice["name"], choice["settings"]


def test_the_method_in_use_is_one_for_all_pages(page_store):
    number = project(page_store)
    at = open_page("try_it", number)
    choose_method(at, "ridge")
    assert not at.exception and in_use(page_store, number) == ("ridge", {})
    for page in ("label", "map", "results", "export"):
        assert method_box(open_page(page, number)).value == "ridge"


def setting_k(at):
    return next(one for one in at.slider if str(one.key).endswith("-knn-k"))


def test_a_setting_of_the_method_counts_at_once_and_the_way_back_leads_to_what_was_before(page_store):
    number = project(page_store)
    at = open_page("try_it", number)
    choose_method(at, "knn")
    setting_k(at).set_value(3).run()
    assert in_use(page_store, number)[0] == "knn" and in_use(page_store, number)[1]["k"] == 3
    at.button(key="method-back").click().run()
    assert in_use(page_store, number) == ("knn", {})
    assert setting_k(at).value == registry.get_method("knn").settings().k
    at.button(key="method-back").click().run()  # back is a step like any other
    assert in_use(page_store, number)[1]["k"] == 3 == setting_k(at).value


def test_a_method_chosen_elsewhere_is_not_overwritten_by_what_the_page_held(page_store):
    number = project(page_store)
    at = open_page("try_it", number)
    choose_method(at, "ridge")
    page_store.projects.update(number, settings={"method": {"name": "knn", "settings": {"k": 4}}})
    at.run()
    assert method_box(at).value == "knn" and setting_k(at).value == 4
    assert in_use(page_store, number) == ("knn", {"k": 4})


def test_compare_runs_as_a_job_and_shows_its_methods(page_store):
    number = project(page_store, n_labeled=8)
    slow = {name for name, method in registry.live_methods().items() if method.info.slow} - {"protonet"}
    methods = [name for name in registry.live_methods() if name not in slow]  # one that trains stands for all that do
    job = page_store.jobs.submit("compare", {"methods": methods, "folds": 2, "repeats": 1}, number)
    serve(page_store, idle_seconds=0.3)
    assert page_store.jobs.get(job.id).state == "done"
    at = open_page("compare", number)
    assert not at.exception
    rows = table_rows(at)
    assert sorted(row[0] for row in rows) == sorted(registry.get_method(name).info.title for name in methods)
    assert all("n = 16" in row[1] for row in rows)


def test_compare_ends_in_a_sentence_and_a_button_that_uses_what_it_comes_to(page_store):
    number = project(page_store, n_labeled=8)
    page_store.jobs.submit("compare", {"methods": ["knn", "ridge", "prototype"], "folds": 4, "repeats": 2}, number)
    serve(page_store, idle_seconds=0.3)
    at = open_page("compare", number)
    # The two kinds of texts could not be told apart more easily: all are right about all of them.
    assert "differ by less than the noise." in shown(at) and "there is no reason to change." in shown(at)
    assert at.button(key="compare-use-best").disabled
    # With another method in use, which was not compared, the quickest of them is offered.
    page_store.projects.update(number, settings={"method": {"name": "matching", "settings": {}}})
    page_store.jobs.submit("compare", {"methods": ["knn", "ridge"], "folds": 4, "repeats": 2}, number)
    serve(page_store, idle_seconds=0.3)
    at = open_page("compare", number)
    payload = page_store.runs.latest(number, compare.Comparison).payload
    quickest = min(payload.rows, key=lambda row: row.fit_seconds).method
    assert "is the quickest of them." in shown(at)
    at.button(key="compare-use-best").click().run()
    assert not at.exception and in_use(page_store, number)[0] == quickest
    assert at.button(key="compare-use-best").disabled


TITLES = {"ridge": "Ridge", "knn": "Neighbours", "contrastive": "Tuning", "prototype": "Prototypes"}


def scores(method, splits, seconds=0.01):
    measure = metrics.Measure(sum(splits) / len(splits), 0.0, 1.0, 40, True)
    figures = dict.fromkeys(("accuracy", "macro_precision", "macro_recall", "macro_f1"), measure)
    return compare.MethodScores(method=method, splits=tuple(splits), fit_seconds=seconds, **figures)


def test_the_sentence_of_a_comparison_by_hand():
    rows = [
        scores("ridge", [0.70, 0.72, 0.71, 0.69]),
        scores("knn", [0.71, 0.70, 0.72, 0.69], 0.02),
        scores("contrastive", [0.80, 0.81, 0.80, 0.79], 40.0),
    ]
    ranking = paired.rank([row.splits for row in rows], [row.fit_seconds for row in rows], 4)
    assert verdict.sentence(rows, ranking, TITLES).startswith("Tuning wins: 9.5 (")
    assert verdict.sentence(rows, ranking, TITLES).endswith("points ahead of Ridge, the next.")
    assert verdict.advice(rows, ranking, TITLES, "ridge") == "A fit takes 40 s. Ridge, which is in use, is behind."
    level = paired.rank([row.splits for row in rows[:2]], [0.01, 0.02], 4)
    assert verdict.sentence(rows[:2], level, TITLES) == "Ridge and Neighbours differ by less than the noise."
    assert verdict.advice(rows[:2], level, TITLES, "knn") == (
        "Neighbours, which is in use, is as good as any: there is no reason to change."
    )
    assert verdict.recommended(rows[:2], level, "knn").method == "knn"
    assert verdict.recommended(rows[:2], level, "prototype").method == "ridge"
    assert verdict.advice(rows[:2], level, TITLES, "prototype") == "Ridge is the quickest of them."  # not compared


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
    assert [row[0] for row in table_rows(at)] == [registry.get_method("ridge").info.title]
    assert "There is no meta-trained model 'gone' on this machine." in shown(at).replace("\\", "")
    assert "“MAML” is judged as it is used here:" in shown(at).replace("\\", "")
    assert "Begin with gone" in shown(at).replace("\\", "")
    at.button(key="compare-use").click().run()
    assert not at.exception and at.button(key="compare-use").disabled
    now = page_store.projects.get(number).settings["method"]
    assert (now["name"], now["settings"]) == ("ridge", {}) and now["before"] == in_use


def test_compare_says_when_labels_changed_since(page_store):
    number = project(page_store, n_labeled=8)
    page_store.jobs.submit("compare", {"methods": ["ridge"], "folds": 4, "repeats": 1}, number)
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
