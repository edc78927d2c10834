"""The profile as the few lines of plain words that a model reads before it writes.

No figures, no name of the reader, nothing that is unknown or switched off. The same profile always
gives the same card.
"""

from engine.domain import Profile, Trait
from engine.frameworks import (
    VALUE_FRAMEWORKS,
    all_dimensions,
    all_statements,
    dimensions,
    genres,
    statements,
)
from engine.pairs.labels import side, statement_side

MOST_GENRES = 5
MOST_STATEMENTS = 6
MOST_OUTLOOKS = 5
MOST_TEMPERAMENTS = 7
"""Together about 200 to 300 tokens on a full profile."""

_FACT_WORDS = {
    "demographics.age": "age {}",
    "demographics.gender": "{}",
    "demographics.location": "in {}",
    "demographics.occupation": "work: {}",
    "demographics.family": "family: {}",
}


def profile_card(profile: Profile) -> str:
    """What is known of the reader, in plain words; the editor's overrides win.

    Returns:
        Two to seven short lines; one that says so where nothing is known yet.
    """
    lines = [
        ("They say of themselves", _facts(profile)),
        ("Seek in reading", _genres(profile, 1)),
        ("Turn away from", _genres(profile, -1)),
        ("Outlook", _outlooks(profile)),
        ("Temperament", _temperament(profile)),
    ]
    told = [f"{head}: {'; '.join(words)}." for head, words in lines if words]
    if held := _statements(profile):
        told.append(f"Would say: {' '.join(held)}")
    if not told:
        return "The reader: nothing is known yet."
    return "\n".join(["The reader:", *told])


def _facts(profile: Profile) -> list[str]:
    return [
        words.format(trait.value)
        for trait_id, words in _FACT_WORDS.items()
        if (trait := profile.trait(trait_id)) and trait.status == "known" and trait.value
    ]


def _genres(profile: Profile, wanted: int) -> list[str]:
    found = [trait for trait in profile.of("interests") if side(trait) == wanted]
    names = {f"interests.{genre.id}": genre.name.lower() for genre in genres().values()}
    return [names[trait.id] for trait in _strongest(found)[:MOST_GENRES]]


def _statements(profile: Profile) -> list[str]:
    """Statement texts, or their opposites, that the reader holds most clearly."""
    known = all_statements()
    held = [
        trait
        for framework in VALUE_FRAMEWORKS
        for statement in statements(framework)
        if (trait := profile.trait(statement.id)) and statement_side(profile, statement)
    ]
    return [
        known[trait.id].text
        if statement_side(profile, known[trait.id]) > 0
        else known[trait.id].opposite
        for trait in _strongest(held)[:MOST_STATEMENTS]
    ]


def _outlooks(profile: Profile) -> list[str]:
    scales = [
        trait
        for framework in VALUE_FRAMEWORKS
        for scale in dimensions(framework)
        if (trait := profile.trait(scale.id)) and side(trait)
    ]
    return [_pole(trait) for trait in _strongest(scales)[:MOST_OUTLOOKS]]


def _temperament(profile: Profile) -> list[str]:
    found = [trait for trait in profile.of("ocean") if side(trait)]
    return [_pole(trait) for trait in _strongest(found)[:MOST_TEMPERAMENTS]]


def _pole(trait: Trait) -> str:
    scale = all_dimensions()[trait.id]
    return scale.high if trait.effective_score > 0 else scale.low


def _strongest(traits: list[Trait]) -> list[Trait]:
    """What the editor set first, then by score and confidence; ids settle a draw."""

    def weight(trait: Trait) -> tuple[bool, float, str]:
        sure = 1.0 if trait.override else trait.confidence
        return trait.override is None, -abs(trait.effective_score) * sure, trait.id

    return sorted(traits, key=weight)
