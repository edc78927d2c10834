"""What the run doctor knows to be wrong: a rule each, and the bounds where they begin.

A rule keeps quiet where figures may be noise: a step's accuracy is that of eight pairs.
"""

import math
from collections.abc import Callable, Sequence

from engine.train.run_figures import (
    LOOK_AT_PAIRS,
    Advice,
    Seen,
    again_with,
    least,
    mean,
    since,
    slower,
)
from models.events import Metric

EASY_PAIRS, EASY_WITHIN = 40, 15
"""Forty pairs in a row told apart, by a model that is right on six of ten, come once in a billion
times; within the first fifteen steps it has not had the time to learn that much."""
MARGIN_TOO_LARGE, MARGIN_STEPS = 20.0, 5
"""At a margin of 20 the gradient of a pair is e^-20: nothing is left to learn, only to break."""
CHOSEN_FALL, CHOSEN_STEPS = 0.1, 10
"""Share of its log-probability that a chosen answer lost; healthy runs here stay under 0.01."""
PARTING = 0.1
"""Rise of the held-out loss; two looks at the same 24 pairs differ by less."""
TOLD_APART, NOT_TOLD_APART, PARTING_STEPS = 0.95, 0.65, 10
"""Accuracies of training and of held-out pairs that are further apart than 24 pairs can be off."""
BY_HEART_LOSS = 0.05
"""A pair that the model gives its chosen side with 95 %."""
FEW_PAIRS = 40
"""Five steps of eight: too few to learn anything from, however often or seldom they are seen."""
STUCK_STEPS, STUCK_ACCURACY, STUCK_MARGIN = 20, 0.55, 0.05
"""160 pairs: by chance their accuracy is over 0.55 in one case of ten."""
NO_MOVEMENT = 0.02
"""Mean size of a step's margin where the model has hardly moved: bfloat16's noise."""
MAX_GRAD_NORM = 1.0
"""transformers' default, which the runs keep."""
CLIPPED_BY, CLIPPED_STEPS = 10.0, 20
"""Healthy runs here have norms of 3 to 8 at every step: Adam takes the same steps of them clipped.
Beyond ten, single pairs lead."""
LONGER_BY, LONGER_TOKENS = 1.25, 15
"""Sentences, not words, that a description gained."""
DATA_LONGER_BY = 1.2
"""Of the chosen answers' mean length; the pair doctor calls pairs lopsided at about as much."""
REPEATED, REPEATED_MORE = 0.3, 0.15
"""Share of three-word runs that stood there before; a sound description has next to none."""
MEMORY_NEAR = 0.9
"""Of what the machine has: the next longer batch may not fit."""
MEMORIES = {"gpu_memory": "the GPU's memory", "memory": "this machine's memory"}


def not_a_number(seen: Seen) -> Advice | None:
    for metric in seen.all:
        if not all(map(math.isfinite, metric.values.values())):
            says = (
                f"At step {metric.step} the figures are no numbers any more: the model is broken."
            )
            lr = seen.config.learning_rate / 10
            return Advice("not_a_number", metric.step, says, again_with("learning_rate", lr), True)
    return None


def _too_easy(seen: Seen) -> Advice | None:
    if seen.config.start_from:
        return None  # what it began with may have learned to tell them apart
    first_epoch = [metric for metric in seen.steps if metric.values.get("epoch", 0.0) <= 1]
    window = math.ceil(EASY_PAIRS / seen.config.batch_size)
    for start in range(min(EASY_WITHIN, len(first_epoch) - window + 1)):
        part = first_epoch[start : start + window]
        if all(metric.values.get("rewards/accuracies") == 1.0 for metric in part):
            says = (
                f"From step {part[0].step} on the model told {EASY_PAIRS} pairs in a row apart: "
                "they are too easy. A word that gives the chosen answer away, or its length, may "
                "be all that it learns."
            )
            return Advice("too_easy", part[-1].step, says, LOOK_AT_PAIRS, False)
    return None


def margins_explode(seen: Seen) -> Advice | None:
    """Once is enough: what broke then does not mend when the margins come back."""
    for end in range(MARGIN_STEPS, len(seen.steps) + 1):
        part = seen.steps[end - MARGIN_STEPS : end]
        margin = mean(part, "rewards/margins")
        if margin > MARGIN_TOO_LARGE:
            says = (
                "The margins explode: chosen and rejected answers have moved "
                f"{margin / seen.config.beta:,.0f} nats apart. There is nothing left to learn from "
                "that, and the model forgets how to write."
            )
            return Advice("margins_explode", part[-1].step, says, slower(seen.config), True)
    return None


