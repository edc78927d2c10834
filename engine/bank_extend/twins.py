"""Near-duplicates: whether a text of an entry says what the bank, or a candidate, says already."""

from collections.abc import Sequence

from engine.bank import questions, scenarios
from engine.bank_check.bars import MOST_NEARNESS
from engine.bank_extend.candidate import Entry, Kind, texts_of
from engine.bank_extend.decisions import Decided
from engine.frameworks import all_statements
from engine.nearness import Nearness


async def twin(near: Nearness, entry: Entry) -> str:
    """Which known text says the same as one of this entry, in a sentence; empty where none does.

    The sides of one entry are not compared: they are meant to share most of their words.
    """
    texts = texts_of(entry)
    found = await near.nearest(list(texts.values()))
    for name, nearest in zip(texts, found, strict=True):
        if nearest and nearest.cosine > MOST_NEARNESS:
            return f"The {name} is too near to {nearest.name}: cosine {nearest.cosine:.2f}."
    return ""


def named_texts(entry: Entry) -> dict[str, str]:
    """The texts of an entry, under names that tell where they stand."""
    return {f"{entry.id}, {name}": text for name, text in texts_of(entry).items()}


def texts_of_ours(kind: Kind) -> dict[str, str]:
    """All texts of a kind that we ship."""
    ours: dict[Kind, Sequence[Entry]] = {
        "statements": list(all_statements().values()),
        "scenes": scenarios(),
        "questions": questions(),
    }
    return {name: text for entry in ours[kind] for name, text in named_texts(entry).items()}


def texts_of_candidates(kind: Kind, known: Sequence[Decided]) -> dict[str, str]:
    """All texts of candidates of a kind that were neither refused nor rejected."""
    theirs = [
        one.candidate.entry
        for one in known
        if one.state in ("waiting", "accepted") and one.candidate.target.kind == kind
    ]
    entries = [entry for entry in theirs if entry]
    return {name: text for entry in entries for name, text in named_texts(entry).items()}
