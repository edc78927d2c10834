"""What of an order is missing, and what asking for it will cost. Asks nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.bank_extend import drafting
from engine.bank_extend.candidate import NOUNS, Entry, Kind, Target
from engine.bank_extend.decisions import Decided, candidates
from engine.bank_extend.gates import REPLY_TOKENS, Gate, gates, sensitive_gate, side_gates
from engine.bank_extend.order import Order
from engine.frameworks import Statement
from engine.profile.chat_plan import Judge, judge

TRIES = 3
"""Attempts in one call, for each text that is missing; the next call tries as often again."""
CONTROL_ENTRIES = 3
"""Entries of ours that the model is asked about, to see whether it can tell sides at all."""


@dataclass(frozen=True)
class Plan:
    """An order against what there is already."""

    order: Order
    missing: Mapping[Target, int]
    """How many each target lacks; targets that lack none are left out."""
    attempts: Mapping[Target, int]
    """How often each target was tried in earlier calls."""
    written: Mapping[Target, tuple[Entry, ...]]
    """What there is for each target, ours first; what was refused or rejected is no part of it."""

    @property
    def wanted(self) -> int:
        return sum(self.missing.values())


@dataclass(frozen=True)
class ExtensionCost:
    """Requests and tokens of an order that is not carried out yet, if every text passes at once."""

    kind: Kind
    texts: int
    reused: int
    """Texts of earlier calls that count towards the order."""
    calls: int
    prompt_tokens: int
    """About: of texts that are not written yet, ours stand in."""
    completion_tokens_at_most: int
    tries: int = TRIES

    def __str__(self) -> str:
        kept = f"{self.reused:,} of earlier calls count. " if self.reused else ""
        if not self.texts:
            return f"{kept}Nothing is missing: ask for more with --count."
        return (
            f"{kept}Missing: {many(self.texts, self.kind)}. {self.calls:,} requests if each "
            f"passes at once, about {self.prompt_tokens:,} tokens to read and at most "
            f"{self.completion_tokens_at_most:,} to write; refused ones are tried again, "
            f"{self.tries} times at most."
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


async def extension_cost(data_dir: Path, order: Order) -> ExtensionCost:
    """What an order would ask.

    Raises:
        UserError: the provider means nothing, or its file is no chat model.
    """
    plan = planned(order, candidates(data_dir))
    async with judge(order.provider, data_dir) as who:
        return await cost_of(plan, who)


def planned(order: Order, known: Sequence[Decided]) -> Plan:
    """The order less what there is: what passed and the editor did not reject, or accepted."""
    counts = [one.candidate for one in known if one.state in ("waiting", "accepted")]
    there = Counter(candidate.target for candidate in counts)
    written = {
        target: (
            *drafting.shipped(target),
            *(one.entry for one in counts if one.entry and one.target.id == target.id),
        )
        for target in order.targets
    }
    lacking = {target: order.count - there[target] for target in order.targets}
    return Plan(
        order,
        {target: lacks for target, lacks in lacking.items() if lacks > 0},
        Counter(one.candidate.target for one in known),
        written,
    )


async def cost_of(plan: Plan, who: Judge) -> ExtensionCost:
    """The requests and tokens of a plan, counted by the model's own tokenizer where it is here."""
    kind = plan.order.kind
    reused = len(plan.order.targets) * plan.order.count - plan.wanted
    if not plan.missing:
        return ExtensionCost(kind, 0, reused, 0, 0, 0)
    tokens = 0
    for target, lacks in plan.missing.items():
        asked = drafting.messages(target, plan.attempts.get(target, 0), plan.written[target])
        tokens += lacks * await who.count_tokens(asked)
    first = next(iter(plan.missing))
    stand_in = questions_about(drafting.examples(first)[0])
    gate_tokens = [await who.count_tokens(gate.messages) for gate in stand_in]
    known = controls(first)
    tokens += plan.wanted * sum(gate_tokens)
    tokens += sum([await who.count_tokens(gate.messages) for gate in known])
    asked_of_gates = plan.wanted * len(stand_in) + len(known)
    return ExtensionCost(
        kind,
        plan.wanted,
        reused,
        plan.wanted + asked_of_gates,
        tokens,
        plan.wanted * drafting.REPLY_TOKENS[kind] + asked_of_gates * REPLY_TOKENS,
    )


def many(number: int, kind: Kind) -> str:
    """`1 scene pair`, `2 scene pairs`."""
    return f"{number:,} {NOUNS[kind]}" + ("" if number == 1 else "s")


def questions_about(entry: Entry) -> list[Gate]:
    """All that is asked about an entry that passes."""
    sensitive = [sensitive_gate(entry)] if isinstance(entry, Statement) else []
    return [*gates(entry), *sensitive]


def controls(target: Target) -> list[Gate]:
    """Questions about sides of ours, whose answers are known: a yes and a no of each entry."""
    return [
        gate
        for entry in drafting.examples(target)[:CONTROL_ENTRIES]
        for gate in list(side_gates(entry))[:2]
    ]
