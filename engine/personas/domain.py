"""A persona: one sentence on somebody who would prefer one answer of a pair to the other.

From N. Balepur et al., "Whose Boat Does it Float? Improving Personalization in Preference Tuning
via Inferred User Personas", arXiv 2501.11549.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Side = Literal["chosen", "rejected"]
SIDES: tuple[Side, ...] = get_args(Side)
Origin = Literal["inferred", "edited", "imported"]
State = Literal["failed", "unchecked", "refuted", "passed"]
"""No valid sentence; not judged as it reads now; judged, and the other answer was picked in one
order at least, or a reply could not be read; the intended answer was picked in both orders."""
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Check:
    """What a fresh judgement said of a persona beside both answers, in both orders."""

    text: str
    """The persona that was judged."""
    intended_first: bool | None
    """Whether the intended answer was picked as it stood first; None: no reply could be read."""
    intended_second: bool | None
    judge: str
    """The model's name, with what tells one version of it from another."""
    prompt_sha256: str
    """Of the check's wording, without the texts of the pair."""
    made_at: datetime
    """UTC."""

    @property
    def passed(self) -> bool:
        return bool(self.intended_first and self.intended_second)


@dataclass(frozen=True)
class Persona:
    """Who would prefer one side of an example: at most one of each example and side."""

    example_id: str
    side: Side
    """The answer that this person prefers."""
    text: str
    """Empty where no valid sentence came."""
    origin: Origin
    provider: str
    """As it was asked for: `local:FILE.gguf`; empty of one that was imported."""
    model_name: str
    prompt_sha256: str
    """Of the instruction and the exemplars, without the pair."""
    made_at: datetime
    """UTC."""
    failure: str = ""
    """Why the last reply was no valid persona, in a sentence; empty of a valid one."""
    raw: str = ""
    """The last reply as it came, where it was no valid persona."""
    check: Check | None = None
    """The newest judgement, of whatever text it was; `passed` tells what it means now."""

    @property
    def is_failed(self) -> bool:
        return not self.text

    @property
    def passed(self) -> bool | None:
        """Whether it passed its check as it reads now; None where it has not been judged so."""
        if self.is_failed or self.check is None or self.check.text != self.text:
            return None
        return self.check.passed

    @property
    def state(self) -> State:
        if self.is_failed:
            return "failed"
        if self.passed is None:
            return "unchecked"
        return "passed" if self.passed else "refuted"


def other_side(side: Side) -> Side:
    return "rejected" if side == "chosen" else "chosen"
