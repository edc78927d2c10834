"""Whether the files of an export hold what training made, told by the run's held-out pairs.

Each model's say is beside its own base's, both through the same program: what the two programs, or
the rounding of the weights, make otherwise of every model is then not taken for training's. How
much a file *keeps* is how far the pairs' margins (chosen minus rejected, in nats) move again where
they moved in torch: 1 as far, 0 not at all, 2 twice as far. Nothing is loaded or scored here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import sqrt
from statistics import fmean
from typing import Literal

from engine.intervals import student_t, wilson
from engine.train.scoring import PairLogps, margin

KEPT = 0.5
"""The least that a file must keep, of 1. Measured (docs/export.md), most files keep nine tenths or
more, and what loses the effect keeps next to nothing."""
DROP = 0.2
"""How much smaller a share of pairs may become: with 12 pairs three of them, which rounding turns
where the two answers were nearly as likely."""
OFF = 0.1
"""How far the merged model's log-probabilities may be from the trained one's, as a share of what
training moved them by. An adapter added twice was 0.15 of it off where least, one left out is 1."""
ROUGH_OFF = 0.7
"""The same where torch was not in float32: bfloat16 put the embedded model 0.4 of it off."""
NOISE = 3.0
"""Times what the two programs differ by on the base that they may on the tuned model."""
LEAST_NATS = 0.1
"""A completion's log-probability comes out so differently by 16-bit rounding alone."""
CHANCE = 0.5

Standing = Literal["keeps", "unsure", "loses", "not_checked"]


@dataclass(frozen=True)
class Seen:
    """What one model makes of the pairs, and answers to a question."""

    logps: Mapping[str, PairLogps]
    """By pair id; empty where there are no held-out pairs."""
    answer: tuple[int, ...]
    """Tokens, greedily; empty of a base."""
    other_prompts: tuple[str, ...] = ()
    """The prompts that it reads as other tokens than training did, by pair id."""


@dataclass(frozen=True)
class Trained:
    """The model that training made, in torch: what every file is held against."""

    tuned: Seen
    base: Seen
    is_rough: bool = False
    """Not in float32."""


@dataclass(frozen=True)
class Kept:
    """How much of training's effect is there, with its 95 % interval."""

    share: float
    interval: tuple[float, float] | None
    """None for a single pair."""


@dataclass(frozen=True)
class Figures:
    """One model on the pairs; shares are of 1."""

    pairs: int
    preferred: float
    """Share whose chosen answer is the likelier one."""
    moved: float
    """Share whose margin is greater than the base's."""
    mean_margin: float
    """How far it is greater, in nats."""
    kept: Kept | None
    """None where training moved nothing."""


@dataclass(frozen=True)
class Checked:
    """A file, and what became of the effect in it."""

    name: str
    size_bytes: int
    figures: Figures | None
    """None where there are no held-out pairs."""
    same_tokens: int
    """With how many tokens its answer begins like torch's."""
    standing: Standing
    says: str
    """Why it loses; else empty."""


def figures(seen: Seen, base: Seen, trained: Trained) -> Figures | None:
    """Count what a model makes of the pairs; None for no pairs.

    Args:
        base: through the same program as `seen`.
    """
    if not seen.logps:
        return None
    effects = _effects(seen, base)
    return Figures(
        pairs=len(effects),
        preferred=fmean(_preferred(seen)),
        moved=fmean(value > 0 for value in effects),
        mean_margin=fmean(effects),
        kept=kept(effects, _effects(trained.tuned, trained.base)),
    )


def kept(effects: Sequence[float], wanted: Sequence[float]) -> Kept | None:
    """How much of what was wanted is there: least squares through zero, of the same pairs.

    Its interval is by Student's t, so few pairs, or pairs that disagree, make it wide.
    """
    square = sum(value * value for value in wanted)
    if not square:
        return None
    pairs = [*zip(effects, wanted, strict=True)]
    share = sum(found * value for found, value in pairs) / square
    if len(pairs) < 2:
        return Kept(share, None)
    left = sum((found - share * value) ** 2 for found, value in pairs) / (len(pairs) - 1)
    reach = student_t(len(pairs) - 1) * sqrt(left / square)
    return Kept(share, (share - reach, share + reach))


def checked(name: str, size_bytes: int, seen: Seen, base: Seen, trained: Trained) -> Checked:
    """Hold a file against the trained model."""
    found = figures(seen, base, trained)
    both = zip(seen.answer, trained.tuned.answer, strict=False)
    same = sum(1 for _ in takewhile(lambda tokens: tokens[0] == tokens[1], both))
    if found is None:
        return Checked(name, size_bytes, None, same, "not_checked", "")
    lost = _lost(name, found, seen, base, trained)
    low = found.kept.interval[0] if found.kept and found.kept.interval else 0.0
    standing: Standing = "loses" if lost else "keeps" if low >= KEPT else "unsure"
    return Checked(name, size_bytes, found, same, standing, lost)


