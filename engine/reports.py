"""What the imports tell: the command line's JSON contract, and what the window shows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from engine.domain import Skipped


@dataclass(frozen=True)
class ReaderCount:
    """A reader met in a file, with the number of their reviews in it."""

    id: str
    reviews: int


@dataclass(frozen=True)
class ImportReport:
    """What a file of reviews held, of the readers that were chosen."""

    format: str
    readers: tuple[ReaderCount, ...]
    books: int
    reviews: int
    """In the file; `added` counts the ones that were new."""
    added: int
    skipped: tuple[Skipped, ...]
    skipped_unlisted: int = 0
    """Skipped rows past the ten thousand that are listed."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role to column, where the columns were chosen or guessed; empty in a format of its own."""
    forgotten: int = 0
    """Of `reviews`, those the editor once forgot: they stay away."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class BooksReport:
    """What a file of books held."""

    format: str
    books: int
    skipped: tuple[Skipped, ...]
    skipped_unlisted: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class PreferencesReport:
    """What a file of preference data held."""

    format: str
    dataset: str
    pairs: int
    """In the file; `added` counts the ones that were new."""
    added: int
    skipped: tuple[Skipped, ...]
    skipped_unlisted: int = 0

    @property
    def reasons(self) -> dict[str, int]:
        """How many of the listed rows were skipped for which reason, the commonest first."""
        return dict(Counter(row.reason for row in self.skipped).most_common())

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "reasons": self.reasons}
