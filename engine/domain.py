"""The things the product is about, as frozen dataclasses. No file, no model, no screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args

from models.chat import Sampling, Stopped

Framework = Literal[
    "demographics", "interests", "aversions", "hofstede", "schwartz", "wvs", "ocean"
]
TraitStatus = Literal["known", "unknown", "off"]
"""`off`: a sensitive item that the editor has not switched on for this reader."""
OverrideKind = Literal["accepted", "set", "unknown"]
"""The editor agrees with the extracted score, gives another, or will not have it known."""
ReadingSource = Literal["questionnaire", "picks"]
Track = Literal["interests", "values", "personality", "descriptions", "personas"]
"""`personas` is that of a dataset's pairs (story P), which no reader has."""
TRACKS: tuple[Track, ...] = ("interests", "values", "personality", "descriptions")
"""Of readers' pairs."""
RunKind = Literal[
    "profile", "train", "export", "preview", "suggest", "lengths", "probe", "evaluate"
]
RunState = Literal["waiting", "running", "finished", "failed", "stopped"]

_FRAMEWORKS: Mapping[str, Framework] = {name: name for name in get_args(Framework)}


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
    """The editor's own word on a trait: kept apart from the extracted score, and wins."""

    score: float
    """-1 to 1; 0 where the kind is `unknown`."""
    reason: str
    made_at: datetime
    kind: OverrideKind = "set"
    value: str | None = None
    """The fact of a demographic trait, as the editor knows it; None elsewhere."""


@dataclass(frozen=True)
class Reading:
    """A trait's score from another source than the reviews."""

    source: ReadingSource
    score: float
    """-1 to 1."""
    confidence: float
    """0 to 1."""
    note: str
    """How it came about, in a sentence: `4 of 4 items, 61 on the norms for women of 25 to 34`."""
    made_at: datetime


@dataclass(frozen=True)
class Trait:
    """One line of a profile.

    What counts is the editor's word, then a questionnaire, then the reviews, then picks; the
    others stay visible beside it.
    """

    id: str
    framework: Framework
    score: float
    """-1 (low pole) to 1 (high pole), from the reviews; for interests, turns away to seeks out.
    0 if not known."""
    confidence: float
    """0 to 1."""
    status: TraitStatus
    evidence: tuple[Evidence, ...] = ()
    value: str | None = None
    """The stated fact of a demographic trait, in the reader's words; None elsewhere."""
    note: str = ""
    """Why it is unknown, or where it was taken from, in a sentence."""
    override: Override | None = None
    readings: tuple[Reading, ...] = ()
    share: float | None = None
    """Of an interest: its part of the reading history, 0 to 1, by liking and recency."""
    interval: tuple[float, float] | None = None
    """Where the score lies with 90 % probability, as far as the quotes tell; None if unknown."""
    books: tuple[str, ...] = ()
    """Ids of the books an interest rests on, those that weigh most first."""

    @property
    def effective_score(self) -> float:
        """The score that counts; 0 where nothing is known."""
        if self.override:
            return self.override.score
        reading = self._reading_that_counts
        return reading.score if reading else self.score

    @property
    def effective_confidence(self) -> float:
        """How sure the score that counts is; the editor's word is 1."""
        if self.override:
            return 0.0 if self.override.kind == "unknown" else 1.0
        reading = self._reading_that_counts
        return reading.confidence if reading else self.confidence

    @property
    def effective_value(self) -> str | None:
        """The fact that counts, of a demographic trait."""
        if self.override:
            return self.override.value if self.override.kind == "set" else self._accepted_value
        return self.value if self.status == "known" else None

    @property
    def is_known(self) -> bool:
        """Whether it counts for anything; what is switched off does not, whoever said it."""
        if self.status == "off":
            return False
        if self.override:
            return self.override.kind != "unknown"
        return self.status == "known" or self._reading_that_counts is not None

    @property
    def sources(self) -> dict[str, float]:
        """The score that each source gives, the editor's left out."""
        given = {"reviews": self.score} if self.status == "known" else {}
        return given | {reading.source: reading.score for reading in self.readings}

    @property
    def sources_disagree(self) -> bool:
        """Whether two sources stand on different sides, or half the scale or more apart."""
        scores = list(self.sources.values())
        if len(scores) < 2:
            return False
        low, high = min(scores), max(scores)
        return high - low >= 0.5 or (low <= -0.15 and high >= 0.15)

    @property
    def _accepted_value(self) -> str | None:
        accepted = self.override is not None and self.override.kind == "accepted"
        return (self.override.value or self.value) if self.override and accepted else None

    @property
    def _reading_that_counts(self) -> Reading | None:
        by_source = {reading.source: reading for reading in self.readings}
        if self.status == "known":
            return by_source.get("questionnaire")
        return by_source.get("questionnaire") or by_source.get("picks")