def other_tokens(name: str, seen: Seen) -> str:
    """What is wrong with a file's prompts; empty where they are the training's."""
    if not seen.other_prompts:
        return ""
    return (
        f"{name} reads {len(seen.other_prompts)} of the prompts as other tokens than training did, "
        f"first that of {seen.other_prompts[0]}."
    )


def not_the_trained(merged: Seen, base: Seen, trained: Trained) -> str:
    """What tells that the merged model is not the trained one; empty where nothing does.

    Its log-probabilities must be those of the trained model but for a tenth of what training moved
    them by (more in bfloat16), unless the two programs differ nearly as much on the base.

    Args:
        merged, base: as 16-bit and base GGUF.
    """
    if not merged.logps:
        return ""
    moved = _distance(trained.tuned, trained.base)
    off, off_base = _distance(merged, trained.tuned), _distance(base, trained.base)
    share = ROUGH_OFF if trained.is_rough else OFF
    if off <= max(share * moved, NOISE * off_base, LEAST_NATS):
        return ""
    found = figures(merged, base, trained)
    there = f"; {found.kept.share:.0%} of the effect is there" if found and found.kept else ""
    return (
        f"The merged model is not the one that was trained: on {len(merged.logps)} held-out pairs "
        f"its answers' log-probabilities are {off:.1f} nats from the trained model's in torch, "
        f"where training moved them by {moved:.1f}{there}. The base's differ by {off_base:.1f}."
    )


def smallest(files: Iterable[Checked]) -> Checked | None:
    """The smallest file that keeps the effect; None where no file surely does."""
    keeping = [file for file in files if file.standing == "keeps"]
    return min(keeping, key=lambda file: file.size_bytes, default=None)


def verdict(files: Sequence[Checked]) -> str:
    """What a person should make of it, in a sentence or two."""
    if any(file.standing == "not_checked" for file in files):
        return "There are no held-out pairs: whether the files keep the effect was not checked."
    unsure = [file.name for file in files if file.standing == "unsure"]
    told = [file.says for file in files if file.says]
    if best := smallest(files):
        told.append(f"{best.name} is the smallest of these that keeps what training made.")
    if unsure:
        pairs = next(file.figures.pairs for file in files if file.figures)
        told.append(f"On {pairs} pairs it cannot be told whether {', '.join(unsure)} keeps it.")
    return " ".join(told)


def _lost(name: str, found: Figures, seen: Seen, base: Seen, trained: Trained) -> str:
    """Why a file has surely lost the effect; empty where it has not."""
    of_torch = figures(trained.tuned, trained.base, trained)
    assert of_torch is not None, "the same pairs were scored"
    told = f"of {found.pairs} held-out pairs,"
    if found.kept and found.kept.interval and found.kept.interval[1] < KEPT:
        low, high = found.kept.interval
        return (
            f"{name} keeps {found.kept.share:.0%} ({low:.0%} to {high:.0%}) of what training made "
            f"{told} under {KEPT:.0%}."
        )
    if _dropped(_moved(trained.tuned, trained.base), _moved(seen, base)):
        return (
            f"{name} moves {found.moved:.0%} {told} the trained model {of_torch.moved:.0%}: more "
            f"than {DROP:.0%} less."
        )
    if _dropped(_preferred(trained.tuned), _preferred(seen)):
        return (
            f"{name} prefers the chosen answer in {found.preferred:.0%} {told} the trained model "
            f"in {of_torch.preferred:.0%}: more than {DROP:.0%} less."
        )
    return ""


def _dropped(before: Sequence[bool], after: Sequence[bool]) -> bool:
    """Whether the share of hits fell by more than `DROP`, and by more than chance would.

    By the pairs that changed sides: the interval of those lost among them lies above one half.
    """
    changed = [was for was, is_now in zip(before, after, strict=True) if was != is_now]
    lost = sum(changed)
    drop = (2 * lost - len(changed)) / len(before)
    return drop > DROP and wilson(lost, len(changed))[0] > CHANCE


def _preferred(seen: Seen) -> list[bool]:
    return [pair.chosen > pair.rejected for _, pair in sorted(seen.logps.items())]


def _moved(seen: Seen, base: Seen) -> list[bool]:
    return [value > 0 for value in _effects(seen, base)]


def _effects(seen: Seen, base: Seen) -> list[float]:
    """How much greater each pair's margin is than the base's, in nats, in the order of the ids."""
    return [margin(pair, base.logps[key], 1) for key, pair in sorted(seen.logps.items())]


def _distance(a: Seen, b: Seen) -> float:
    """Between the log-probabilities of all completions: root mean square, in nats."""
    gaps = [
        gap
        for key, pair in a.logps.items()
        for gap in (pair.chosen - b.logps[key].chosen, pair.rejected - b.logps[key].rejected)
    ]
    return sqrt(fmean(gap * gap for gap in gaps))
