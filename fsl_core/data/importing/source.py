"""What a format gets to read, and what it must offer to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath

from fsl_core.base.notes import Note
from fsl_core.base.types import Progress
from fsl_core.data.importing.encoding import decode
from fsl_core.data.importing.sniff import binary_kind
from fsl_core.data.importing.table import Table


@dataclass(slots=True)
class Source:
    """The content of a file with what the person chose by hand (None: find out)."""

    data: bytes
    filename: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: bool | None = None
    progress: Progress | None = None
    notes: list[Note] = field(default_factory=list)
    kind: str | None = None
    _text: str | None = None
    _used: str = ""

    def __post_init__(self) -> None:
        if self._text is None:
            self.kind = binary_kind(self.data)

    @classmethod
    def of_text(cls, text: str, **choices: bool | str | None) -> Source:
        """A source for text that was typed or pasted, so it has no bytes to decode."""
        return cls(b"", _text=text, **choices)  # type: ignore[arg-type]

    @property
    def suffix(self) -> str:
        """The end of the file name without its dot, in lower case."""
        return PurePath(self.filename).suffix.lower().removeprefix(".")

    @property
    def text(self) -> str:
        """The decoded content; decoding happens once and may raise DataError."""
        if self._text is None:
            self._text, self._used, notes = decode(self.data, self.encoding)
            self.notes.extend(notes)
        return self._text

    @property
    def used_encoding(self) -> str | None:
        """The encoding that ``text`` was read with."""
        return self._used or None


@dataclass(frozen=True, slots=True)
class Format:
    """One file format; a module of this package offers it as ``FORMAT``.

    ``recognise`` gives 0 (not this format) to 1 (certain); it is asked about binary content when
    ``binary``, else about text. The format with the highest answer reads.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    binary: bool
    recognise: Callable[[Source], float]
    read: Callable[[Source], Table]
    aliases: tuple[str, ...] = ()
    """Former names: what was saved under them still opens."""
