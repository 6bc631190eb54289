"""The model as a service on this machine: POST /predict with texts or pictures, GET /health."""

from __future__ import annotations

import argparse
import base64
import binascii
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.middleware.trustedhost import TrustedHostMiddleware

from .model import Model
from .problem import ModelError

MOST_ITEMS = 1_000
MOST_LETTERS = 100_000
MOST_BASE64 = 28 * 1024 * 1024
HOSTS = ("127.0.0.1", "localhost")


class Question(BaseModel):
    """What is asked: a batch of texts, or of pictures as base64."""

    model_config = ConfigDict(extra="forbid")
    texts: list[Annotated[str, StringConstraints(max_length=MOST_LETTERS)]] = []
    pictures: list[Annotated[str, StringConstraints(max_length=MOST_BASE64)]] = []


def app(model: Model, hosts: Sequence[str] = HOSTS) -> FastAPI:
    """The service. It answers to the names in ``hosts`` alone, so that no page of a stranger can ask it."""
    service, turn = FastAPI(title="Handful model"), threading.Lock()
    service.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))

    @service.get("/health")
    def health() -> dict[str, Any]:
        kind = "pictures" if model.of_pictures else "texts"
        return {"status": "ok", "takes": kind, "classes": model.classes, "several_labels": model.several}

    @service.post("/predict")
    def predict(question: Question) -> dict[str, Any]:
        items = _items(model, question)
        if len(items) > MOST_ITEMS:
            raise HTTPException(413, f"{len(items)} items; at most {MOST_ITEMS} at once.")
        try:
            with turn:  # one batch at a time: two would only share the processor
                answers = model.answers(items)
        except ModelError as error:
            raise HTTPException(422, str(error)) from error
        return {"answers": [_plain(asdict(answer), model.several) for answer in answers]}

    return service


def _items(model: Model, question: Question) -> list[Any]:
    wanted, other = ("pictures", "texts") if model.of_pictures else ("texts", "pictures")
    if getattr(question, other):
        raise HTTPException(422, f"This model reads {wanted}, not {other}.")
    if not model.of_pictures:
        return list(question.texts)
    try:
        return [base64.b64decode(one, validate=True) for one in question.pictures]
    except binascii.Error as error:
        raise HTTPException(422, f"A picture is no base64: {error}") from error


def _plain(answer: dict[str, Any], several: bool) -> dict[str, Any]:
    classes = answer.pop("classes")
    return {"prediction": list(classes) if several else classes[0], **answer}


def main(folder: Path, given: Sequence[str] | None = None) -> int:
    """``serve.py``: listens on this machine alone unless told otherwise."""
    command = argparse.ArgumentParser(prog="serve.py", description="The model in this folder as a service.")
    command.add_argument("--host", default=HOSTS[0], help="where to listen; 0.0.0.0 is everywhere")
    command.add_argument("--port", type=int, default=8000)
    command.add_argument("--allow-host", action="append", default=[], help="a name it answers to besides localhost")
    asked = command.parse_args(given)
    import uvicorn

    try:
        model = Model.load(folder)
        if not model.of_pictures:
            model.answers([model.classes[0]])  # the weights are there before the first question
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    uvicorn.run(app(model, [*HOSTS, asked.host, *asked.allow_host]), host=asked.host, port=asked.port)
    return 0
