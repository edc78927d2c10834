"""The descriptions track: one book told from two opposed angles of Schwartz's circle.

Ours and not GRAVITY's: pairs in the very words of the task, a description of a book for this
reader, with the request that the preview sends. The four angles are the higher-order values of
S. H. Schwartz et al., JPSP 103 (2012); each book is told from all four.
"""

from collections.abc import Iterator

from engine.bank import BankBook, angles
from engine.domain import Book, PreferencePair, Profile, Trait
from engine.pairs.draft import pair
from engine.pairs.labels import Label, is_sure, reviews_behind
from engine.pairs.split import shelves
from engine.prompts import description_request

ANGLES = {
    "self_transcendence": (
        "benevolence_dependability",
        "benevolence_caring",
        "universalism_concern",
        "universalism_nature",
        "universalism_tolerance",
    ),
    "self_enhancement": ("achievement", "power_dominance", "power_resources"),
    "openness": ("self_direction_thought", "self_direction_action", "stimulation", "hedonism"),
    "conservation": (
        "security_personal",
        "security_societal",
        "tradition",
        "conformity_rules",
        "conformity_interpersonal",
    ),
}
"""The refined values of each angle. Face and humility lie between two and count for neither."""
AXES = (("self_transcendence", "self_enhancement"), ("openness", "conservation"))
LEAST_LEAD = 0.15
"""Least difference of the mean scores (-1 to 1) of two opposed angles."""


def description_pairs(profile: Profile) -> Iterator[PreferencePair]:
    """Two pairs a book at the most: one for each axis on which the reader clearly leans."""
    leaning = [(axis, label) for axis in AXES if (label := angle_label(profile, *axis))]
    training, held_out = shelves()
    for shelf, is_held in ((training, False), (held_out, True)):
        for book in shelf:
            told = angles().get(book.id)
            if told is None:
                continue
            for (first, second), label in leaning:
                chosen, rejected = (first, second) if label.side > 0 else (second, first)
                yield pair(
                    profile,
                    label,
                    track="descriptions",
                    topic=f"book.{book.id}",
                    origin=f"angles.{book.id}.{first}.{second}",
                    prompt=description_request(facts_of(book)),
                    chosen=told[chosen],
                    rejected=told[rejected],
                    held_out=is_held,
                )


def angle_label(profile: Profile, first: str, second: str) -> Label | None:
    """The angle the reader leans to, with the value that says so most; None without a lead."""
    means = {}
    for angle in (first, second):
        known = _known(profile, angle)
        if not known:
            return None
        means[angle] = sum(trait.effective_score for trait in known) / len(known)
    lead = means[first] - means[second]
    if abs(lead) < LEAST_LEAD:
        return None
    wanted, other = (first, second) if lead > 0 else (second, first)
    clearest = max(
        [(trait.effective_score, trait) for trait in _known(profile, wanted)]
        + [(-trait.effective_score, trait) for trait in _known(profile, other)],
        key=lambda scored: scored[0],
    )[1]
    return Label(1 if lead > 0 else -1, clearest.id, lead / 2, reviews_behind(clearest))


def _known(profile: Profile, angle: str) -> list[Trait]:
    traits = (profile.trait(f"schwartz.{name}") for name in ANGLES[angle])
    return [trait for trait in traits if trait is not None and is_sure(trait)]


def facts_of(book: BankBook) -> Book:
    """The book as a description of it is asked for."""
    return Book(
        id=book.id,
        title=book.title,
        author=book.author,
        year=book.year,
        description=book.description,
        genre=book.genre,
    )
