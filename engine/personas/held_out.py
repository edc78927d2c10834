"""Does one sentence for a whole group tell its members' choices? Kept only where it does.

A group of the map has a candidate, its most typical persona. The other members' pairs are unseen by
it: with the candidate in the prompt, the answer that the member prefers has to gain on the other,
by the log-probabilities of a local model. (Ideas of M. J. Ryan et al., "SynthesizeMe", arXiv
2506.05598: keep a reason only where it helps on held-out choices.) The intervals of all groups
hold together: a map of many groups keeps none the likelier by chance.

Who is in a group follows from personas that were inferred from the choices themselves: this tests
whether one sentence can stand for them all, not whether a stranger's group can be told.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from engine.domain import PreferenceExample
from engine.intervals import for_each_of, mean_interval
from engine.personas.domain import Side, other_side
from engine.personas.figures import Share
from engine.personas.lock import at_work
from engine.personas.map import Group, PersonaMap, kept_map, map_path
from engine.personas.scorer import Scorer
from engine.prompts import Takes, for_persona, refusal_note
from engine.prompts.taking import taken_by
from engine.sources.rows import digest
from engine.store import datasets as dataset_rows
from engine.store.database import opened
from models.aside import written_aside
from models.errors import BadInput
from models.events import Event, Finished, Note, Step
from models.local import local_model
from models.providers import LocalFile, parse_provider

CONTEXT = 4096
FEWEST_CHOICES = 5
"""Unseen choices that a verdict takes."""


@dataclass(frozen=True)
class UnseenChoice:
    """One member's pair, scored by log p(preferred) - log p(other), in nats."""

    example_id: str
    side: Side
    without: float
    with_persona: float

    @property
    def gain(self) -> float:
        return self.with_persona - self.without


@dataclass(frozen=True)
class GroupPersona:
    """A group's candidate, and what it is worth on choices that it was not made from."""

    group: str
    persona: str
    choices: tuple[UnseenChoice, ...]
    confidence: float
    """Of its interval alone, where those of all groups hold together at 95 %."""

    @property
    def mean_gain(self) -> float | None:
        return fmean(one.gain for one in self.choices) if self.choices else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the mean gain, by Student's t; None where there are too few choices for a verdict."""
        if len(self.choices) < FEWEST_CHOICES:
            return None
        return mean_interval([one.gain for one in self.choices], self.confidence)

    @property
    def told_without(self) -> Share:
        """Choices of which the preferred answer is the likelier one."""
        return Share(sum(one.without > 0 for one in self.choices), len(self.choices))

    @property
    def told_with(self) -> Share:
        return Share(sum(one.with_persona > 0 for one in self.choices), len(self.choices))

    @property
    def is_kept(self) -> bool:
        """Whether the whole interval of the gain is over nothing."""
        return self.interval is not None and self.interval[0] > 0

    def as_json(self) -> dict[str, object]:
        return {
            "group": self.group,
            "persona": self.persona,
            "kept": self.is_kept,
            "mean_gain": self.mean_gain,
            "interval": self.interval,
            "told_without": self.told_without.as_json(),
            "told_with": self.told_with.as_json(),
            "choices": [asdict(one) for one in self.choices],
        }


async def held_out(
    data_dir: Path, dataset_id: str, provider: str, most: int
) -> AsyncGenerator[Event, None]:
    """Score every group of the dataset's map; what comes of it is kept beside the map.

    Every margin is there before the next is scored: the same call goes on, and scores none again.

    Args:
        provider: `embedded` or `local:FILE.gguf`; a server does not tell the likelihood of a text.
        most: unseen choices of a group, drawn by a hash: the candidate suits those nearest to the
            middle better than it does the others.

    Raises:
        BadInput: no map of the personas as they are, a provider that cannot score, or another
            window or command is at work on the dataset.
        UserError: the model cannot be opened.
    """
    named = parse_provider(provider, data_dir)
    if not isinstance(named, LocalFile):
        raise BadInput(
            f"{provider!r} cannot say how likely a given text is.", "Name a local:FILE.gguf."
        )
    with at_work(data_dir, dataset_id, "tried on unseen choices"):
        async with aclosing(_held_out(data_dir, dataset_id, provider, named, most)) as events:
            async for event in events:
                yield event


