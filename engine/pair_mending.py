"""Mending what the pair doctor finds, as one change that undo takes back.

What is wrong is found without keeping others from writing; only then is it changed, and what moved
in between is left as it is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.bank_extend.decisions import accepted
from engine.domain import PreferencePair, Profile
from engine.pair_doctor import Ruler, patient_of
from engine.pairs.doctor.finding import KINDS, Kind, agree, many
from engine.pairs.doctor.table import SAFE, Mended, mended
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from models.errors import BadInput


@dataclass(frozen=True)
class MendReport:
    """What mending did."""

    told: dict[Kind, str]
    """By what was found: `12 pairs swapped, 3 dropped`."""
    changed: int
    """Pairs that are not as they were."""
    moved: int = 0
    """Pairs left alone since somebody changed them, or what they were compared with, meanwhile."""

    @property
    def aside(self) -> str:
        """What is to be said of those left alone; empty where there are none."""
        if not self.moved:
            return ""
        was, it_is = agree(self.moved, "was", "were"), agree(self.moved, "it is", "they are")
        pairs = many(self.moved, "pair")
        return f"{pairs} {was} changed elsewhere meanwhile and left as {it_is} now."


@dataclass(frozen=True)
class MendPlan:
    """What is to be mended, found in the pairs as they were read."""

    reader: str
    title: str
    outcome: Mended
    read: Mapping[str, PreferencePair]
    """The pairs that it changes or rests on, as they were read, by id."""
    profile: Profile | None
    """As it was read."""


def mend(
    data_dir: Path, reader_id: str, kinds: Collection[Kind] = SAFE, ruler: Ruler | None = None
) -> MendReport:
    """Mend what the doctor finds, as one change that undo takes back.

    Args:
        kinds: what to mend; by default all that can be mended without thinning out the pairs.

    Raises:
        BadInput: no such reader, no pairs, or no such base.
    """
    return carry_out(data_dir, plan_mending(data_dir, reader_id, kinds, ruler))


def plan_mending(
    data_dir: Path, reader_id: str, kinds: Collection[Kind] = SAFE, ruler: Ruler | None = None
) -> MendPlan:
    """Find what `mend` would do, and change nothing: others may write while it looks.

    Raises:
        BadInput: no such reader, no pairs, or no such base.
    """
    added = accepted(data_dir)
    with opened(data_dir) as db:
        patient, _ = patient_of(db, data_dir, reader_id, ruler or Ruler(), added)
    outcome = mended(patient, kinds)
    concerned = {pair.id for pair in outcome.pairs} | {other for _, other in outcome.beside}
    return MendPlan(
        reader_id,
        "Mend pairs" if len(kinds) != 1 else f"Mend pairs: {next(iter(kinds))}",
        outcome,
        {pair.id: pair for pair in patient.pairs if pair.id in concerned},
        patient.profile,
    )


def carry_out(data_dir: Path, plan: MendPlan) -> MendReport:
    """Mend as planned, in one change; what was changed since is left as it is.

    Raises:
        BadInput: the profile that the plan rests on has changed.
    """
    if not plan.outcome.pairs:
        return MendReport({}, 0)
    with opened(data_dir) as db, change(db, plan.title):
        if profile_rows.find(db, plan.reader) != plan.profile:
            raise BadInput(
                "The profile was changed while the pairs were looked through; nothing is mended.",
                "Mend again: what is wrong may be another thing now.",
            )
        now = pair_rows.with_ids(db, list(plan.read))
        moved = {own_id for own_id, pair in plan.read.items() if now.get(own_id) != pair}
        moved |= {own_id for own_id, other in plan.outcome.beside if other in moved}
        outcome = plan.outcome.without(moved)
        pair_rows.save(db, plan.reader, outcome.pairs)
    left = len(plan.outcome.pairs) - len(outcome.pairs)
    return MendReport(outcome.told, len(outcome.pairs), left)


def kinds_of(names: Sequence[str]) -> frozenset[Kind]:
    """The kinds of finding that somebody named; `all` is whatever can be mended safely.

    Raises:
        BadInput: there is none of a name.
    """
    found: set[Kind] = set()
    for name in names:
        kind = next((kind for kind in KINDS if kind == name), None)
        if kind is None and name != "all":
            raise BadInput(
                f"The doctor finds nothing called {name!r}.",
                f"Name {', '.join(KINDS)}, or all.",
            )
        found |= SAFE if kind is None else {kind}
    return frozenset(found)
