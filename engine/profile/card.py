"""The profile card: the few lines of plain words that a model reads before it writes.

The same profile gives the same card on every machine and for every base model. It holds no
figures, no name of the reader and no quotes; nothing that is unknown, unsure or switched off; no
suggestion that nobody confirmed and nothing of what is usual in a country.

One card, the default, is read by training and by previews alike, since it is the prefix that all
prompts of a reader share. It tells age (as a decade) and place, which GRAVITY's profiles hold and
which bear on what a book has to say to somebody. Gender, work, schooling and family it leaves out:
models bring up what they are told of a person whether it fits or not (PersistBench, arXiv
2602.01146: facts of one domain leak into another in 53 % of cases, median of 18 models; OP-Bench,
arXiv 2601.13722, calls it over-personalisation), and what is written to a gender soon becomes a
caricature (CoMPosT, arXiv 2310.11501). The task `choose` adds gender, for pairs as GRAVITY's.

Tokens are those of the embedded encoder, so that one figure holds everywhere.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.domain import Profile
from engine.profile.card_items import (
    FACTS,
    OVER_BUDGET,
    SAID_ALREADY,
    CardTask,
    Item,
    LeftOut,
    Section,
    by_weight,
    sifted,
)
from models.errors import BadInput
from models.wordpieces import count_tokens

DEFAULT_BUDGET = 300
LEAST_BUDGET, MOST_BUDGET = 40, 2000
NOTHING_KNOWN = "Nothing is known of this reader yet."

_HEADS: dict[Section, str] = {
    "facts": "The reader is",
    "seeks": "Seeks out:",
    "shuns": "Turns away from:",
    "reads": "As a reader:",
    "outlook": "Outlook:",
    "temperament": "Temperament:",
    "says": "Would say:",
}
"""The lines of a card, in order."""
_SHARES: dict[Section, int] = {
    "facts": 2,
    "seeks": 4,
    "shuns": 3,
    "reads": 2,
    "outlook": 5,
    "temperament": 5,
    "says": 7,
}
"""How the budget is parted where every line has more to say than fits; a sentence is longer than
the name of a genre. What one line does not need, the others get."""


@dataclass(frozen=True)
class Card:
    """A card, and how it came about."""

    text: str
    tokens: int
    budget: int
    """In tokens."""
    included: tuple[str, ...]
    """Trait ids, in the order of the text."""
    left_out: tuple[LeftOut, ...]
    """What is known or was touched by the editor, and is not told; in the profile's order."""
    unknown: int
    """The number of traits of which nothing is known."""


def card_of(
    profile: Profile, task: CardTask = "describe_book", budget: int = DEFAULT_BUDGET
) -> Card:
    """What is known of a reader, in plain words, within a budget of tokens.

    The lines take turns, each with its weightiest item, and the one goes first that has used the
    least of its share; a line ends at the first item that no longer fits.

    Raises:
        BadInput: a budget that no card can keep to.
    """
    if not LEAST_BUDGET <= budget <= MOST_BUDGET:
        raise BadInput(
            f"A card cannot be kept to {budget} tokens.",
            f"Give a budget from {LEAST_BUDGET} to {MOST_BUDGET}.",
        )
    found = sifted(profile, task)
    told, refused = _filled(found.items, budget)
    reasons = {one.trait_id: one.reason for one in found.left_out} | refused
    in_order = (trait.id for trait in profile.traits if trait.id in reasons)
    text = _text(told)
    return Card(
        text,
        count_tokens(text),
        budget,
        tuple(item.trait_id for item in _ordered(told)),
        tuple(LeftOut(trait_id, reasons[trait_id]) for trait_id in in_order),
        found.unknown,
    )


def _filled(items: Sequence[Item], budget: int) -> tuple[list[Item], dict[str, str]]:
    """The items that fit, and for the others, by trait id, the reason why not."""
    waiting = {
        section: by_weight(item for item in items if item.section == section) for section in _HEADS
    }
    spent: dict[Section, int] = defaultdict(int)
    told: list[Item] = []
    refused: dict[str, str] = {}
    tokens = 0
    while sections := [section for section in _HEADS if waiting[section]]:
        section = min(sections, key=lambda name: spent[name] / _SHARES[name])
        item = waiting[section].pop(0)
        if _is_said(item, told):
            refused[item.trait_id] = SAID_ALREADY
            continue
        longer = count_tokens(_text([*told, item]))
        if longer > budget:
            rest = [item, *waiting.pop(section)]
            waiting[section] = []
            refused |= {
                late.trait_id: SAID_ALREADY if _is_said(late, told) else OVER_BUDGET
                for late in rest
            }
            continue
        told.append(item)
        spent[section] += longer - tokens
        tokens = longer
    return told, refused


def _is_said(item: Item, told: Sequence[Item]) -> bool:
    """Whether a broader line says as much: a facet's trait, or a scale with one statement of it.

    Broader lines that weigh less than the item come after it and silence nothing; nor is the
    editor's own word on a facet or a statement ever silenced.
    """
    if item.is_editors or item.broader is None:
        return False
    agreeing = [one for one in told if one.towards == item.towards]
    if not any(one.trait_id == item.broader for one in agreeing):
        return False
    return item.section != "says" or any(one.broader == item.broader for one in agreeing)


def _text(told: Sequence[Item]) -> str:
    lines: Mapping[Section, list[str]] = {
        section: [item.words for item in _ordered(told) if item.section == section]
        for section in _HEADS
    }
    written = [_line(section, words) for section, words in lines.items() if words]
    return "\n".join(written) or NOTHING_KNOWN


def _line(section: Section, words: Sequence[str]) -> str:
    if section == "says":
        return f"{_HEADS[section]} {' '.join(words)}"
    if section == "facts":
        return (
            f"{_HEADS[section]} {' and '.join(filter(None, (', '.join(words[:-1]), words[-1])))}."
        )
    return f"{_HEADS[section]} {'; '.join(words)}."


def _ordered(told: Sequence[Item]) -> list[Item]:
    """In the order of the text: line by line, facts as listed, the rest as they were chosen."""
    facts = FACTS["choose"]
    return [
        item
        for section in _HEADS
        for item in sorted(
            (item for item in told if item.section == section),
            key=lambda item: facts.index(item.trait_id) if item.trait_id in facts else 0,
        )
    ]
