"""All traits of a reader from what was read and found. No model, so that it can be done again.

What a model gives (quotes, guessed genres) is kept; with it, a profile can be assembled anew in
moments when a review is forgotten, or without one review to see what that review carries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from engine.domain import Book, Profile, Review, Trait
from engine.profile.aversions import aversion_traits
from engine.profile.demographics import demographics
from engine.profile.findings import Finding, TextRead
from engine.profile.interests import interests
from engine.profile.rollup import traits_from


@dataclass(frozen=True)
class Material:
    """What a profile is assembled from."""

    reviews: tuple[Review, ...]
    books: Mapping[str, Book]
    findings: tuple[Finding, ...]
    genres: Mapping[str, str]
    """Book id to guessed genre, of books whose categories name none."""
    sensitive: bool
    by_encoder: bool = False
    """Whether the sentence encoder read the reviews, which leaves some languages out."""

    def without(self, review_id: str) -> "Material":
        """The same without one review and what was found in it."""
        return replace(
            self,
            reviews=tuple(review for review in self.reviews if review.id != review_id),
            findings=tuple(found for found in self.findings if found.review_id != review_id),
        )


def assembled(material: Material) -> tuple[Trait, ...]:
    """Every trait, known or not, framework by framework."""
    return (
        *demographics(material.reviews),
        *interests(material.reviews, material.books, material.genres),
        *scored(material.findings, material.reviews, material.sensitive, material.by_encoder),
    )


def scored(
    findings: Sequence[Finding],
    reviews: Sequence[Review],
    sensitive: bool,
    by_encoder: bool = False,
) -> tuple[Trait, ...]:
    """The traits that rest on findings alone."""
    read = TextRead.of(reviews, by_encoder)
    return (*aversion_traits(findings, read), *traits_from(findings, read, sensitive))


def blank_profile(reader_id: str, sensitive: bool) -> Profile:
    """A profile in which everything is unknown, to fill in by hand or from a questionnaire."""
    traits = tuple(
        trait if trait.status == "off" else replace(trait, note="No reviews.")
        for trait in assembled(Material((), {}, (), {}, sensitive))
    )
    return Profile(reader_id, "by hand", traits, datetime.now(UTC), sensitive=sensitive)
