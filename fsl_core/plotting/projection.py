"""From vectors to a plane: PCA at once, UMAP when it is ready.

Papers: Pearson 1901 (PCA); McInnes, Healy, Melville, "UMAP", 2018, arXiv:1802.03426.
A Projection is plain arrays, so it can be cached on disk without a pickle, and it places new
points: PCA by its linear map, UMAP by the average of the nearest fitted points, weighted as UMAP
weights its neighbours (this is where UMAP's own transform starts before it refines).
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops, paths
from fsl_core.base.types import Progress, Vectors, silent

Kind = Literal["pca", "umap"]
NEIGHBORS = 15
EXACT_NEIGHBORS = 20_000
BLOCK = 1024


@dataclass(frozen=True)
class Projection:
    """A fitted map. ``points`` (n, 2) belong to the vectors it was fitted on."""

    kind: Kind
    points: NDArray[np.float32]
    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    """Shape (2, d) for PCA; (0, d) for UMAP."""
    vectors: Vectors
    """Shape (n, d), unit length; UMAP needs them to place new points, PCA keeps none."""

    def transform(self, vectors: Vectors) -> NDArray[np.float32]:
        """Shape (n, 2): where new raw vectors (n, d) lie on this map."""
        z = ops.unit(vectors)
        if self.kind == "pca":
            return np.asarray((z - self.mean) @ self.axes.T, dtype=np.float32)
        similarity = z @ self.vectors.T
        best = ops.top_rows(similarity, NEIGHBORS)
        distance = np.sqrt(np.maximum(2.0 - 2.0 * np.take_along_axis(similarity, best, axis=1), 0.0))
        # UMAP's membership: exp(-(d - d_nearest) / scale); the mean excess stands in for its scale.
        excess = distance - distance[:, :1]
        scale = np.maximum(excess.mean(axis=1, keepdims=True), 1e-6)
        weights = np.exp(-excess / scale)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray((weights[:, :, None] * self.points[best]).sum(axis=1), dtype=np.float32)


def pca(vectors: Vectors) -> Projection:
    """Two principal axes of the unit vectors (n, d); signs fixed so that the picture never flips."""
    z = ops.unit(vectors)
    mean = z.mean(axis=0) if len(z) else np.zeros(z.shape[1], dtype=np.float32)
    centered = z - mean
    values, basis = np.linalg.eigh((centered.T @ centered).astype(np.float64))
    axes = basis[:, np.argsort(values)[::-1][:2]].T
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    axes = axes.astype(np.float32)
    return Projection(
        "pca", np.asarray(centered @ axes.T, np.float32), mean, axes, np.zeros((0, z.shape[1]), np.float32)
    )


def umap(
    vectors: Vectors, *, seed: int = 0, neighbors: int = NEIGHBORS, progress: Progress | None = None
) -> Projection:
    """UMAP of the unit vectors (n, d), started from PCA, the same for the same seed.

    Below five items there are no neighbourhoods to draw, and PCA answers instead.
    """
    if len(vectors) < 5:
        return pca(vectors)
    say = progress or silent
    say(0.02, "Preparing UMAP (compiled at its first use)")
    from umap import UMAP

    z = ops.unit(vectors)
    start = pca(z).points
    start = 10.0 * start / max(float(np.abs(start).max()), 1e-9)
    k = min(neighbors, len(z) - 1)
    model = UMAP(
        n_neighbors=k,
        precomputed_knn=_neighbors(z, k) if len(z) <= EXACT_NEIGHBORS else (None, None, None),
        min_dist=0.1,
        init=start + np.random.default_rng(seed).normal(scale=1e-4, size=start.shape).astype(np.float32),
        random_state=seed,
        n_jobs=1,
        tqdm_kwds={"disable": True},
    )
    say(0.2, "Computing UMAP")
    with warnings.catch_warnings():
        # Without its own index UMAP can't transform; Projection.transform does that.
        warnings.filterwarnings("ignore", message="precomputed_knn", category=UserWarning)
        points = np.asarray(model.fit_transform(z), dtype=np.float32)
    say(1.0, "UMAP is ready")
    return Projection("umap", points, np.zeros(z.shape[1], np.float32), np.zeros((0, z.shape[1]), np.float32), z)


def _neighbors(z: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Exact nearest neighbours (n, k) and their Euclidean distances, each item its own first.

    Up to some ten thousand items this is quicker than compiling UMAP's approximate search.
    """
    indices = np.empty((len(z), k), dtype=np.int64)
    distances = np.empty((len(z), k), dtype=np.float32)
    for start in range(0, len(z), BLOCK):
        block = ops.squared_distances(z[start : start + BLOCK], z)
        rows = np.arange(len(block))[:, None]
        block[rows[:, 0], start + rows[:, 0]] = -1.0  # an exact twin must not come before the item itself
        near = np.argpartition(block, k - 1, axis=1)[:, :k]
        near = near[rows, np.argsort(block[rows, near], axis=1, kind="stable")]
        indices[start : start + BLOCK] = near
        distances[start : start + BLOCK] = np.sqrt(np.maximum(block[rows, near], 0.0))
    return indices, distances


def cached_file(encoder_key: str, digests: list[str]) -> Path:
    """Where the UMAP of exactly these items, in this order, by exactly this encoder lies once it is computed."""
    digest = hashlib.sha256(f"umap\n{encoder_key}\n".encode())
    for item in digests:
        digest.update(item.encode())
    return paths.cache_dir() / "projections" / f"{digest.hexdigest()[:40]}.npz"


def save(projection: Projection, file: Path) -> None:
    """Write the points to ``file`` in one step; a reader sees all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.part")
    with partial.open("wb") as handle:
        np.savez(handle, kind=np.array(projection.kind), points=projection.points)
    partial.replace(file)


def load(file: Path, vectors: Vectors) -> Projection | None:
    """The projection saved for exactly these vectors, or None when there is none that fits."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            kind, points = str(stored["kind"]), stored["points"]
    except (OSError, ValueError, KeyError):
        return None
    if len(points) != len(vectors):
        return None
    if kind == "pca":
        return pca(vectors)
    d = vectors.shape[1]
    return Projection("umap", points, np.zeros(d, np.float32), np.zeros((0, d), np.float32), ops.unit(vectors))
