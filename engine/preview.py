"""Descriptions of one book for one reader, by the base, by the tuned model, by others.

A `Bench` keeps one child per pane for as long as it is open, so that the reader's card stays in
each model's cache from one book to the next. Two panes never share weights by accident: every
reply names the hash of the file that spoke. Every text that was written to its end is kept in the
store with what made it. Nothing is judged here.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from engine.cards import conditioning_text
from engine.desk import built_profile
from engine.domain import Book, Description
from engine.hosting import Hosts
from engine.meter import Reading, readings
from engine.meter_votes import MeterAgreement, agreement, read_all, unread
from engine.near_book import NearBooks
from engine.panes import Pane, find_pane, panes
from engine.profile.sentences import sentences
from engine.prompts import description_request, for_reader, prompt_sha256
from engine.shelf import find_book
from engine.store.database import change, opened
from engine.store.descriptions import add_description, find_description
from models.chat import ChatEvent, Message, Reply, Sampling, Started, Text

DEFAULT_SAMPLING = Sampling(max_tokens=200, temperature=0.0, repeat_penalty=1.1, seed=1)
"""Greedy, so that two panes differ by their weights alone; the embedded model also keeps closer to
the facts so than with a temperature."""


Keep = Callable[[Path, Description], Description]
"""Puts a text into the store, and gives it back with its id."""


@dataclass(frozen=True)
class Kept:
    """After the reply: the text is in the store. Not of one that was stopped, or of no model."""

    description: Description


class Bench:
    """The models that write previews, each in a child of its own; an async context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._children = AsyncExitStack()
        self._hosts = Hosts(data_dir)
        self._near = NearBooks(data_dir)
        self._is_told = False
        self._reading_votes = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._children.enter_async_context(self._near)
        await self._children.enter_async_context(self._hosts)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    def panes(self, reader_id: str) -> list[Pane]:
        """The panes on offer for a reader: `base`, `tuned` if there is one, then the others."""
        return panes(self._data_dir, reader_id)

    def pane(self, reader_id: str, pane_id: str) -> Pane:
        """A pane, on offer or not; see `engine.panes.find_pane`."""
        return find_pane(self._data_dir, reader_id, pane_id)

    async def stream(
        self,
        reader_id: str,
        book_id: str,
        pane_id: str,
        sampling: Sampling = DEFAULT_SAMPLING,
        keep: Keep | None = None,
    ) -> AsyncGenerator[ChatEvent | Kept, None]:
        """Write a description; yields as `ChatModel.stream` does, then what was kept.

        Closing it stops the model, and nothing is kept.

        Args:
            keep: puts the text into the store, in the place of a change of its own.

        Raises:
            BadInput: no such pane or book, or the reader has no profile.
            UserError: the model cannot be loaded, or died.
        """
        pane, book = await asyncio.to_thread(self._wanted, reader_id, book_id, pane_id)
        if pane.provider is None:
            yield Started("", 0)
            yield Text(book.description)
            yield Reply(book.description, "", 0, 0, 0.0, 0.0, "end")
            return
        # The encoder chooses while the model loads: each takes seconds.
        choosing = asyncio.create_task(self.near(reader_id, book, pane))
        try:
            async with self._hosts.lent(pane.id, pane.provider) as model:
                near = await choosing
                card_of = pane.card_of or reader_id
                asked = (self._data_dir, card_of, book, pane.with_card, near)
                messages = await asyncio.to_thread(messages_for, *asked)
                async with aclosing(model.stream(messages, sampling)) as events:
                    async for event in events:
                        yield event
                        if isinstance(event, Reply) and event.stopped != "asked":
                            made_by = _Making(reader_id, book, pane, near, messages, sampling)
                            written = made_by.written(model.name, event)
                            kept = asyncio.to_thread(keep or _keep, self._data_dir, written)
                            yield Kept(await kept)
        finally:
            choosing.cancel()
            await asyncio.gather(choosing, return_exceptions=True)

    async def near(self, reader_id: str, book: Book, pane: Pane) -> tuple[str, ...]:
        """What the reader would say on a book, as the pane's model is told; a cardless one nothing.

        Raises:
            BadInput: the reader has no profile.
        """
        if pane.provider is None or not pane.with_card:
            return ()
        return await self._near.said_on(pane.card_of or reader_id, book)

    async def meter(self, description: Description) -> list[Reading]:
        """Which values a kept text draws on, beside its reader's profile; see `engine.meter`.

        Raises:
            BadInput: the book is gone, or the profile.
            UserError: the encoder cannot be asked.
        """
        reader_id, book_id = description.reader_id, description.book_id
        book = await asyncio.to_thread(find_book, self._data_dir, book_id)
        profile = await asyncio.to_thread(built_profile, self._data_dir, reader_id)
        texts = (description.final_text, book.description)
        quotes = [[span.quote for span in sentences(text)] for text in texts]
        encoder = await self._near.encoder()
        of_text, of_facts = [await encoder.values(some) for some in quotes]
        return readings(profile, description.final_text, of_text, of_facts)

    async def meter_agreement(self) -> MeterAgreement:
        """The meter beside people's votes; what it has not read of them is read first.

        Raises:
            UserError: the encoder cannot be asked.
        """
        async with self._reading_votes:
            if texts := await asyncio.to_thread(unread, self._data_dir):
                await read_all(self._data_dir, await self._near.encoder(), texts)
        return await asyncio.to_thread(agreement, self._data_dir)

    def untold_note(self) -> str:
        """What the editor should know of the panes' prompts, once; empty where there is nothing."""
        note = self._near.note if not self._is_told else ""
        self._is_told = bool(self._near.note)
        return note

    def _wanted(self, reader_id: str, book_id: str, pane_id: str) -> tuple[Pane, Book]:
        return self.pane(reader_id, pane_id), find_book(self._data_dir, book_id)


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


@dataclass(frozen=True)
class _Making:
    """What a description is made of before a model writes it."""

    reader_id: str
    book: Book
    pane: Pane
    near: tuple[str, ...]
    messages: Sequence[Message]
    sampling: Sampling

    def written(self, model_name: str, reply: Reply) -> Description:
        return Description(
            reader_id=self.reader_id,
            book_id=self.book.id,
            pane_id=self.pane.id,
            model_name=model_name,
            model_sha256=reply.model_sha256,
            with_card=self.pane.with_card,
            near=self.near,
            sampling=self.sampling,
            prompt_sha256=prompt_sha256(self.messages),
            text=reply.text,
            made_at=datetime.now(UTC),
            stopped=reply.stopped,
            run_id=self.pane.run_id,
            card_of=self.pane.card_of,
        )


def _keep(data_dir: Path, written: Description) -> Description:
    with opened(data_dir) as db, change(db, "Write a description"):
        return find_description(db, add_description(db, written))
