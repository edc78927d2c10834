"""What the sentence encoder tells of texts, asked of a child process: it needs torch."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from models.child import Answer, Child
from models.errors import UserError

LONGEST_LINE_BYTES = 1 << 20


@dataclass(frozen=True)
class Near:
    """The known text that is nearest to one asked about."""

    name: str
    cosine: float


class Nearness:
    """The child, for the length of a block; its callers are answered one after the other."""

    def __init__(self, child: Child) -> None:
        """`nearness` makes one."""
        self._child = child
        self._turn = asyncio.Lock()

    def know(self, texts: Mapping[str, str], cache: Path | None = None) -> None:
        """Remember texts by name; it does not wait until they are embedded.

        Args:
            cache: where the vectors are kept for the next time; None keeps them nowhere.
        """
        self._child.send({"know": dict(texts), "cache": str(cache.absolute()) if cache else None})

    async def nearest(self, texts: Sequence[str]) -> list[Near | None]:
        """The nearest known text of each; None where none is known.

        Raises:
            UserError: the encoder is not there, or the child died.
        """
        answer = await self._asked({"nearest": list(texts)})
        return [Near(*found) if found else None for found in answer["nearest"]]

    async def nearest_to(self, text: str, among: Sequence[str], most: int) -> list[str]:
        """Those of the sentences that are nearest to a text, the nearest first.

        Raises:
            UserError: the encoder is not there, or the child died.
        """
        answer = await self._asked({"to": text, "among": list(among), "most": most})
        return [among[at] for at, _ in answer["nearest"]]

    async def values(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """What the value heads give for each text: by value, logits; above 0 it is drawn on.

        Raises:
            UserError: the encoder is not there, or the child died.
        """
        return list((await self._asked({"values": list(texts)}))["values"])

    async def _asked(self, request: Mapping[str, object]) -> Answer:
        async with self._turn:
            self._child.send(request)
            answer = await self._child.answer()
        if "failed" in answer:
            raise UserError(answer["failed"], answer["hint"])
        return answer


@asynccontextmanager
async def nearness(log_dir: Path) -> AsyncIterator[Nearness]:
    """Start the child; it loads the encoder while the caller goes on.

    Raises:
        UserError: the process cannot be started.
    """
    child = await Child.start(
        ["engine.nearness_child"],
        "The process that compares texts",
        log_dir / "nearness.log",
        LONGEST_LINE_BYTES,
    )
    try:
        yield Nearness(child)
    finally:
        await child.end()
