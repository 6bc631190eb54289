"""What browsers send, checked once at the door: from here on a message is a record, or there is none.

Anybody can send anything. A message of another shape is None; an event of another shape that has a number is an
Unreadable, so that it is acknowledged and not sent again for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

LONGEST_CLIENT = 64
LONGEST_SEARCH = 500
MOST_PICTURES = 100

Id = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
"""A whole number as JavaScript has them; never a boolean."""


def _as_label(value: object) -> object:
    # Stored labels of several classes are sorted, each class once.
    return tuple(sorted(set(value))) if isinstance(value, list) and all(type(one) is int for one in value) else value


Label = Annotated[Id | tuple[Id, ...] | Literal["none"] | None, BeforeValidator(_as_label)]
"""A class, several of them, none of these, or no label."""


class Message(BaseModel):
    """A frozen record; what it does not know is left out, and no value is taken for another kind of value."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


M = TypeVar("M", bound=Message)


def read(model: type[M], message: object) -> M | None:
    """The message, or None when it is of another shape."""
    try:
        return model.model_validate(message)
    except ValidationError:
        return None


# -- what a person did, numbered by the outbox of the browser ---------------------------------------


class Numbered(Message):
    """An event; ``seq`` counts those of one client from 1."""

    seq: Id


class LabelOne(Numbered):
    """A label for an item, which showed ``was`` when the person decided."""

    op: Literal["label"]
    id: Id
    label: Label = None
    was: Label = None


class LabelMany(Numbered):
    """One label for many items, or with ``to`` each its own; ``was`` is what they showed.

    ``bulk`` says that answers of the model were accepted without being looked at one by one; the items ``answered``
    get what it says of them, which the browser does not know.
    """

    op: Literal["label"]
    ids: list[Id]
    label: Label = None
    to: list[Label] | None = None
    was: list[Label] | None = None
    bulk: bool = False
    answered: list[Id] = Field(default_factory=list)

    @property
    def labels(self) -> dict[int, Label]:
        """Item -> its label."""
        each = self.to if self.to is not None and len(self.to) == len(self.ids) else [self.label] * len(self.ids)
        return dict(zip(self.ids, each, strict=True))

    @property
    def expected(self) -> dict[int, Label] | None:
        """Item -> what it showed; None when the browser did not say it of each."""
        if self.was is None or len(self.was) != len(self.ids):
            return None
        return dict(zip(self.ids, self.was, strict=True))


class Flag(Numbered):
    """A flag set or taken away."""

    op: Literal["flag"]
    id: Id
    on: bool = False


class Skip(Numbered):
    """An item put aside for now."""

    op: Literal["skip"]
    id: Id


class EditClass(Numbered):
    """Another key or colour of a class."""

    op: Literal["class"]
    class_id: Id = Field(alias="class")
    key: str | None = None
    color: str | None = None


class Keep(Numbered):
    """Of two labels that collided the one that is there holds."""

    op: Literal["keep"]
    id: Id


class Back(Numbered):
    """Undo or redo: of the act with the number ``target`` here, or of a known entry of the journal."""

    of: Literal["label", "flag", "skip"] = "label"
    id: Id | None = None
    target: Id | None = None
    entry: Id | None = None


class Undo(Back):
    """Takes an act back."""

    op: Literal["undo"]


