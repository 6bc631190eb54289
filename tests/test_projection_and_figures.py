"""Maps and charts: geometry, determinism, hostile texts, many classes."""

from __future__ import annotations

import numpy as np
import pytest

from fsl_core.base import ops
from fsl_core.evaluation.metrics import Measure
from fsl_core.plotting import figures, palette, projection
from fsl_core.plotting.figures import MapData


def clusters(n_each: int = 30, n_clusters: int = 3, d: int = 16, seed: int = 0):
    rng = np.random.default_rng(seed)
    centers = ops.unit(rng.normal(size=(n_clusters, d)).astype(np.float32))
    codes = np.repeat(np.arange(n_clusters), n_each)
    return ops.unit(centers[codes] + 0.1 * rng.normal(size=(len(codes), d)).astype(np.float32)), codes


def test_pca_axes_are_orthonormal_and_capture_the_most_variance():
    vectors, _ = clusters()
    fitted = projection.pca(vectors)
    np.testing.assert_allclose(fitted.axes @ fitted.axes.T, np.eye(2), atol=1e-5)
    centered = ops.unit(vectors) - ops.unit(vectors).mean(axis=0)
    singular = np.linalg.svd(centered, compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(fitted.points, axis=0), singular[:2], rtol=1e-4)


def test_pca_places_its_own_points_where_they_are():
    vectors, _ = clusters()
    fitted = projection.pca(vectors)
    np.testing.assert_allclose(fitted.transform(vectors), fitted.points, atol=1e-5)


@pytest.fixture(scope="module")
def drawn():
    vectors, codes = clusters(n_each=40)
    return vectors, codes, projection.umap(vectors, seed=1)


def test_umap_keeps_clusters_together_and_repeats_itself(drawn):
    vectors, codes, fitted = drawn
    assert fitted.points.shape == (120, 2) and np.isfinite(fitted.points).all()
    means = np.stack([fitted.points[codes == c].mean(axis=0) for c in range(3)])
    nearest = ops.squared_distances(fitted.points, means).argmin(axis=1)
    assert (nearest == codes).mean() > 0.95
    np.testing.assert_array_equal(projection.umap(vectors, seed=1).points, fitted.points)


def test_umap_places_new_points_in_their_cluster_and_known_ones_near_themselves(drawn):
    vectors, codes, fitted = drawn
    fresh, fresh_codes = clusters(n_each=20, seed=0)
    means = np.stack([fitted.points[codes == c].mean(axis=0) for c in range(3)])
    placed = fitted.transform(fresh)
    assert (ops.squared_distances(placed, means).argmin(axis=1) == fresh_codes).mean() > 0.95
    spread = np.linalg.norm(fitted.points - fitted.points.mean(axis=0), axis=1).mean()
    assert np.median(np.linalg.norm(fitted.transform(vectors) - fitted.points, axis=1)) < 0.25 * spread


def test_a_handful_below_five_items_falls_back_to_pca():
    vectors, _ = clusters(n_each=1, n_clusters=3)
    assert projection.umap(vectors).kind == "pca"


def test_a_saved_projection_returns_for_its_vectors_only(drawn, tmp_path):
    vectors, _, fitted = drawn
    file = tmp_path / "maps" / "a.npz"
    projection.save(fitted, file)
    loaded = projection.load(file, vectors)
    np.testing.assert_array_equal(loaded.points, fitted.points)
    np.testing.assert_allclose(loaded.transform(vectors[:3]), fitted.transform(vectors[:3]), atol=1e-6)
    assert projection.load(file, vectors[:5]) is None
    file.write_bytes(b"not a file of arrays")
    assert projection.load(file, vectors) is None
    assert list(file.parent.glob(".*")) == []


def data(n: int, n_way: int, texts=None) -> MapData:
    rng = np.random.default_rng(0)
    return MapData(
        points=rng.normal(size=(n, 2)).astype(np.float32),
        texts=texts or [f"text {i}" for i in range(n)],
        labels=rng.integers(-2, n_way, n),
        classes=[f"class {i}" for i in range(n_way)],
        predicted=rng.integers(0, n_way, n),
        confidence=rng.random(n).astype(np.float32),
        queries=rng.normal(size=(1, 2)).astype(np.float32),
        query_texts=["where am I"],
    )


@pytest.mark.parametrize(("n", "n_way"), [(40, 2), (900, 150)])
def test_every_item_is_on_the_map_once_in_the_colour_of_its_prediction(n, n_way):
    shown = data(n, n_way)
    *classes, queries = figures.map_figure(shown).data
    drawn = {(float(x), float(y)): trace for trace in classes for x, y in zip(trace.x, trace.y, strict=True)}
    assert len(drawn) == sum(len(trace.x) for trace in classes) == n
    for point, code in zip(shown.points.tolist(), shown.predicted, strict=True):
        trace = drawn[tuple(point)]
        assert trace.marker.color == palette.class_color(int(code)) and trace.name == f"class {code}"
    assert (queries.x[0], queries.y[0]) == tuple(shown.queries[0]) and queries.text == ("where am I",)


def test_the_hover_names_label_and_prediction_in_the_words_of_the_page():
    shown = data(3, 2)
    shown.labels[:], shown.predicted[:], shown.confidence[:] = [-1, -2, 1], 0, 0.5
    words = figures.Words(none="keine", label="Marke", prediction="Vermutung")
    hovers = figures.map_figure(shown, words=words).data[0].text
    assert hovers == (
        "text 0<br>Vermutung: class 0 (50%)",
        "text 1<br><b>Marke: keine</b><br>Vermutung: class 0 (50%)",
        "text 2<br><b>Marke: class 1</b><br>Vermutung: class 0 (50%)",
    )


def test_item_texts_are_escaped_and_wrapped_in_the_hover():
    shown = figures.hover("<b>bold</b> & <script>alert(1)</script> " + "word " * 200)
    assert "<script>" not in shown and "&lt;b&gt;bold" in shown
    assert "<br>" in shown and len(shown) < 600
    assert "<br>" in figures.hover("这个电热水壶烧水很快但是保温效果不太好外壳摸起来有一点烫手需要小心使用谢谢")


def test_the_dot_plot_shows_value_and_interval_best_on_top():
    measures = [Measure(0.6, 0.5, 0.7, 50, True), Measure(0.8, 0.7, 0.9, 50, True)]
    dots = figures.dot_plot(["Worse", "Better"], measures, "Accuracy").data[0]
    assert list(dots.y) == ["Worse", "Better"]  # Plotly draws the last row on top
    np.testing.assert_allclose(dots.error_x.array, [0.1, 0.1])
    np.testing.assert_allclose(dots.error_x.arrayminus, [0.1, 0.1])


@pytest.mark.parametrize("n_way", [2, 12, 77, 150])
def test_the_confusion_figure_copes_with_many_classes(n_way):
    confusion = np.eye(n_way) * 3
    figure = figures.confusion_figure(confusion, [f"<i>class</i> {i}" for i in range(n_way)])
    assert figure.layout.height <= 760
    assert figure.layout.xaxis.showticklabels == (n_way <= 40)
    assert (figure.data[0].text is not None) == (n_way <= 12)
    assert "<i>" not in figure.layout.xaxis.ticktext[0]


def test_bars_keep_two_names_apart_that_are_cut_alike():
    names = ["a very long class name that goes on, one", "a very long class name that goes on, two"]
    bars = figures.probability_bars(names, np.array([0.6, 0.4], np.float32), np.array([0, 1])).data[0]
    assert list(bars.y) == [0, 1] and list(bars.text) == ["60%", "40%"]
