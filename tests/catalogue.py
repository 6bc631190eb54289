"""Every sentence that a person can read, out of pages and engine, as a catalogue to translate: ``make messages``.

Writes ``assets/locale/handful.pot`` and brings each ``assets/locale/<language>/LC_MESSAGES/handful.po`` up to date
with it, keeping what is translated, and compiles that to the ``.mo`` that the app reads.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from fsl_core.base import errors, paths

FOLDERS = ("pages", "fsl_core")
SAMPLES = paths.ASSETS / "samples" / "index.json"
LOCALE = paths.ASSETS / "locale"
DOMAIN = "handful"
FIRST = {"_", "N_", "tr", "say", "Note"}
"""Calls whose first argument is a sentence."""
FIRST_TWO = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.FslError)
}
"""Errors: what happened, and what mends it."""
SECOND = {"report", "progress", "_report", "setting", "Pick"}
"""Progress, settings, picks of a queue: the second argument is what a person reads."""
SECOND_AND_THIRD = {"StrategyInfo"}
KEYWORDS = {"title", "summary", "languages"}
"""Arguments and class attributes that name and describe a plugin, a setting or a format."""

Message = str | tuple[str, str]
"""A sentence, or its forms for one thing and for many."""


def sentences() -> dict[Message, list[tuple[str, int]]]:
    """Each message with the places where it stands."""
    found: dict[Message, list[tuple[str, int]]] = {}
    files = [file for folder in FOLDERS for file in sorted((paths.ROOT / folder).rglob("*.py"))]
    for file in files:
        name = file.relative_to(paths.ROOT).as_posix()
        for message, line in of_source(file.read_text(encoding="utf-8")):
            found.setdefault(message, []).append((name, line))
    for sample in json.loads(SAMPLES.read_text(encoding="utf-8")):
        for message in (sample["title"], sample["summary"]):
            found.setdefault(message, []).append((SAMPLES.relative_to(paths.ROOT).as_posix(), 1))
    return found


def of_source(source: str) -> Iterator[tuple[Message, int]]:
    """The messages of one file of Python, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            for message in _of_call(node):
                yield message, node.lineno
        elif isinstance(node, ast.Assign):
            for message in _choices(node.value):
                yield message, node.lineno
        elif isinstance(node, ast.ClassDef):
            for statement in node.body:
                for message in _of_attribute(statement):
                    yield message, statement.lineno


def _of_call(call: ast.Call) -> Iterator[Message]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    args = call.args
    if name == "ngettext":
        one, many = (list(_texts(arg)) for arg in args[:2])
        yield from zip(one, many, strict=True)
        return
    if name in FIRST:
        args = args[:1]
    elif name in FIRST_TWO:
        args = args[:2]
    elif name in SECOND:
        args = args[1:2]
    elif name in SECOND_AND_THIRD:
        args = args[1:3]
    elif name == "drop":  # candidates that a source of examples leaves out, with the reason
        args = args[:1]
    else:
        args = []
    for arg in [*args, *(one.value for one in call.keywords if one.arg in KEYWORDS)]:
        yield from _texts(arg)


def _of_attribute(statement: ast.stmt) -> Iterator[str]:
    """Titles and summaries of a class, and the choices of its settings as the form shows them."""
    if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") in KEYWORDS:
        yield from _texts(statement.value)
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Call):
        call, name = statement.value, getattr(statement.target, "id", "")
        if getattr(call.func, "id", "") == "setting" and not any(one.arg == "title" for one in call.keywords):
            yield name.replace("_", " ").capitalize()  # as the form calls it then
        yield from _choices(statement.annotation)


def _choices(annotation: ast.expr) -> Iterator[str]:
    """The values of a Literal, as a form shows them."""
    for part in ast.walk(annotation):
        if isinstance(part, ast.Subscript) and getattr(part.value, "id", "") == "Literal":
            for choice in _texts(part.slice):
                yield choice.replace("_", " ")


def _texts(node: ast.expr) -> Iterator[str]:
    """The strings that an expression may be."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and node.value.strip():
            yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.BoolOp | ast.Tuple):
        for part in node.values if isinstance(node, ast.BoolOp) else node.elts:
            yield from _texts(part)


def catalogue() -> Catalog:
    """The template of all translations."""
    made = Catalog(project="Handful", charset="utf-8")
    for message, where in sorted(sentences().items(), key=lambda pair: pair[1]):
        made.add(message, locations=where, flags=["python-brace-format"] if "{" in str(message) else [])
    return made


def main() -> None:
    """Write the template, and bring the translations up to date."""
    template = catalogue()
    LOCALE.mkdir(parents=True, exist_ok=True)
    with (LOCALE / f"{DOMAIN}.pot").open("wb") as file:
        write_po(file, template)
    for translated in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        _update(translated, template)


def _update(translated: Path, template: Catalog) -> None:
    with translated.open("rb") as file:
        own = read_po(file, locale=translated.parents[1].name, domain=DOMAIN)
    own.update(template, no_fuzzy_matching=True)
    with translated.open("wb") as file:
        write_po(file, own)
    with translated.with_suffix(".mo").open("wb") as file:
        write_mo(file, own)


if __name__ == "__main__":
    main()
