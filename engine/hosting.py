"""The models that write previews, each pane's in a child of its own.

Two panes of one file have two children: each keeps its own prompt in its cache, both write at
once, and the weights are in memory once, since llama.cpp maps the file.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from models.chat import ChatModel
from models.local import LocalModel
from models.providers import opened_model

MOST_IDLE = 4
"""Models that stay open while they write nothing: as many as there can be panes."""


@dataclass
class _Held:
    """A model that is open."""

    provider: str
    model: ChatModel
    closing: AsyncExitStack
    writers: int = field(default=0)

    @property
    def is_alive(self) -> bool:
        return not isinstance(self.model, LocalModel) or self.model.is_alive


class Hosts:
    """Opens models when they are asked for and keeps them; an async context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._held: dict[str, _Held] = {}
        """By the pane's id, the one used last at the end."""
        self._opening = defaultdict[str, asyncio.Lock](asyncio.Lock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for pane_id in list(self._held):
            await self._close(pane_id)

    @asynccontextmanager
    async def lent(self, pane_id: str, provider: str) -> AsyncIterator[ChatModel]:
        """The model of a pane, for the length of a block.

        Raises:
            UserError: the provider means nothing, or its model cannot be opened.
        """
        async with self._opening[pane_id]:
            held = self._held.get(pane_id)
            if held is not None and (held.provider != provider or not held.is_alive):
                await self._close(pane_id)
                held = None
            if held is None:
                held = await self._open(provider)
            self._held.pop(pane_id, None)
            self._held[pane_id] = held
            held.writers += 1
        try:
            yield held.model
        finally:
            held.writers -= 1
            await self._close_idle()

    async def _open(self, provider: str) -> _Held:
        async with AsyncExitStack() as opening:
            model = await opening.enter_async_context(opened_model(provider, self._data_dir))
            return _Held(provider, model, opening.pop_all())

    async def _close_idle(self) -> None:
        idle = [pane_id for pane_id, held in self._held.items() if not held.writers]
        for pane_id in idle[: max(0, len(idle) - MOST_IDLE)]:
            await self._close(pane_id)

    async def _close(self, pane_id: str) -> None:
        await self._held.pop(pane_id).closing.aclose()
