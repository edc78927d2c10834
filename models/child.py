"""A child process that is asked, and answers, in lines of JSON; what it prints goes to a log.

It is ended by closing its stdin, and killed where that does not do. Nothing here knows what is
asked, or whose turn it is to ask.
"""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

from models.errors import UserError

ENDING_TIMEOUT_S = 2.0
"""How long a child may take to end by itself; then it is killed."""

Answer = dict[str, Any]
"""One JSON line of the child."""


class Child:
    """One process, for as long as somebody has something to ask it."""

    def __init__(self, process: Process, called: str, log: Path) -> None:
        """`start` makes one."""
        self._process = process
        self._called = called
        self._log = log

    @classmethod
    async def start(
        cls, module: Sequence[str], called: str, log: Path, longest_line_bytes: int
    ) -> Self:
        """Start a module of this program, with its arguments, in a session of its own.

        Args:
            called: what people know it as: `The process that …`.
            log: what it prints is appended here.
            longest_line_bytes: of one answer.

        Raises:
            UserError: the process cannot be started, or its log not written.
        """
        try:
            with _opened(log) as errors:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", *module),
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=errors,
                    limit=longest_line_bytes,
                    start_new_session=True,
                    # `-m` looks here first, and not at some `models` in the caller's folder.
                    cwd=Path(__file__).parents[1],
                )
        except OSError as error:
            raise UserError(
                f"{called} cannot be started: {error.strerror} ({error.filename}).",
                "Free some space, or choose another place with --data-dir.",
            ) from error
        return cls(process, called, log)

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    def send(self, request: Mapping[str, object]) -> None:
        """Ask; not drained, since a child that still loads would keep its caller waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")

    async def answer(self) -> Answer:
        """The next line.

        Raises:
            UserError: the child died.
        """
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            how = _how_it_ended(await self._process.wait())
            raise UserError(
                f"{self._called} ended: {how}.", f"Try again; its last words are in {self._log}."
            )
        answer: Answer = json.loads(line)
        return answer

    async def end(self) -> None:
        """End the child, in the middle of an answer if need be."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(ENDING_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch(mode=0o600)
    return log.open("ab")


def _how_it_ended(returncode: int) -> str:
    if returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"
