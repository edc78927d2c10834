"""What was written and what the editor makes of it: accepted, rejected, taken into pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args

from engine.bank import Question, Scenario
from engine.bank_extend.candidate import Candidate
from engine.bank_extend.files import everything
from engine.frameworks import Statement, all_dimensions, all_statements
from engine.pairs.addition import NOTHING_ADDED, Addition
from engine.store import bank_decisions
from engine.store.database import change, opened
from models.errors import BadInput

State = Literal["waiting", "accepted", "rejected", "refused"]
STATES: tuple[State, ...] = get_args(State)
NO_PART = (
    "It takes no part in pairs: a profile is read for the statements that we ship. It is kept "
    "here, and `bank candidates --json` carries it elsewhere."
)


@dataclass(frozen=True)
class Decided:
    """A candidate and where it stands."""

    candidate: Candidate
    state: State
    """`waiting` for the editor, `accepted` or `rejected` by the editor, `refused` by a gate."""

    def as_json(self) -> dict[str, object]:
        return {"state": self.state, **self.candidate.as_json()}


def candidates(data_dir: Path) -> list[Decided]:
    """All that was ever written, refused ones last."""
    written = everything(data_dir)
    if not written:
        return []
    with opened(data_dir) as db:
        decided = bank_decisions.everything(db)
    return [Decided(one, _state(one, decided.get(one.id))) for one in written]


def decide(data_dir: Path, ids: Sequence[str], accepted: bool) -> list[Decided]:
    """Accept candidates into the bank or reject them, in one change; the editor outranks the gates.

    Raises:
        BadInput: there is no such candidate, or nothing in it that could be accepted.
    """
    known = {one.candidate.id: one.candidate for one in candidates(data_dir)}
    chosen = [_found(known, wanted) for wanted in dict.fromkeys(ids)]
    if empty := next((one for one in chosen if accepted and one.entry is None), None):
        raise BadInput(
            f"{empty.id} holds nothing to accept: {empty.refused}", "Run `bank extend` again."
        )
    what = chosen[0].id if len(chosen) == 1 else f"{len(chosen)} texts"
    title = f"Accept {what} into the bank" if accepted else f"Reject {what} for the bank"
    with opened(data_dir) as db, change(db, title):
        for candidate in chosen:
            bank_decisions.save(db, candidate.id, accepted)
    return [Decided(one, "accepted" if accepted else "rejected") for one in chosen]


def accepted(data_dir: Path) -> Addition:
    """The accepted scenes and questions, for pairs; statements are left out (`NO_PART`)."""
    taken = [one.candidate for one in candidates(data_dir) if one.state == "accepted"]
    scenes = [one.entry for one in taken if isinstance(one.entry, Scenario)]
    questions = [one.entry for one in taken if isinstance(one.entry, Question)]
    if not scenes and not questions:
        return NOTHING_ADDED
    return Addition(
        tuple(scene for scene in scenes if scene.statement in all_statements()),
        tuple(question for question in questions if question.facet in all_dimensions()),
        {one.id: one.model for one in taken},
    )


def takes_part(candidate: Candidate) -> bool:
    """Whether pairs can be made of it once it is accepted."""
    return not isinstance(candidate.entry, Statement)


def _state(candidate: Candidate, accepted: bool | None) -> State:
    if accepted is not None:
        return "accepted" if accepted else "rejected"
    return "refused" if candidate.refused else "waiting"


def _found(known: dict[str, Candidate], wanted: str) -> Candidate:
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise BadInput(
        f"No candidate {wanted!r} here.", f"{hint}`persona-studio bank candidates` lists them."
    )
