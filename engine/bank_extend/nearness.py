"""How near a text is to those of the bank, asked of a child process: the encoder needs torch."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.errors import UserError

ENDING_TIMEOUT_S = 2.0
LONGEST_LINE_BYTES = 1 << 20


@dataclass(frozen=True)
class Near:
    """The known text that is nearest to one asked about."""

    name: str
    cosine: float


class Nearness:
    """The child, for the length of a block; its callers are answered one after the other."""

    def __init__(self, process: Process, log: Path) -> None:
        """`nearness` makes one."""
        self._process = process
        self._log = log
        self._turn = asyncio.Lock()

    def know(self, texts: Mapping[str, str], cache: Path | None = None) -> None:
        """Remember texts by name; it does not wait until they are embedded.

        Args:
            cache: where the vectors are kept for the next time; None keeps them nowhere.
        """
        self._send({"know": dict(texts), "cache": str(cache.absolute()) if cache else None})

    async def nearest(self, texts: Sequence[str]) -> list[Near | None]:
        """The nearest known text of each; None where none is known.

        Raises:
            UserError: the encoder is not there, or the child died.
        """
        assert self._process.stdout is not None
        async with self._turn:
            self._send({"nearest": list(texts)})
            line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise UserError(
                "The process that compares texts ended.", f"Its last words are in {self._log}."
            )
        answer = json.loads(line)
        if "failed" in answer:
            raise UserError(answer["failed"], answer["hint"])
        return [Near(*found) if found else None for found in answer["nearest"]]

    def _send(self, request: Mapping[str, object]) -> None:
        # Not drained: a child that still loads would keep its caller waiting.
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")


@asynccontextmanager
async def nearness(log_dir: Path) -> AsyncIterator[Nearness]:
    """Start the child; it loads the encoder while the caller goes on.

    Raises:
        UserError: the process cannot be started.
    """
    log = log_dir / "nearness.log"
    try:
        with _opened(log) as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "engine.bank_extend.nearness_child"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=errors,
                limit=LONGEST_LINE_BYTES,
                start_new_session=True,
                # `-m` looks here first, and not at some `engine` in the caller's folder.
                cwd=Path(__file__).parents[2],
            )
    except OSError as error:
        raise UserError(
            f"The process that compares texts cannot be started: {error.strerror} "
            f"({error.filename}).",
            "Free some space, or choose another place with --data-dir.",
        ) from error
    try:
        yield Nearness(process, log)
    finally:
        await _end(process)


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch(mode=0o600)
    return log.open("ab")


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(ENDING_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
