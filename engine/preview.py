"""Descriptions of one book for one reader, by the base, by the tuned model, by others.

A `Bench` keeps one child per model file for as long as it is open, so that the reader's card stays
in each model's cache from one book to the next. Two panes never share weights by accident: every
reply names the hash of the file that spoke. Nothing is judged here.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.cards import conditioning_text
from engine.domain import Book
from engine.near_book import NearBooks
from engine.prompts import description_request, for_reader
from engine.shelf import find_book
from engine.tuned_models import TunedModel, tuned_models
from models.chat import ChatEvent, Message, Reply, Sampling, Started, Text
from models.errors import BadInput
from models.library import embedded_gguf
from models.local import LocalModel

DEFAULT_SAMPLING = Sampling(max_tokens=200, temperature=0.0, repeat_penalty=1.1, seed=1)
"""Greedy, so that two panes differ by their weights alone; the embedded model also keeps closer to
the facts so than with a temperature."""


@dataclass(frozen=True)
class Pane:
    """One column of a preview: which model writes, and whether it is given the profile."""

    id: str
    title: str
    detail: str
    """The model's file name, or what stands there instead of a model."""
    gguf: Path | None
    """None for the description as it stands."""
    with_card: bool = True


class Bench:
    """The models that write previews, each in a child of its own; an async context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._children = AsyncExitStack()
        self._models: dict[Path, LocalModel] = {}
        self._opening = asyncio.Lock()
        self._near = NearBooks(data_dir)
        self._is_told = False

    async def __aenter__(self) -> Self:
        await self._children.enter_async_context(self._near)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    def panes(self, reader_id: str) -> list[Pane]:
        """The panes on offer for a reader: `base`, `tuned` if there is one, then the others."""
        return panes(self._data_dir, reader_id)

    async def stream(
        self, reader_id: str, book_id: str, pane_id: str, sampling: Sampling = DEFAULT_SAMPLING
    ) -> AsyncGenerator[ChatEvent, None]:
        """Write a description; yields as `ChatModel.stream` does, and closing it stops the model.

        Raises:
            BadInput: no such pane or book, or the reader has no profile.
            UserError: the model cannot be loaded, or died.
        """
        pane, book = await asyncio.to_thread(self._wanted, reader_id, book_id, pane_id)
        if pane.gguf is None:
            yield Started("", 0)
            yield Text(book.description)
            yield Reply(book.description, "", 0, 0, 0.0, 0.0, "end")
            return
        # At once: the encoder and the model each take seconds to load.
        model, near = await asyncio.gather(self._model(pane.gguf), self.near(reader_id, book, pane))
        ask = (self._data_dir, reader_id, book, pane.with_card, near)
        messages = await asyncio.to_thread(messages_for, *ask)
        async with aclosing(model.stream(messages, sampling)) as events:
            async for event in events:
                yield event

    async def near(self, reader_id: str, book: Book, pane: Pane) -> tuple[str, ...]:
        """What the reader would say on a book, as the pane's model is told; a cardless one nothing.

        Raises:
            BadInput: the reader has no profile.
        """
        if pane.gguf is None or not pane.with_card:
            return ()
        return await self._near.said_on(reader_id, book)

    def untold_note(self) -> str:
        """What the editor should know of the panes' prompts, once; empty where there is nothing."""
        note = self._near.note if not self._is_told else ""
        self._is_told = bool(self._near.note)
        return note

    def _wanted(self, reader_id: str, book_id: str, pane_id: str) -> tuple[Pane, Book]:
        offered = {pane.id: pane for pane in panes(self._data_dir, reader_id)}
        if pane_id not in offered:
            hint = f"There are: {', '.join(offered)}."
            if pane_id == "tuned":
                way = "t, then e on the Train screen, or `train`, then `export`"
                hint = f"Train and export one first: {way}. {hint}"
            raise BadInput(f"Reader {reader_id!r} has no pane {pane_id!r}.", hint)
        return offered[pane_id], find_book(self._data_dir, book_id)

    async def _model(self, gguf: Path) -> LocalModel:
        async with self._opening:
            if gguf in self._models and not self._models[gguf].is_alive:
                del self._models[gguf]
            if gguf not in self._models:
                log = self._data_dir / "logs" / f"{gguf.stem}.log"
                model = await LocalModel.open(gguf, log)
                self._models[gguf] = await self._children.enter_async_context(model)
            return self._models[gguf]


def panes(data_dir: Path, reader_id: str) -> list[Pane]:
    """The panes on offer for a reader, those that a newcomer wants first."""
    own = tuned_models(data_dir, reader_id)
    base = own[0].base_gguf if own else embedded_gguf()
    offered = [Pane("base", "Base model", base.name, base)]
    if own:
        offered.append(Pane("tuned", "Tuned for this reader", own[0].gguf.name, own[0].gguf))
    offered.append(Pane("base-plain", "Base, without the profile", base.name, base, False))
    offered.append(Pane("original", "The description it is written from", "no model", None))
    newest = own[0].run_id if own else None
    others = [model for model in tuned_models(data_dir) if model.run_id != newest]
    return offered + [_other(model) for model in others]


def _other(model: TunedModel) -> Pane:
    title = f"Tuned for {', '.join(model.reader_ids)}"
    return Pane(f"run:{model.run_id}", title, f"{model.quant} of {model.train_run_id}", model.gguf)


def messages_for(
    data_dir: Path,
    reader_id: str,
    book: Book,
    with_card: bool = True,
    near: Sequence[str] = (),
) -> tuple[Message, ...]:
    """What a model is asked, the same for every pane but for the profile.

    Args:
        near: what the reader would say on the book.

    Raises:
        BadInput: the reader has no profile.
    """
    card = conditioning_text(data_dir, reader_id) if with_card else ""
    return for_reader(card, description_request(book), near)