def framework_of(trait_id: str) -> Framework:
    """The framework that a trait's id begins with: `schwartz` for `schwartz.face.1`.

    Raises:
        KeyError: it begins with none.
    """
    return _FRAMEWORKS[trait_id.partition(".")[0]]


@dataclass(frozen=True)
class Suggestion:
    """A classifier's guess at a demographic fact: shown, used nowhere until it is confirmed."""

    trait_id: str
    value: str
    probability: float
    """What the classifier gives it, 0 to 1."""
    model: str
    """A hub id or a folder."""
    accuracy: str
    """What its makers say of it, such as `0.695 on held-out blogs`; `not stated` otherwise."""
    made_at: datetime


@dataclass(frozen=True)
class Profile:
    """All traits of one reader, as one provider saw them and the editor corrected them."""

    reader_id: str
    provider: str
    traits: tuple[Trait, ...]
    built_at: datetime
    provider_note: str = ""
    """What the provider would have the editor know about its own judgement."""
    sensitive: bool = False
    """Whether items on religion, sexuality, politics and health are switched on."""
    suggestions: tuple[Suggestion, ...] = ()

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
    accepted: bool = False
    """The editor has read it and lets it stand."""
    flagged: bool = False
    """The editor wants to come back to it."""
    stance: float = 0.0
    """-1 to 1: what the trait's score was when the sides were decided; 0 where no trait did."""
    evidence: tuple[str, ...] = ()
    """Ids of the reviews whose quotes that score rested on, the strongest first."""
    made: str = "bank"
    """How the texts came about: `bank`, `bank: MODEL` for what a model wrote for the bank and the
    editor accepted, `hand`, `imported`, or the provider that wrote them."""
    near: tuple[str, ...] = ()
    """What the model that wrote the texts was told that the reader would say; of pairs of votes and
    of edits. Of all others training tells what bears on them."""

    def swapped(self) -> "PreferencePair":
        return replace(self, chosen=self.rejected, rejected=self.chosen, edited=True)


def are_same(one: str, other: str) -> bool:
    """Whether two texts are the same but for white space: of two such answers none is preferred."""
    # Most differ in the first words, and splitting all of them is what takes its time.
    return one.split(None, 9)[:9] == other.split(None, 9)[:9] and one.split() == other.split()


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


@dataclass(frozen=True)
class Description:
    """What a model wrote of a book for a reader, with everything that made it."""

    reader_id: str
    book_id: str
    pane_id: str
    model_name: str
    model_sha256: str
    """Of the weights file that wrote; empty where an endpoint does not tell."""
    with_card: bool
    near: tuple[str, ...]
    """What the model was told that the reader would say on the book."""
    sampling: Sampling
    prompt_sha256: str
    """Of the messages, as `engine.prompts.prompt_sha256` has them."""
    text: str
    made_at: datetime
    """UTC."""
    stopped: Stopped
    run_id: str | None = None
    """The export that made the model; None of a model that nothing was tuned into."""
    card_of: str | None = None
    """Whose card was given in the place of the reader's own; None where none was."""
    edited_text: str | None = None
    """The editor's words in the place of `text`; None until there are any."""
    accepted_at: datetime | None = None
    """None until the editor lets it stand."""
    id: int = 0
    """0 until it is stored."""

    @property
    def final_text(self) -> str:
        """The editor's words where there are any."""
        return self.text if self.edited_text is None else self.edited_text
