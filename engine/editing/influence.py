"""Which single review carries a trait: the profile without one review at a time, and no model.

Only what a review can move is assembled again: the scale that its findings belong to, the genres of
its book, the facts that were stated.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.domain import Review, Trait, TraitStatus
from engine.editing.material import SCORED, material_of, quotes_were_kept
from engine.frameworks import all_dimensions
from engine.profile.assemble import Material
from engine.profile.demographics import demographics
from engine.profile.findings import TextRead
from engine.profile.interests import genres_of, interests
from engine.profile.rollup import by_trait_id, judged, scale_traits
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.errors import BadInput

_UNTOLD = TextRead(0, 0, 0)
"""How much was read stands in the notes alone, which nobody sees here."""


@dataclass(frozen=True)
class Influence:
    """What a trait would be without one review."""

    review_id: str
    score: float
    """-1 to 1; 0 where it would be unknown."""
    confidence: float
    """0 to 1."""
    status: TraitStatus
    value: str | None
    """The fact of a demographic trait; None elsewhere."""
    change: float
    """How far the score would move, 0 to 2; of a fact 1 where it would be another or unknown."""


def influence(data_dir: Path, reader_id: str, trait_id: str) -> tuple[Influence, ...]:
    """Each review that bears on a trait, with the trait as it would be without: most moving first.

    It is about what the reviews tell; the editor's word and other sources are left aside.

    Raises:
        BadInput: no such trait, or a profile whose findings were not kept.
    """
    with opened(data_dir) as db:
        own_id = reader_rows.find(db, reader_id).id
        trait = profile_rows.find_trait(db, own_id, trait_id)
        profile = profile_rows.built(db, own_id)
        material = material_of(db, profile)
    if trait.framework in SCORED and not quotes_were_kept(profile, material.findings):
        raise BadInput(
            "This profile does not say which quotes its scores were made from.",
            f"Build it again: b on the Profile screen, or `persona-studio profile build {own_id}`.",
        )
    stated = _stated(material) if trait.framework == "demographics" else {}
    part = _part(material, trait, stated)
    found = [_influence(trait, part, review_id) for review_id in part.review_ids]
    return tuple(sorted(found, key=lambda one: (-one.change, one.confidence)))


def carried_by_one_review(data_dir: Path, reader_id: str) -> dict[str, str]:
    """Trait id to the review without which it would be unknown, or on the other side.

    Traits that do not rest on the reviews, because the editor or a questionnaire has the say, are
    left out. Where any of several reviews would do it, the one that moves most is named.

    Raises:
        BadInput: no such reader, or no profile.
    """
    with opened(data_dir) as db:
        profile = profile_rows.built(db, reader_rows.find(db, reader_id).id)
        material = material_of(db, profile)
    kept = quotes_were_kept(profile, material.findings)
    stated = _stated(material)
    carried: dict[str, str] = {}
    for trait in filter(_rests_on_reviews, profile.traits):
        if trait.framework in SCORED and not kept:
            if len(quoted := {span.review_id for span in trait.evidence}) == 1:
                carried[trait.id] = quoted.pop()
            continue
        part = _part(material, trait, stated)
        left = [_influence(trait, part, review_id) for review_id in _deciding(trait, part)]
        deciding = [one for one in left if _is_decided(trait, one)]
        if deciding:
            most = max(deciding, key=lambda one: (one.status != "known", one.change))
            carried[trait.id] = most.review_id
    return carried


def _rests_on_reviews(trait: Trait) -> bool:
    return (
        trait.status == "known"
        and trait.override is None
        and not any(reading.source == "questionnaire" for reading in trait.readings)
    )


def _is_decided(trait: Trait, without: Influence) -> bool:
    if trait.framework == "demographics":
        return trait.value != without.value
    return without.status != "known" or trait.score * without.score < 0


@dataclass(frozen=True)
class _Part:
    """As much of the material as one trait is made from."""

    material: Material
    traits: Callable[[Material], Iterable[Trait]]
    """Assembles the trait, and perhaps its neighbours."""
    review_ids: tuple[str, ...]
    """The reviews that bear on it."""


def _influence(trait: Trait, part: _Part, review_id: str) -> Influence:
    traits = part.traits(part.material.without(review_id))
    left = next(one for one in traits if one.id == trait.id)
    change = abs(trait.score - left.score)
    if trait.framework == "demographics":
        change = float(trait.value != left.value)
    return Influence(review_id, left.score, left.confidence, left.status, left.value, change)


def _part(material: Material, trait: Trait, stated: Mapping[str, Sequence[Review]]) -> _Part:
    if trait.framework == "demographics":
        quoted = dict.fromkeys(span.review_id for span in trait.evidence)
        facts = replace(material, reviews=tuple(stated.get(trait.id, ())), findings=())
        return _Part(facts, lambda left: demographics(left.reviews), tuple(quoted))
    if trait.framework == "interests":
        return _genre_part(material, trait)
    return _found_part(material, trait)


def _stated(material: Material) -> dict[str, list[Review]]:
    """The reviews that state each fact about their writer; the others cannot move it."""
    stated: dict[str, list[Review]] = defaultdict(list)
    for review in material.reviews:
        for fact in demographics([review]):
            if fact.status == "known":
                stated[fact.id].append(review)
    return stated


def _genre_part(material: Material, trait: Trait) -> _Part:
    """All reviews, since the genre's share is of all; only those of the genre are read."""
    own = [review for review in material.reviews if _has_genre(material, review, trait.id)]
    own_ids = {review.id for review in own}
    reviews = tuple(
        review if review.id in own_ids else replace(review, text="") for review in material.reviews
    )
    return _Part(
        replace(material, reviews=reviews, findings=()),
        lambda left: interests(left.reviews, left.books, left.genres),
        tuple(review.id for review in own),
    )


def _has_genre(material: Material, review: Review, trait_id: str) -> bool:
    book = material.books[review.book_id]
    named = genres_of(book) or (material.genres.get(book.id, ""),)
    return trait_id.partition(".")[2] in named


def _found_part(material: Material, trait: Trait) -> _Part:
    """The findings of a trait, or of a whole scale with its statements or facets."""
    scale = all_dimensions().get(trait.id)
    is_whole = scale is not None and scale.parent is None and scale.framework != "aversions"
    beginning = f"{trait.id}." if is_whole else None
    found = tuple(
        finding
        for finding in material.findings
        if finding.trait_id == trait.id or (beginning and finding.trait_id.startswith(beginning))
    )

    def traits(left: Material) -> Iterable[Trait]:
        if scale is not None and is_whole:
            return scale_traits(scale, by_trait_id(left.findings), _UNTOLD, left.sensitive)
        return [judged(trait.id, trait.framework, left.findings, _UNTOLD)]

    review_ids = dict.fromkeys(finding.review_id for finding in found)
    return _Part(replace(material, reviews=(), findings=found), traits, tuple(review_ids))


def _deciding(trait: Trait, part: _Part) -> Iterable[str]:
    """The reviews that might decide a trait alone.

    Of a genre only those of the book that it rests on most, or the only one with words about it.
    """
    if trait.framework != "interests":
        return part.review_ids
    quoted = {span.review_id for span in trait.evidence}
    heaviest = {review.id for review in part.material.reviews if review.book_id in trait.books[:1]}
    return heaviest | (quoted if len(quoted) == 1 else set())
