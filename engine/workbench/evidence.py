"""What a pair rests on: the reviews that decided its sides, with the quotes in them."""

from dataclasses import dataclass
from pathlib import Path

from engine.domain import Book, Evidence, PreferencePair, Review, Trait
from engine.editing import quotes_in_review
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened


@dataclass(frozen=True)
class Quoted:
    """One review behind a pair."""

    review: Review
    book: Book
    quotes: tuple[Evidence, ...]
    """Of the pair's trait, the clearest for its side first; none where it only counts its books."""


@dataclass(frozen=True)
class RestsOn:
    """A pair with what decided its sides."""

    pair: PreferencePair
    trait: Trait | None
    """As the profile has it now; None where it does not any more."""
    reviews: tuple[Quoted, ...]
    """The strongest first."""
    forgotten: int
    """Reviews it rested on that are gone."""
    why: str
    """Where the sides come from, in a sentence."""


def evidence_of(data_dir: Path, pair_id: str) -> RestsOn:
    """The reviews a pair rests on, to jump to.

    Raises:
        BadInput: there is no such pair.
    """
    with opened(data_dir) as db:
        pair = pair_rows.find(db, pair_id)
        profile = profile_rows.find(db, pair.reader_id)
        books = reader_rows.books_of(db, pair.reader_id)
        wanted = set(pair.evidence)
        own = [one for one in reader_rows.reviews_of(db, pair.reader_id) if one.id in wanted]
    trait = profile.trait(pair.trait_id) if profile else None
    reviews = {review.id: review for review in own}
    quoted = tuple(
        Quoted(
            reviews[review_id],
            books[reviews[review_id].book_id],
            _quotes(data_dir, pair, review_id) if profile else (),
        )
        for review_id in pair.evidence
        if review_id in reviews
    )
    return RestsOn(pair, trait, quoted, len(wanted) - len(reviews), _why(pair, trait))


def _quotes(data_dir: Path, pair: PreferencePair, review_id: str) -> tuple[Evidence, ...]:
    found = quotes_in_review(data_dir, pair.reader_id, review_id).get(pair.trait_id, ())
    return tuple(sorted(found, key=lambda quote: -quote.stance * (1 if pair.stance >= 0 else -1)))


_BY_PEOPLE = {
    "votes": "Most who voted blind preferred the chosen text; the origin names the ballot.",
    "edit": "The editor mended the rejected text into the chosen one and accepted it.",
}


def _why(pair: PreferencePair, trait: Trait | None) -> str:
    if pair.made == "imported":
        return "This pair came from a file; its sides were decided there."
    if pair.made in _BY_PEOPLE:
        return _BY_PEOPLE[pair.made]
    if pair.evidence:
        return f"The sides follow from a score of {pair.stance:+.2f}."
    if trait is not None and trait.override is not None:
        reason = f": {trait.override.reason}" if trait.override.reason else "."
        return f"The sides follow from your own word on the trait{reason}"
    if trait is not None and trait.readings:
        return "The sides follow from a questionnaire or from picks, not from a review."
    if trait is not None and trait.books:
        return "The sides follow from how many books of the genre were read and liked."
    return "No review is named as what decided the sides."
