"""One prompt, answered for several people by several models: what a preview of story P shows.

Whoever asks is told by the example's own personas, by those of the nearest training prompt, by a
sentence that the editor writes, or not at all. Nothing is judged here, and nothing is kept.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Self, get_args

from engine.hosting import Hosts
from engine.nearness import nearness
from engine.personas.domain import SIDES, Side
from engine.preview import DEFAULT_SAMPLING
from engine.prompts import Takes, for_persona, refusal_note
from engine.prompts.taking import taken_by
from engine.store import datasets as dataset_rows
from engine.store import personas as persona_rows
from engine.store.database import opened
from engine.tailoring.cases import RETRIEVED_OF, Case, Given, cases_of
from engine.tailoring.sets import topic_of
from engine.tailoring.speakers import Speaker, find_speaker
from models.chat import ChatEvent, Message, Sampling
from models.errors import BadInput

NAMED: tuple[Given, ...] = tuple(name for name in get_args(Given) if name != "fixed")
"""Personas that are asked for by these words; anything else is a persona in the editor's words."""


@dataclass(frozen=True)
class Asked:
    """A prompt of a dataset, or of the editor's own."""

    dataset_id: str
    prompt: str
    case: Case | None
    """None of a prompt that is no example's."""


@dataclass(frozen=True)
class TailoredPane:
    """One column of the preview: who answers, and for whom."""

    speaker: Speaker
    whose: str
    """As it was asked for: `chosen`, …, `none`, or `written`."""
    persona: str
    """The sentence in the prompt; empty for nobody."""

    @property
    def id(self) -> str:
        return f"{self.speaker.name}/{self.persona}"


class TailoredBench:
    """The models that answer, each pane's in a child of its own; an async context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._children = AsyncExitStack()
        self._hosts = Hosts(data_dir)

    async def __aenter__(self) -> Self:
        await self._children.enter_async_context(self._hosts)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    async def pane(self, asked: Asked, speaker: str, whose: str) -> TailoredPane:
        """A pane by the name of its model, and whose persona it is given.

        Raises:
            BadInput: no such model, or the example has no such persona.
            UserError: the encoder that finds the nearest prompt cannot be asked.
        """
        found = await asyncio.to_thread(find_speaker, self._data_dir, asked.dataset_id, speaker)
        if whose not in NAMED:
            written = " ".join(whose.split())
            if not written:
                raise BadInput("A persona of no words.", "Say `none` for nobody's.")
            return TailoredPane(found, "written", written)
        if whose == "none":
            return TailoredPane(found, whose, "")
        if whose.startswith("retrieved"):
            persona = await self._nearest(asked, whose)
        else:
            personas = asked.case.personas if asked.case else {}
            persona = next((personas[side] for side in SIDES if side == whose in personas), "")
        if not persona:
            raise BadInput(
                f"There is no persona {whose!r} for this prompt.",
                f"Infer one, or write one: {', '.join(NAMED)}, or a sentence.",
            )
        return TailoredPane(found, whose, persona)

    async def stream(
        self, asked: Asked, pane: TailoredPane, sampling: Sampling = DEFAULT_SAMPLING
    ) -> AsyncGenerator[ChatEvent, None]:
        """Answer; yields as `ChatModel.stream` does. Closing it stops the model.

        Raises:
            UserError: the model cannot be loaded, or died.
        """
        messages = await asyncio.to_thread(self._messages, asked, pane)
        async with (
            self._hosts.lent(pane.id, pane.speaker.provider) as model,
            aclosing(model.stream(messages, sampling)) as events,
        ):
            async for event in events:
                yield event

    async def note(self, asked: Asked, speaker: Speaker) -> str:
        """What should be known of how a model reads the prompt; empty where nothing is.

        Raises:
            BadInput: the model's file cannot be read.
        """
        return await asyncio.to_thread(refusal_note, [asked.prompt], self._takes(speaker))

    def _messages(self, asked: Asked, pane: TailoredPane) -> tuple[Message, ...]:
        speaker = pane.speaker
        return for_persona(asked.prompt, pane.persona, speaker.before, self._takes(speaker))

    def _takes(self, speaker: Speaker) -> Takes:
        return taken_by(speaker.provider, self._data_dir)

    async def _nearest(self, asked: Asked, whose: str) -> str:
        side = next(side for side in SIDES if RETRIEVED_OF[side] == whose)
        pool = await asyncio.to_thread(_pool, self._data_dir, asked, side)
        if not pool:
            return ""
        async with nearness(self._data_dir / "logs") as child:
            child.know({case.example_id: case.prompt for case in pool})
            (near,) = await child.nearest([asked.prompt])
        assert near is not None, "the pool is not empty"
        return next(case.personas[side] for case in pool if case.example_id == near.name)


def asked_of(data_dir: Path, dataset_id: str, example_id: str | None, prompt: str | None) -> Asked:
    """The prompt of an example, by its id or the beginning of it; or one of the editor's own.

    Raises:
        BadInput: there is no such dataset or example; both were given, or neither.
    """
    if (example_id is None) == (prompt is None):
        raise BadInput("Ask an example's prompt, or one of your own.", "Name EXAMPLE or --prompt.")
    with opened(data_dir) as db:
        dataset_rows.ensure_dataset(db, dataset_id)
        if prompt is not None:
            if not prompt.strip():
                raise BadInput("The prompt is empty.", "Ask something.")
            return Asked(dataset_id, prompt.strip(), None)
        example = dataset_rows.find_example(db, str(example_id))
        found = persona_rows.personas_of_example(db, example.id)
    if example.dataset_id != dataset_id:
        raise BadInput(
            f"The pair {example.id} is of {example.dataset_id!r}, not of {dataset_id!r}.",
            "Name its own dataset.",
        )
    # All that have words: whoever asks for an answer reads it, and judges the persona too.
    known = {side: one.text for side, one in found.items() if not one.is_failed}
    topic = topic_of(example.prompt)
    case = Case(example.id, topic, example.prompt, example.chosen, example.rejected, known)
    return Asked(dataset_id, example.prompt, case)


def _pool(data_dir: Path, asked: Asked, side: Side) -> list[Case]:
    """The training cases that have a persona of that side, the prompt's own topic left out."""
    with opened(data_dir) as db:
        examples = dataset_rows.examples_of(db, asked.dataset_id)
        personas = persona_rows.personas_of(db, asked.dataset_id)
    _, pool = cases_of(examples, personas, unchecked=True)
    own = topic_of(asked.prompt)
    return [case for case in pool if side in case.personas and case.topic != own]