class Redo(Back):
    """Does an act again; it says what the act was, for a journal in which others have acted since."""

    op: Literal["redo"]
    act: LabelOne | LabelMany | Flag | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event of another shape: there is nothing to do but to acknowledge it."""

    seq: int


def _kind(event: object) -> str | None:
    op = event.get("op") if isinstance(event, Mapping) else getattr(event, "op", None)
    if op == "label":
        many = "ids" in event if isinstance(event, Mapping) else isinstance(event, LabelMany)
        return "many" if many else "one"
    return op if isinstance(op, str) else None


Event = Annotated[
    Annotated[LabelOne, Tag("one")]
    | Annotated[LabelMany, Tag("many")]
    | Annotated[Flag, Tag("flag")]
    | Annotated[Skip, Tag("skip")]
    | Annotated[EditClass, Tag("class")]
    | Annotated[Keep, Tag("keep")]
    | Annotated[Undo, Tag("undo")]
    | Annotated[Redo, Tag("redo")],
    Discriminator(_kind),
]
_events: TypeAdapter[Any] = TypeAdapter(Event)


def read_event(sent: object) -> Numbered | Unreadable | None:
    """The event; None when it has not even a number."""
    if isinstance(sent, Mapping) and sent.get("op") == "redo":
        of = sent.get("of")
        act = read_event({**sent, "op": of}) if of in ("label", "flag") else None
        sent = {**sent, "act": None if isinstance(act, Unreadable) else act}
    try:
        event: Numbered = _events.validate_python(sent)
    except ValidationError:
        number = read(Numbered, sent)
        return None if number is None else Unreadable(number.seq)
    return event


@dataclass(frozen=True, slots=True)
class Batch:
    """What one client has to tell, in its order."""

    client: str
    events: list[Numbered | Unreadable]


def read_batches(message: object, project: int | str) -> list[Batch]:
    """The well-formed parts of what an outbox sent; nothing when it is that of another project."""
    if not isinstance(message, Mapping) or message.get("project") != project:
        return []
    sent = message.get("batches")
    batches = (_batch(one) for one in sent) if isinstance(sent, list) else ()
    return [one for one in batches if one is not None]


def _batch(sent: object) -> Batch | None:
    if not isinstance(sent, Mapping):
        return None
    client, events = sent.get("client"), sent.get("events")
    if not (isinstance(client, str) and 0 < len(client) <= LONGEST_CLIENT and isinstance(events, list)):
        return None
    found = [event for one in events if (event := read_event(one)) is not None]
    return Batch(client, sorted(found, key=lambda event: event.seq))


# -- questions, which change no label --------------------------------------------------------------

Search = Annotated[str, BeforeValidator(lambda text: text.strip()[:LONGEST_SEARCH] if isinstance(text, str) else text)]


class Wish(Message):
    """Of the card: what to look for, which item to go on with."""

    search: Search | None = None
    resume: Id | None = None


class FindSimilar(Message):
    """Of the map and the sheet: the items that are like a text. The answer carries the same ``nonce``."""

    kind: Literal["search"]
    nonce: Id
    text: Search


class LookUp(Message):
    """Of the map: how many of these items (of ``total`` selected ones) are neighbours in the full space."""

    kind: Literal["look"]
    nonce: Id
    ids: list[Id]
    total: Id


class Question(Message):
    """One question of the map."""

    asked: Annotated[FindSimilar | LookUp, Field(discriminator="kind")]


class AskWhy(Message):
    """Of the sheet: an item in full, and what moved its answer."""

    kind: Literal["why"]
    nonce: Id
    id: Id
    words: bool = False
    """Whether to find the words that moved the answer, too."""


class FetchPictures(Message):
    """Of the sheet: the small pictures of these items."""

    kind: Literal["pictures"]
    nonce: Id
    ids: list[Id] = Field(max_length=MOST_PICTURES)


class SheetQuestion(Message):
    """One question of the sheet."""

    asked: Annotated[FindSimilar | AskWhy | FetchPictures, Field(discriminator="kind")]


def read_sheet_question(message: object) -> FindSimilar | AskWhy | FetchPictures | None:
    """The question, or None when it is of another shape."""
    found = read(SheetQuestion, {"asked": message})
    return None if found is None else found.asked


def read_question(message: object) -> FindSimilar | LookUp | None:
    """The question, or None when it is of another shape."""
    found = read(Question, {"asked": message})
    return None if found is None else found.asked


# -- drawings --------------------------------------------------------------------------------------


class Sheet(Message):
    """Of the canvas: what is on the sheet of this name; ``png`` is base64, empty without strokes."""

    sheet: str
    revision: str
    strokes: Id
    png: str


# -- the guided first run --------------------------------------------------------------------------


class Met(Message):
    """Of the memory of the tour: whether that tour is the first that this browser has met."""

    tour: str
    first: bool
