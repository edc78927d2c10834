"""What there is to say of one trait: each source, the editor's word, and what it all rests on.

Everything is told in words; nothing is meant by colour alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from textual.content import Content

from engine.domain import Override, Reading, Suggestion, Trait
from engine.profile.country import CountryPrior
from engine.suggestions import trust
from studio.text import bar, count, one_line, visible

Line = tuple[str, str]
"""A line and its style."""
BOOKS_NAMED = 4
FIRST_TO_COUNT = ("questionnaire", "reviews", "picks")
SOURCES = {"questionnaire": "the questionnaire", "reviews": "the reviews", "picks": "the picks"}


@dataclass(frozen=True)
class TraitWords:
    """What a trait is called, and what its two ends mean."""

    name: str
    low: str
    high: str


@dataclass(frozen=True)
class Surroundings:
    """What an editor should see beside a trait: the same for all traits of a profile."""

    titles: Mapping[str, str] = field(default_factory=dict)
    """Review id to the title of its book."""
    books: Mapping[str, str] = field(default_factory=dict)
    """Book id to title."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """Trait id to the one review that carries it."""
    prior: CountryPrior | None = None
    no_prior: str = ""
    """Why there is no country to compare with."""
    suggestions: tuple[Suggestion, ...] = ()

    def title_of(self, review_id: str) -> str:
        return self.titles.get(review_id, "a review that is gone")


def trait_story(trait: Trait, words: TraitWords, around: Surroundings) -> Content:
    """All of it but the quotes, line by line, the editor's word first."""
    lines = [
        *_poles(trait, words),
        *_editors_word(trait.override),
        *_sources(trait),
        *_interest(trait, around),
        *_carrier(trait, around),
        *_guesses(trait, around.suggestions),
        *_country(trait, around.prior),
        *_quotes(trait),
    ]
    parts = [part for line in lines for part in (line, "\n")]
    return Content.assemble(*parts[:-1])


def _poles(trait: Trait, words: TraitWords) -> Iterator[Line]:
    if trait.framework not in ("demographics", "interests"):
        yield f"-1  {words.low}", "dim"
        yield f"+1  {words.high}", "dim"
        yield "", ""


def _editors_word(override: Override | None) -> Iterator[Line]:
    if override is None:
        return
    word = visible(override.value) if override.value else f"{override.score:+.2f}"
    told = {
        "unknown": "You marked it unknown: nothing uses it.",
        "accepted": f"You accepted {word}; it stays when the reviews are read again.",
        "set": f"You set {word}. It wins.",
    }[override.kind]
    yield f"{told} ({_day(override.made_at)}; r takes your word away)", "bold"
    if override.reason:
        yield f"Your reason: {visible(override.reason)}", ""


def _sources(trait: Trait) -> Iterator[Line]:
    yield _from_reviews(trait), ""
    if trait.note:
        yield visible(trait.note), "italic"
    for reading in trait.readings:
        yield from _from_reading(reading)
    if trait.sources_disagree:
        yield _disagreement(trait), "bold"


def _from_reviews(trait: Trait) -> str:
    if trait.status == "off":
        return "Off: a sensitive item, not read from the reviews. Press s to switch these on."
    if trait.status == "unknown":
        return "From the reviews: unknown."
    if trait.value is not None:
        return f"Stated: {visible(trait.value)} (confidence {trait.confidence:.0%})"
    told = f"From the reviews: {_scored(trait.score, trait.confidence)}"
    if trait.interval is None:
        return told
    low, high = trait.interval
    return f"{told}, 90% interval {low:+.2f} to {high:+.2f}"


def _from_reading(reading: Reading) -> Iterator[Line]:
    yield f"From {SOURCES[reading.source]}: {_scored(reading.score, reading.confidence)}", ""
    note = f"{visible(reading.note)} " if reading.note else ""
    yield f"{note}({_day(reading.made_at)})", "italic"


def _disagreement(trait: Trait) -> str:
    scores = trait.sources.values()
    counts = "your word"
    if trait.override is None:
        counts = next(SOURCES[source] for source in FIRST_TO_COUNT if source in trait.sources)
    return f"! Sources disagree by {max(scores) - min(scores):.2f}. What counts: {counts}."


def _interest(trait: Trait, around: Surroundings) -> Iterator[Line]:
    if trait.share is not None:
        yield f"{trait.share:.0%} of what was read, by liking and recency.", ""
    known = [around.books[book] for book in trait.books if book in around.books]
    if known:
        named = ", ".join(one_line(title, 60) for title in known[:BOOKS_NAMED])
        more = f", and {len(known) - BOOKS_NAMED} more" if len(known) > BOOKS_NAMED else ""
        yield f"{count(len(known), 'book')} behind it: {named}{more}.", ""


def _country(trait: Trait, prior: CountryPrior | None) -> Iterator[Line]:
    if prior is not None and (score := prior.scores.get(trait.id)) is not None:
        yield "", ""
        told = f"Country, not person: {prior.country} {score} of 100 (data of {prior.vintage})."
        yield f"{told} No score here uses it.", "dim"


def _guesses(trait: Trait, suggestions: tuple[Suggestion, ...]) -> Iterator[Line]:
    guesses = [guess for guess in suggestions if guess.trait_id == trait.id]
    for guess in guesses:
        yield "", ""
        yield f"A guess, used nowhere: {visible(guess.value)}?", "bold"
        model = one_line(guess.model, 60)
        yield f"{model} gives it {guess.probability:.0%}; {trust(guess)}.", ""
    if guesses:
        which = "" if len(guesses) == 1 else " the first"
        yield f"y confirms{which}, n dismisses{which}.", ""


def _carrier(trait: Trait, around: Surroundings) -> Iterator[Line]:
    if review_id := around.carried.get(trait.id):
        yield f"Rests on one review: {one_line(around.title_of(review_id), 80)}", "bold"


def _quotes(trait: Trait) -> Iterator[Line]:
    if trait.evidence:
        support = sum(span.stance > 0 for span in trait.evidence)
        against = len(trait.evidence) - support
        yield "", ""
        yield f"{count(support, 'quote')} for, {against} against:", "dim"


def _scored(score: float, confidence: float) -> str:
    return f"{bar(score)} {score:+.2f}, confidence {confidence:.0%}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
