"""ONNX files of others: looked through before anything in them runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fsl_core.base.errors import MissingBackend

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
"""Operators that onnxruntime itself brings; all others need code that comes with the model."""


def looked_through(file: Path) -> tuple[ModelProto, str]:
    """The graph without its large weights, and the sha256 of the file and of all that it refers to.

    Raises MissingBackend for what is no ONNX file, wants foreign operators, or refers to files elsewhere.
    """
    import onnx

    if not file.is_file():
        raise MissingBackend(
            "There is no ONNX file {file}.", "Give the full path of a file that ends in .onnx.", file=str(file) or "''"
        )
    content = file.read_bytes()
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # whatever the parser makes of foreign bytes
        raise MissingBackend("{file} is not an ONNX file.", "Export the model to ONNX again.", file=file) from error
    if not model.graph.node:
        raise MissingBackend("{file} is not an ONNX file.", "Export the model to ONNX again.", file=file)
    own = {(function.domain, function.name) for function in model.functions}
    nodes = [*_nodes(model.graph), *(node for function in model.functions for node in _inside(function.node))]
    strange = sorted({f"{n.domain}.{n.op_type}" for n in nodes if n.domain not in DOMAINS} - {".".join(o) for o in own})
    if strange:
        raise MissingBackend(
            "The model {file} needs operators that are not part of ONNX: {strange}.",
            "Export it with standard operators only.",
            file=file.name,
            strange=", ".join(strange[:5]),
        )
    digest = hashlib.sha256(content)
    for path in sorted({_place(file, tensor) for tensor in _external(model, nodes)}):
        with path.open("rb") as data:
            digest.update(hashlib.file_digest(data, "sha256").digest())
    return model, digest.hexdigest()


def parts(file: Path) -> list[Path]:
    """The file and all that it refers to, once ``looked_through`` has found nothing wrong with it."""
    import onnx

    model = onnx.load(str(file), load_external_data=False)
    nodes = [*_nodes(model.graph), *(node for function in model.functions for node in _inside(function.node))]
    return [file.resolve(), *sorted({_place(file, tensor) for tensor in _external(model, nodes)})]


def _place(file: Path, tensor: TensorProto) -> Path:
    """The file that holds the weights of a tensor, which must lie in the folder of the model."""
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    folder = file.resolve().parent
    path = (folder / location).resolve()
    if not path.is_relative_to(folder) or path == folder:
        raise MissingBackend(
            "The model {file} wants to read {location}, outside its own folder.",
            "Put the weights beside the model, or export it as one file.",
            file=file.name,
            location=location,
        )
    if not path.is_file():
        raise MissingBackend(
            "The model {file} has its weights in {location}, which is not there.",
            "Copy that file into the same folder.",
            file=file.name,
            location=location,
        )
    return path


def _external(model: ModelProto, nodes: list[NodeProto]) -> Iterator[TensorProto]:
    for tensor in _tensors(model.graph, nodes):
        if tensor.data_location == tensor.EXTERNAL:
            yield tensor


def _tensors(graph: GraphProto, nodes: list[NodeProto]) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for inner in _graphs(attribute):
            yield from inner.initializer


def _nodes(graph: GraphProto) -> Iterator[NodeProto]:
    yield from _inside(graph.node)


def _inside(nodes: object) -> Iterator[NodeProto]:
    """The nodes and those of the branches and loops in them."""
    for node in nodes:  # type: ignore[attr-defined]
        yield node
        for attribute in node.attribute:
            for graph in _graphs(attribute):
                yield from _nodes(graph)


def _graphs(attribute: AttributeProto) -> list[GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]
