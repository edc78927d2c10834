"""What the imports tell: the command line's JSON contract, and what the window shows."""

from collections import Counter
from dataclasses import asdict, dataclass

from engine.domain import Skipped
from engine.sources.importing import ImportedReviews


@dataclass(frozen=True)
class ReaderCount:
    """A reader met in a file, with the number of their reviews in it."""

    id: str
    reviews: int


@dataclass(frozen=True)
class ImportReport:
    """What a file of reviews held."""

    format: str
    readers: tuple[ReaderCount, ...]
    books: int
    reviews: int
    """In the file; `added` counts the ones that were new."""
    added: int
    skipped: tuple[Skipped, ...]

    @classmethod
    def of(cls, imported: ImportedReviews, added: int) -> "ImportReport":
        counts = Counter(review.reader_id for review in imported.reviews)
        return cls(
            format=imported.format,
            readers=tuple(ReaderCount(reader.id, counts[reader.id]) for reader in imported.readers),
            books=len(imported.books),
            reviews=len(imported.reviews),
            added=added,
            skipped=tuple(imported.skipped),
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class BooksReport:
    """What a file of books held."""

    format: str
    books: int
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class PreferencesReport:
    """What a file of preference data held."""

    format: str
    dataset: str
    pairs: int
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)