def _chosen_falls(seen: Seen) -> Advice | None:
    beta = seen.config.beta

    def fall(part: Sequence[Metric]) -> bool:
        return mean(part, "rewards/chosen") / beta < CHOSEN_FALL * mean(part, "logps/chosen")

    step = since(seen.steps, CHOSEN_STEPS, fall)
    if step < 0:
        return None
    part = seen.steps[-CHOSEN_STEPS:]
    chosen, rejected = (-mean(part, f"rewards/{side}") / beta for side in ("chosen", "rejected"))
    says = f"The chosen answers have become less likely than they were, by {chosen:.0f} nats each"
    if rejected > chosen:
        says += (
            f"; the rejected ones fell faster, by {rejected:.0f}. Pairs come out right so, but the "
            "model turns to texts that are neither, and may write worse."
        )
    else:
        says += ", and more so than the rejected ones: it learns the opposite of what it should."
    next_step = slower(seen.config)
    if seen.config.loss == "sigmoid":
        next_step += (
            " Or take the loss apo_zero, which looks at each answer by itself: in our trials the "
            "chosen ones stayed where they were."
        )
    return Advice("chosen_falls", step, says, next_step, rejected <= chosen)


def _parting(seen: Seen) -> Advice | None:
    if not seen.looks or len(seen.steps) < PARTING_STEPS:
        return None
    best = min(seen.looks, key=lambda look: look.values["held_out/loss"])
    after = [look for look in seen.looks if look.step > best.step]
    step = since(after, 1, lambda part: _has_parted(seen, best, part[0]))
    if step < 0:
        return None
    now = after[-1].values["held_out/loss"]
    says = (
        "Training and held-out pairs part: the model gets better at the pairs it trains on, and "
        f"worse at those it never saw (their loss rose from {best.values['held_out/loss']:.2f} at "
        f"step {best.step} to {now:.2f}). It learns its pairs by heart."
    )
    pick = (
        f"Once the run has ended, take step {best.step}: d on the Train screen, or `persona-studio "
        f"runs pick RUN {best.step}`."
    )
    return Advice("parting", step, says, pick if best.step else slower(seen.config), False)


def _has_parted(seen: Seen, best: Metric, look: Metric) -> bool:
    def training_loss(until: int) -> float:
        before = [metric for metric in seen.steps if metric.step <= until][-PARTING_STEPS:]
        return mean(before or seen.steps[:1], "loss")

    rise = look.values["held_out/loss"] - best.values["held_out/loss"]
    return rise > PARTING and training_loss(look.step) < training_loss(best.step)


def _by_heart(seen: Seen) -> Advice | None:
    """Trained to nothing, with held-out pairs that do not follow, or none that would tell."""

    def known(part: Sequence[Metric]) -> bool:
        return (
            mean(part, "rewards/accuracies") >= TOLD_APART
            and mean(part, "loss") < BY_HEART_LOSS
            and part[-1].values.get("epoch", 0.0) > 1
        )

    step = since(seen.steps, PARTING_STEPS, known)
    held_out = seen.looks[-1].values["held_out/accuracies"] if seen.looks else None
    if step < 0 or (held_out is not None and held_out > NOT_TOLD_APART):
        return None
    beside = (
        "no held-out pairs tell whether it learned anything else"
        if held_out is None
        else f"of the pairs it never saw it gets {held_out:.0%} right"
    )
    says = f"The model knows its training pairs by heart, and {beside}."
    newest = seen.steps[-1]
    pairs = seen.config.batch_size * newest.step / newest.values["epoch"]
    further = (
        again_with("epochs", 1)
        if seen.config.epochs > 1 and pairs >= FEW_PAIRS
        else "Build more pairs: b on the Pairs screen, or `persona-studio pairs build READER`."
    )
    return Advice("by_heart", step, says, further, False)


