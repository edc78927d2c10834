"""What a reader would say on a book: those of their sentences that are nearest to it.

Near by the sentence encoder, which a child process holds; what it chose is kept in the cache, so
that nobody is asked twice. Where it cannot be asked, there are no sentences, and a note says why.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Self

from engine.domain import Book
from engine.frameworks import genres
from engine.nearness import Nearness, nearness
from engine.pairs.bearing import (
    MOST_SENTENCES,
    Sayings,
    leaning_to,
    looking_for,
    sayings_of,
)
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import opened
from models.aside import remove, written_aside
from models.errors import UserError

MOST_KEPT = 5000
"""Books of a reader whose sentences are kept, the newest: some 3 MB, written anew with each."""


class NearBooks:
    """Chooses sentences for as long as it is open; an async context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._children = AsyncExitStack()
        self._child: Nearness | None = None
        self._turn = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._under_way: set[asyncio.Task[tuple[str, ...]]] = set()
        self.note = ""
        """Why sentences could not be chosen; empty while they can be."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._children.aclose()

    async def said_on(self, reader_id: str, book: Book) -> tuple[str, ...]:
        """What the reader would say, the nearest to the book after what is less near; then what is
        known of its genre, and what the reader looks for in any book.

        Raises:
            BadInput: no such reader, or no profile.
        """
        # A task of its own: one who leaves takes no answer away from the next who asks.
        task = asyncio.create_task(self._said_on(reader_id, book))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def encoder(self) -> Nearness:
        """The child, started when it is asked for first.

        Raises:
            UserError: the process cannot be started.
        """
        async with self._starting:
            if self._child is None:
                child = nearness(self._data_dir / "logs")
                self._child = await self._children.enter_async_context(child)
            return self._child

    async def _said_on(self, reader_id: str, book: Book) -> tuple[str, ...]:
        sayings = await asyncio.to_thread(_sayings, self._data_dir, reader_id)
        async with self._turn:
            kept = await asyncio.to_thread(_kept, self._data_dir, reader_id, sayings, book)
            if kept is None:
                kept = await self._chosen(sayings, book)
                if not self.note:
                    keep = (self._data_dir, reader_id, sayings, book, kept)
                    await asyncio.to_thread(_keep, *keep)
        return _in_order(kept, sayings, book)

    async def _chosen(self, sayings: Sayings, book: Book) -> tuple[str, ...]:
        if self.note:
            return ()
        try:
            child = await self.encoder()
            said = list(sayings.statements.values())
            return tuple(await child.nearest_to(_told(book), said, MOST_SENTENCES))
        except UserError as error:
            self.note = (
                "Descriptions are written without what the reader would say on the book: "
                f"{error.message} {error.hint}"
            ).rstrip()
            return ()


def said_before(data_dir: Path, reader_id: str, sayings: Sayings, book: Book) -> tuple[str, ...]:
    """What `NearBooks.said_on` gives where the child need not be asked; otherwise nothing."""
    kept = _kept(data_dir, reader_id, sayings, book)
    return () if kept is None else _in_order(kept, sayings, book)


def forget_near(data_dir: Path, reader_id: str) -> None:
    """Delete what was chosen for a reader."""
    remove(_file(data_dir, reader_id))


def _sayings(data_dir: Path, reader_id: str) -> Sayings:
    with opened(data_dir) as db:
        return sayings_of(profile_rows.built(db, reader_rows.find(db, reader_id).id))


def _in_order(chosen: Sequence[str], sayings: Sayings, book: Book) -> tuple[str, ...]:
    """All that is told of a book, of what was chosen nearest first: a model reads best what is
    last."""
    sought = looking_for(sayings, (book.genre or "",), book.id)
    return tuple(filter(None, (*reversed(chosen), sought, *leaning_to(sayings))))


def _told(book: Book) -> str:
    """A book in the words that sentences are compared with."""
    genre = genres()[book.genre].name if book.genre in genres() else ""
    return " ".join(filter(None, (f"{book.title}.", book.description, genre)))


def _kept(data_dir: Path, reader_id: str, sayings: Sayings, book: Book) -> tuple[str, ...] | None:
    """The sentences chosen before, or all of so few that none has to be chosen."""
    if len(sayings.statements) <= MOST_SENTENCES:
        return tuple(sayings.statements.values())
    found = _read(data_dir, reader_id, sayings).get(_key(book))
    return None if found is None else tuple(found)


def _keep(
    data_dir: Path, reader_id: str, sayings: Sayings, book: Book, chosen: Sequence[str]
) -> None:
    before = list(_read(data_dir, reader_id, sayings).items())[-MOST_KEPT:]
    books = {**dict(before), _key(book): list(chosen)}
    with written_aside(_file(data_dir, reader_id)) as aside:
        kept = {"of": _print(sayings), "books": books}
        aside.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def _read(data_dir: Path, reader_id: str, sayings: Sayings) -> Mapping[str, list[str]]:
    """What was chosen for a profile as it is now, by book; nothing of an older one counts."""
    try:
        kept = json.loads(_file(data_dir, reader_id).read_text(encoding="utf-8"))
        return dict(kept["books"]) if kept["of"] == _print(sayings) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _file(data_dir: Path, reader_id: str) -> Path:
    return data_dir / "cache" / "near" / f"{_hash(reader_id)}.json"


def _print(sayings: Sayings) -> str:
    return _hash(json.dumps(asdict(sayings), sort_keys=True))


def _key(book: Book) -> str:
    return _hash(_told(book))


def _hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:16]
