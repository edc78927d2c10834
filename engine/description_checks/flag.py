"""What a check found in a description, and what descriptions are checked against."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

FlagKind = Literal["name", "number", "repeated", "length", "mention", "copied"]
FLAG_KINDS: tuple[FlagKind, ...] = get_args(FlagKind)


@dataclass(frozen=True)
class Flag:
    """Something that an editor should look at; whether it is wrong is the editor's to say."""

    kind: FlagKind
    told: str
    """In a sentence."""
    start: int = 0
    end: int = 0
    """Offsets in characters into the text; equal where the whole text is meant."""


@dataclass(frozen=True)
class Sources:
    """What a description may say, and what it should not repeat."""

    title: str
    author: str
    facts: str
    year: int | None = None
    told: tuple[str, ...] = ()
    """What the model was told of the reader: the card, and the reader's sentences."""

    @property
    def book(self) -> Iterator[str]:
        """All that is known of the book."""
        yield from (self.title, self.author, self.facts)
        if self.year is not None:
            yield str(self.year)