def _stuck(seen: Seen) -> Advice | None:
    def by_chance(part: Sequence[Metric]) -> bool:
        return (
            mean(part, "rewards/accuracies") <= STUCK_ACCURACY
            and mean(part, "rewards/margins") <= STUCK_MARGIN
        )

    step = since(seen.steps, STUCK_STEPS, by_chance)
    if step < 0:
        return None
    part = seen.steps[-STUCK_STEPS:]
    moved = sum(abs(m.values.get("rewards/margins", 0.0)) for m in part) / len(part)
    says = (
        f"In the last {STUCK_STEPS} steps the model told chosen from rejected no better than chance"
    )
    if moved < NO_MOVEMENT:
        says += ": it hardly moves."
        faster = again_with("learning_rate", seen.config.learning_rate * 3)
        return Advice("stuck", step, says, faster, False)
    says += ", though it moves: the pairs may contradict one another, or have their sides swapped."
    return Advice("stuck", step, says, LOOK_AT_PAIRS, False)


def _clipped(seen: Seen) -> Advice | None:
    limit = CLIPPED_BY * MAX_GRAD_NORM
    step = since(seen.steps, CLIPPED_STEPS, lambda part: least(part, "grad_norm") > limit)
    if step < 0:
        return None
    norm = least(seen.steps[-CLIPPED_STEPS:], "grad_norm")
    says = (
        f"Every gradient of the last {CLIPPED_STEPS} steps was cut down, to a "
        f"{norm / MAX_GRAD_NORM:.0f}th of its size or less: a few pairs pull far harder than all "
        "the others."
    )
    return Advice("clipped", step, says, slower(seen.config), False)


def _longer(seen: Seen) -> Advice | None:
    if not seen.samples or seen.samples[0].step != 0:
        return None
    first = seen.samples[0].values["sample/tokens"]
    long = max(first * LONGER_BY, first + LONGER_TOKENS)
    step = since(seen.samples, 1, lambda part: part[0].values["sample/tokens"] >= long)
    if step < 0:
        return None
    now = seen.samples[-1].values["sample/tokens"]
    says = f"Its descriptions grow longer: {now:.0f} tokens, where the base wrote {first:.0f}."
    further = (
        "Train again with the loss sigmoid_norm, which weighs by length: k on the Train screen, or "
        "--set loss=sigmoid_norm."
        if seen.config.loss == "sigmoid"
        else LOOK_AT_PAIRS
    )
    return Advice("longer", step, says, further, False)


def _lopsided(seen: Seen) -> Advice | None:
    for metric in seen.all:
        chosen, rejected = (
            metric.values.get(f"data/{side}_tokens", 0.0) for side in ("chosen", "rejected")
        )
        if rejected and chosen > DATA_LONGER_BY * rejected:
            says = (
                f"The chosen answers are longer than the rejected ones, {chosen:.0f} tokens "
                f"against {rejected:.0f}: the model may learn to write at length and nothing else."
            )
            return Advice("lopsided", metric.step, says, LOOK_AT_PAIRS, False)
    return None


def _repeats(seen: Seen) -> Advice | None:
    if not seen.samples or seen.samples[0].step != 0:
        return None
    much = max(REPEATED, seen.samples[0].values["sample/repeated"] + REPEATED_MORE)
    step = since(seen.samples, 1, lambda part: part[0].values["sample/repeated"] >= much)
    if step < 0:
        return None
    now = seen.samples[-1].values["sample/repeated"]
    says = f"Its descriptions repeat themselves: {now:.0%} of the newest stood in it before."
    return Advice("repeats", step, says, slower(seen.config), False)


def _memory(seen: Seen) -> Advice | None:
    near = ((_near_limit(seen.steps, name), name) for name in MEMORIES)
    step, name = next(((step, name) for step, name in near if step >= 0), (-1, ""))
    if step < 0:
        return None
    newest = seen.steps[-1].values
    held = newest[f"{name}_bytes"] / newest[f"{name}_limit_bytes"]
    says = f"The run holds {held:.0%} of {MEMORIES[name]}; a longer batch may end it."
    half = seen.config.batch_size // 2
    smaller = "Train again on a smaller base: --base on the command line."
    return Advice("memory", step, says, again_with("batch_size", half) if half else smaller, True)


def _near_limit(steps: Sequence[Metric], name: str) -> int:
    def near(part: Sequence[Metric]) -> bool:
        limit = part[0].values.get(f"{name}_limit_bytes", math.inf)
        return part[0].values.get(f"{name}_bytes", 0.0) > MEMORY_NEAR * limit

    return since(steps, 1, near)


RULES: tuple[Callable[[Seen], Advice | None], ...] = (
    _memory,
    _too_easy,
    _lopsided,
    _parting,
    _by_heart,
    _stuck,
    _chosen_falls,
    _clipped,
    _longer,
    _repeats,
)
"""The gravest first."""
