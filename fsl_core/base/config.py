"""Typed settings, and the plain records from which a page draws a form.

A method, an encoder or a job declares a subclass of Settings. ``form_fields`` turns it into
FormField records; a type that no widget can draw raises, so a test over the registry catches it.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from fsl_core.base.errors import ConfigError

FieldKind = Literal["bool", "int", "float", "text", "choice"]
T = TypeVar("T", bound="Settings")


class Settings(BaseModel):
    """Base of every settings model: unknown keys are refused, values never change after creation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def setting(
    default: Any,  # noqa: ANN401
    help: str,
    *,
    title: str = "",
    ge: float | None = None,
    le: float | None = None,
    advanced: bool = False,
    log_scale: bool = False,
    secret: bool = False,
) -> Any:  # noqa: ANN401
    """A pydantic field with the words and bounds a form needs.

    ``advanced`` hides it behind "more settings", ``log_scale`` spaces the slider by powers,
    ``secret`` masks what is typed.
    """
    extra: JsonDict = {"advanced": advanced, "log_scale": log_scale, "secret": secret}
    return Field(default=default, description=help, title=title or None, ge=ge, le=le, json_schema_extra=extra)


@dataclass(frozen=True, slots=True)
class FormField:
    """What a page must know to draw one setting."""

    name: str
    title: str
    help: str
    kind: FieldKind
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    advanced: bool = False
    log_scale: bool = False
    secret: bool = False


def form_fields(settings: type[Settings]) -> tuple[FormField, ...]:
    """The fields of a settings model in order of declaration.

    Raises ConfigError for a type without a widget, or a field without help.
    """
    return tuple(_form_field(name, field) for name, field in settings.model_fields.items())


def make_settings(model: type[T], values: dict[str, Any]) -> T:
    """Build settings from plain values; ConfigError names the first value that does not fit."""
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            "Setting '{name}' is {value!r}: {problem}.",
            "The settings are: {known}.",
            name=name,
            value=first.get("input"),
            problem=first["msg"],
            known=", ".join(model.model_fields),
        ) from error


def _form_field(name: str, field: FieldInfo) -> FormField:
    if not field.description:
        raise ConfigError("Setting '{name}' has no help text.", "Give it one with setting(default, help).", name=name)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind, choices = _kind(name, field.annotation)
    low, high = _bounds(field)
    return FormField(
        name=name,
        title=field.title or name.replace("_", " ").capitalize(),
        help=field.description,
        kind=kind,
        default=field.default,
        choices=choices,
        low=low,
        high=high,
        advanced=bool(extra.get("advanced")),
        log_scale=bool(extra.get("log_scale")),
        secret=bool(extra.get("secret")),
    )


def _kind(name: str, annotation: object) -> tuple[FieldKind, tuple[str, ...]]:
    plain: dict[object, FieldKind] = {bool: "bool", int: "int", float: "float", str: "text"}
    if annotation in plain:
        return plain[annotation], ()
    origin = get_origin(annotation)
    if origin is Literal and all(isinstance(choice, str) for choice in get_args(annotation)):
        return "choice", get_args(annotation)
    if origin in (Union, types.UnionType):
        problem = "optional values have no widget; use a default that means 'off'"
    else:
        problem = f"{annotation} has no widget"
    raise ConfigError(
        "Setting '{name}': {problem}.", "Use bool, int, float, str or a Literal of texts.", name=name, problem=problem
    )


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return low, high
