"""The length shortcut: where the longer answer is mostly the better one, a model learns that.

DPO is known to take this way out: arXiv 2403.19159 (Park et al.).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.domain import TRACKS, PreferencePair
from engine.pairs.doctor.finding import Case, Found
from engine.pairs.doctor.patient import Patient

MOST = 0.6
"""Share of pairs whose chosen answer may be the longer one, or the shorter one."""
LEAST_PAIRS = 20
"""Below it such a share is too easily chance; above it must be two standard errors from half."""


@dataclass(frozen=True)
class _Lean:
    where: str
    following: tuple[PreferencePair, ...]
    """The pairs that the shortcut is right about, the widest apart first."""
    against: int
    is_longer: bool

    @property
    def told(self) -> str:
        of = len(self.following) + self.against
        return f"in {len(self.following) / of:.0%} of {of:,} {self.where}"


def length(patient: Patient) -> Found | None:
    """Tracks, or all training pairs together, where length alone tells the chosen answer."""
    leans = list(_leans(patient.training))
    if not leans:
        return None
    dropped = _dropped(patient.training)
    pairs = {pair.id: pair for lean in leans for pair in lean.following}
    ranked = sorted(pairs.values(), key=_times, reverse=True)
    cases = (
        Case(pair.id, _why(pair), replace(pair, dropped=True) if pair.id in dropped else None)
        for pair in ranked
    )
    told = (
        f"The chosen answer is {_told(leans)}. Over {MOST:.0%}, a model may learn the length in "
        "place of the reader."
    )
    return Found(told, tuple(cases))


def _told(leans: Sequence[_Lean]) -> str:
    ways = {
        way: [lean.told for lean in leans if lean.is_longer is is_longer]
        for way, is_longer in (("longer", True), ("shorter", False))
    }
    return ", ".join(f"the {way} one {' and '.join(told)}" for way, told in ways.items() if told)


def _leans(pairs: Sequence[PreferencePair]) -> Iterator[_Lean]:
    of_track = {track: [pair for pair in pairs if pair.track == track] for track in TRACKS}
    scopes: Mapping[str, Sequence[PreferencePair]] = {
        "training pairs": pairs,
        **{f"on {track}": found for track, found in of_track.items()},
    }
    for where, found in scopes.items():
        if lean := _lean(where, found):
            yield lean


def _lean(where: str, pairs: Sequence[PreferencePair]) -> _Lean | None:
    uneven = [pair for pair in pairs if len(pair.chosen) != len(pair.rejected)]
    longer = [pair for pair in uneven if len(pair.chosen) > len(pair.rejected)]
    shorter = [pair for pair in uneven if len(pair.chosen) < len(pair.rejected)]
    more, fewer = (longer, shorter) if len(longer) > len(shorter) else (shorter, longer)
    if len(uneven) < LEAST_PAIRS or len(more) <= MOST * len(uneven):
        return None
    if len(more) - len(fewer) < 2 * len(uneven) ** 0.5:
        return None
    ranked = sorted(more, key=_times, reverse=True)
    return _Lean(where, tuple(ranked), len(fewer), more is longer)


def _dropped(pairs: Sequence[PreferencePair]) -> set[str]:
    """The most lopsided pairs that have to go until each track, then the whole, is even."""
    dropped: set[str] = set()
    while lean := next(reversed(list(_leans([p for p in pairs if p.id not in dropped]))), None):
        too_many = len(lean.following) - lean.against
        dropped |= {pair.id for pair in lean.following[:too_many]}
    return dropped


def _times(pair: PreferencePair) -> float:
    """How many times as long the longer answer is."""
    short, long = sorted((len(pair.chosen), len(pair.rejected)))
    return long / max(1, short)


def _why(pair: PreferencePair) -> str:
    return f"chosen {len(pair.chosen):,} characters, rejected {len(pair.rejected):,}"
