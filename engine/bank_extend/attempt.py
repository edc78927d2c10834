"""One attempt at an entry: write it, measure it, ask the gates, keep it, whatever became of it."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.bank_extend import drafting
from engine.bank_extend.candidate import Answer, Candidate, Entry, Target, entry_id
from engine.bank_extend.files import append
from engine.bank_extend.gates import SAMPLING, Gate, gates, read_answer, sensitive_gate
from engine.bank_extend.measured import fault
from engine.bank_extend.plan import TRIES, Plan
from engine.bank_extend.twins import named_texts, twin
from engine.frameworks import Statement
from engine.nearness import Nearness
from engine.spent import Spent
from models.asking import Asked, asked
from models.chat import ChatModel


@dataclass
class Writing:
    """A call under way."""

    data_dir: Path
    plan: Plan
    model: ChatModel
    model_name: str
    near: Nearness
    spent: Spent = field(default_factory=Spent)
    kept: list[Candidate] = field(default_factory=list)
    """Of this call, refused ones too."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from the last look for a twin to the disk: two that are alike do not both pass."""

    def wanting(self) -> list[Target]:
        """The targets to try next: those that lack something and were not tried too often."""
        return [
            target
            for target, lacks in self.plan.missing.items()
            if len(self.passed(target)) < lacks and len(self.tried(target)) < TRIES * lacks
        ]

    @property
    def all_passed(self) -> int:
        return sum(not candidate.refused for candidate in self.kept)

    def tried(self, target: Target) -> list[Candidate]:
        return [candidate for candidate in self.kept if candidate.target == target]

    def passed(self, target: Target) -> list[Candidate]:
        return [candidate for candidate in self.tried(target) if not candidate.refused]

    def written(self, target: Target) -> tuple[Entry, ...]:
        """What there is for a target by now; of scenes, at whatever grade."""
        new = (one.entry for one in self.kept if one.target.id == target.id and not one.refused)
        return (*self.plan.written[target], *(entry for entry in new if entry))


async def attempted(writing: Writing, target: Target) -> Candidate:
    """One try at an entry, from the request to the disk.

    Raises:
        UserError: the model cannot answer, or the disk refuses.
    """
    attempt = writing.plan.attempts.get(target, 0) + len(writing.tried(target))
    before = writing.written(target)
    pole = drafting.next_pole(target, before)

    def read(text: str) -> Entry | None:
        return drafting.read_draft(text, target, attempt, pole)

    request = drafting.messages(target, attempt, before)
    drawn = drafting.sampling(target.kind, attempt)
    said: Asked[Entry] = await asked(writing.model, request, drawn, read)
    writing.spent.count(said.prompt_tokens, said.completion_tokens, said.unread)
    own_id = said.value.id if said.value else entry_id(target, attempt, said.text)
    candidate = Candidate(
        own_id, target, said.value, said.text, writing.model_name, datetime.now(UTC)
    )
    if candidate.entry is None:
        candidate = replace(candidate, refused="The reply could not be read, twice.")
    else:
        candidate = await _judged(writing, candidate, candidate.entry)
    async with writing.turn:
        if candidate.entry and not candidate.refused:
            candidate = replace(candidate, refused=await twin(writing.near, candidate.entry))
        await asyncio.to_thread(append, writing.data_dir, candidate)
        writing.kept.append(candidate)
        if candidate.entry and not candidate.refused:
            writing.near.know(named_texts(candidate.entry))
    return candidate


async def _judged(writing: Writing, candidate: Candidate, entry: Entry) -> Candidate:
    """The candidate with what the gates make of it; what costs nothing is looked at first."""
    if refused := fault(entry) or await twin(writing.near, entry):
        return replace(candidate, refused=refused)
    answers: list[Answer] = []
    for gate in gates(entry):
        answers.append(await answered(writing, gate))
        if not answers[-1].passes:
            return replace(candidate, refused=_refusal(answers[-1]), answers=tuple(answers))
    if isinstance(entry, Statement):
        answers.append(await answered(writing, sensitive_gate(entry)))
        # Unreadable counts as sensitive: the editor has to switch those on.
        entry = replace(entry, sensitive=answers[-1].said != "no")
    return replace(candidate, entry=entry, answers=tuple(answers))


async def answered(writing: Writing, gate: Gate) -> Answer:
    """What the model says to one question.

    Raises:
        UserError: it cannot answer.
    """
    said = await asked(writing.model, gate.messages, SAMPLING, read_answer)
    writing.spent.count(said.prompt_tokens, said.completion_tokens, said.unread)
    if said.value is None:
        return Answer(gate.name, gate.wanted, None, said.text)
    return Answer(gate.name, gate.wanted, said.value.answer, said.value.reason)


def _refusal(answer: Answer) -> str:
    if answer.said is None:
        return f"Gate {answer.gate!r}: two replies could not be read."
    return f"Gate {answer.gate!r}: {answer.said}, because: {answer.reason}"
