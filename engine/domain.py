"""The things the product is about, as frozen dataclasses. No file, no model, no screen."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

Framework = Literal["demographics", "interests", "hofstede", "schwartz", "wvs", "ocean"]
TraitStatus = Literal["known", "unknown", "off"]
"""`off`: a sensitive item that the editor has not switched on for this reader."""
Track = Literal["interests", "values", "personality"]
RunKind = Literal["profile", "train", "export", "preview"]
RunState = Literal["waiting", "running", "finished", "failed", "stopped"]


@dataclass(frozen=True)
class Book:
    """A book somebody reviewed, or one that a description is wanted for."""

    id: str
    title: str
    author: str = ""
    year: int | None = None
    categories: tuple[str, ...] = ()
    """As the source names them; `genre` is ours."""
    description: str = ""
    genre: str | None = None
    """An id of `frameworks/genres.toml`; None while unknown."""


@dataclass(frozen=True)
class Review:
    """What one reader wrote about one book."""

    id: str
    """Derived from reader, book and text, so that importing a file twice adds nothing."""
    reader_id: str
    book_id: str
    text: str
    title: str = ""
    rating: float | None = None
    """1 to 5; None where the source gives none."""
    written_at: datetime | None = None
    """UTC."""


@dataclass(frozen=True)
class Reader:
    """A person whose reviews were imported."""

    id: str
    name: str
    source: str
    """The format the reader came from, such as `amazon2023`."""


@dataclass(frozen=True)
class Evidence:
    """A quoted span of a review, for (stance > 0) or against (stance < 0) a trait."""

    review_id: str
    start: int
    """Offset in characters into the review's text; `text[start:end] == quote`."""
    end: int
    quote: str
    stance: float
    """-1 to 1, towards the trait's high end when positive."""


@dataclass(frozen=True)
class Override:
    """The editor's own score for a trait: kept apart from the extracted one, and wins."""

    score: float
    """-1 to 1."""
    reason: str
    made_at: datetime


@dataclass(frozen=True)
class Trait:
    """One line of a profile."""

    id: str
    framework: Framework
    score: float
    """-1 (low pole) to 1 (high pole); for interests, turns away to seeks out. 0 if not known."""
    confidence: float
    """0 to 1."""
    status: TraitStatus
    evidence: tuple[Evidence, ...] = ()
    value: str | None = None
    """The stated fact of a demographic trait, in the reader's words; None elsewhere."""
    note: str = ""
    """Why it is unknown, or where it was taken from, in a sentence."""
    override: Override | None = None

    @property
    def effective_score(self) -> float:
        """The editor's score where there is one, otherwise the extracted one."""
        return self.override.score if self.override else self.score

    @property
    def is_known(self) -> bool:
        return self.override is not None or self.status == "known"


@dataclass(frozen=True)
class Profile:
    """All traits of one reader, as one provider saw them and the editor corrected them."""

    reader_id: str
    provider: str
    traits: tuple[Trait, ...]
    built_at: datetime
    provider_note: str = ""
    """What the provider would have the editor know about its own judgement."""

    def trait(self, trait_id: str) -> Trait | None:
        return next((trait for trait in self.traits if trait.id == trait_id), None)

    def of(self, framework: Framework) -> tuple[Trait, ...]:
        return tuple(trait for trait in self.traits if trait.framework == framework)


@dataclass(frozen=True)
class PreferencePair:
    """A prompt with the answer this reader would prefer and the one they would not."""

    id: str
    """Derived from reader, track and bank entry: building again keeps an edited pair."""
    reader_id: str
    track: Track
    trait_id: str
    """The trait whose stance decided the sides."""
    topic: str
    """What the pair must not be split from: a statement, a question or a book."""
    prompt: str
    chosen: str
    rejected: str
    origin: str
    """The bank entry it was made from."""
    held_out: bool = False
    dropped: bool = False
    edited: bool = False

    def swapped(self) -> "PreferencePair":
        return replace(self, chosen=self.rejected, rejected=self.chosen, edited=True)


@dataclass(frozen=True)
class PreferenceExample:
    """A row of anybody's preference data (story P)."""

    id: str
    dataset_id: str
    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Run:
    """One piece of long work: a child process over a run directory."""

    id: str
    kind: RunKind
    subject: str
    """The reader, or the run that an export belongs to."""
    title: str
    created_at: datetime
    state: RunState = "waiting"
    result: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Skipped:
    """A row of an imported file that was not taken, and why."""

    line: int
    reason: str
