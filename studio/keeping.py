"""What somebody has just said, on its way to the store: at once on screen, a moment later kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from models.errors import BadInput

K = TypeVar("K")
V = TypeVar("V")


class Keeper(Generic[K, V]):
    """Saves in batches and in order, so that the fastest typist neither waits nor loses a key.

    Args:
        save: puts a batch into the store; where that fails, the batch waits for the next try,
            unless it is refused as bad input, which no other try would mend.
    """

    def __init__(self, save: Callable[[Mapping[K, V]], Awaitable[object]]) -> None:
        self._save = save
        self._waiting: dict[K, V] = {}
        self._lock = asyncio.Lock()

    def add(self, key: K, value: V) -> None:
        """Take something in, in the place of what waits under the same key."""
        self._waiting.pop(key, None)
        self._waiting[key] = value

    async def flush(self) -> None:
        """Save until nothing waits.

        Raises:
            UserError: whatever `save` raises.
        """
        async with self._lock:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                try:
                    await self._save(batch)
                except BadInput:
                    raise
                except BaseException:
                    self._waiting = batch | self._waiting
                    raise