async def _held_out(
    data_dir: Path, dataset_id: str, provider: str, named: LocalFile, most: int
) -> AsyncGenerator[Event, None]:
    found = await asyncio.to_thread(_current_map, data_dir, dataset_id)
    with opened(data_dir) as db:
        examples = {one.id: one for one in dataset_rows.examples_of(db, dataset_id)}
    tasks = [
        (place, key) for place, group in enumerate(found.groups) for key in _drawn(group, most)
    ]
    takes = taken_by(provider, data_dir)
    asked = (examples[example_id].prompt for _, (example_id, _) in tasks)
    if note := await asyncio.to_thread(refusal_note, asked, takes):
        yield Note(note)
    yield Step(0, len(tasks), "Unseen choices scored:")
    # By place: two groups may have the same name.
    choices: defaultdict[int, list[UnseenChoice]] = defaultdict(list)
    too_long = from_before = 0
    async with local_model(named.path, data_dir / "logs", CONTEXT) as model:
        scorer = Scorer.of(model, scores_path(data_dir, dataset_id))
        for done, (place, (example_id, side)) in enumerate(tasks, 1):
            candidate = found.groups[place].typical[0]
            known = len(scorer.kept)
            scored = await _scored(scorer, examples[example_id], side, candidate, takes)
            if scored is None:
                too_long += 1
                continue
            choices[place].append(scored)
            if len(scorer.kept) == known:
                from_before += 1
            else:
                yield Step(done, len(tasks), "Unseen choices scored:")
        if too_long:
            yield Note(f"Over the model's {model.context:,} tokens, and left out: {too_long:,}.")
        name = model.name
    result = {
        "dataset": dataset_id,
        "model": name,
        "scored": len(tasks) - too_long - from_before,
        "kept": from_before,
        **_verdicts(found, choices),
    }
    with written_aside(map_path(data_dir, dataset_id, "held-out")) as aside:
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(result), encoding="utf-8")
    yield Finished(result)


def _verdicts(
    found: PersonaMap, choices: Mapping[int, Sequence[UnseenChoice]]
) -> dict[str, object]:
    """Of every group, and how many have intervals that hold together.

    Args:
        choices: by the group's place.
    """
    tested = sum(len(scored) >= FEWEST_CHOICES for scored in choices.values())
    confidence = for_each_of(tested)
    groups = [
        GroupPersona(group.name, group.typical[0], tuple(choices.get(place, ())), confidence)
        for place, group in enumerate(found.groups)
    ]
    told = [one.as_json() for one in groups]
    return {"tested": tested, "confidence": confidence, "groups": told}


def _current_map(data_dir: Path, dataset_id: str) -> PersonaMap:
    found = kept_map(data_dir, dataset_id)
    if found is None or not found.is_current:
        told = f"There is no map of the personas of {dataset_id!r} as they are now."
        raise BadInput(told, f"Make one: `persona-studio persona map {dataset_id}`.")
    return found


def _drawn(group: Group, most: int) -> list[tuple[str, Side]]:
    """Members whose pair the candidate was not inferred from, the same ones each time."""
    own, _ = group.members[0]
    unseen = [key for key in group.members if key[0] != own]
    return sorted(unseen, key=lambda key: digest(*key))[:most]


async def _scored(
    scorer: Scorer, example: PreferenceExample, side: Side, persona: str, takes: Takes
) -> UnseenChoice | None:
    """One member's pair; None where a prompt with an answer is over the model's context."""
    answers: Mapping[Side, str] = {"chosen": example.chosen, "rejected": example.rejected}
    preferred, other = answers[side], answers[other_side(side)]
    margins = []
    for told in ("", persona):
        messages = for_persona(example.prompt, told, takes=takes)
        margin = await scorer.margin(messages, preferred, other)
        if margin is None:
            return None
        margins.append(margin)
    return UnseenChoice(example.id, side, *margins)


def scores_path(data_dir: Path, dataset_id: str) -> Path:
    """Where the margins of a dataset's choices are kept, beside its map."""
    return map_path(data_dir, dataset_id, "held-out").with_suffix(".jsonl")
