"""What a chat model's reply to a sheet is worth: judgements of sentences that are there, or not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.profile.chat_pieces import Piece
from engine.profile.chat_sheets import STANCES, Sheet
from engine.profile.findings import Finding

CLEAREST = max(STANCES)
LEAST_LIST = 4
"""Judgements it takes to be a list rather than a choice."""


@dataclass(frozen=True)
class ReadReply:
    """The findings of a reply, with what was refused of it."""

    findings: tuple[Finding, ...]
    not_found: int
    """Judgements whose sentence is not in the review."""


@dataclass(frozen=True)
class _Said:
    """One judgement, as the model wrote it."""

    sentence: int
    id: str
    stance: int


def read_reply(text: str, sheet: Sheet, piece: Piece) -> ReadReply | None:
    """The findings of a reply; None where it is not what was asked for.

    That it is not JSON of the schema, or names what is not on the sheet; or that it goes down the
    list: one sentence after the other, all with the same stance, as models do that are too small.
    """
    said = _judgements(text, sheet)
    if said is None or _goes_down_the_list(said, piece):
        return None
    findings: dict[tuple[str, int], Finding] = {}
    for judgement in said:
        if 1 <= judgement.sentence <= len(piece.spans):
            span = piece.spans[judgement.sentence - 1]
            trait_id = sheet.traits[judgement.id]
            finding = Finding(trait_id, piece.review_id, span, judgement.stance / CLEAREST)
            findings.setdefault((trait_id, span.start), finding)
    lost = sum(not 1 <= judgement.sentence <= len(piece.spans) for judgement in said)
    return ReadReply(tuple(findings.values()), lost)


def _judgements(text: str, sheet: Sheet) -> list[_Said] | None:
    try:
        rows = json.loads(text)["judgements"]
        said = [_Said(row["sentence"], row["id"], row["stance"]) for row in rows]
    except (ValueError, KeyError, TypeError):
        return None
    ids = sheet.traits
    for judgement in said:
        # By type: JSON's true and 1.0 equal 1, and a list cannot be looked up.
        if type(judgement.sentence) is not int or type(judgement.stance) is not int:
            return None
        if judgement.stance not in STANCES or not isinstance(judgement.id, str):
            return None
        if judgement.id not in ids:
            return None
    return said


def _goes_down_the_list(said: Sequence[_Said], piece: Piece) -> bool:
    sentences = [judgement.sentence for judgement in said]
    in_order = all(one < two for one, two in pairwise(sentences))
    covers_it = 3 * len(said) >= 2 * min(len(piece.spans), piece.most_judgements)
    one_stance = len({judgement.stance for judgement in said}) == 1
    return len(said) >= LEAST_LIST and in_order and covers_it and one_stance
