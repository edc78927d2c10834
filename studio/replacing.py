"""Writing a file that may be there already: nobody's file is replaced unasked."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from textual.app import App

from engine.private_file import AlreadyThere
from studio.screens.confirm import Confirm
from studio.text import visible

T = TypeVar("T")


async def written(app: App[None], path: Path, write: Callable[[bool], Awaitable[T]]) -> T | None:
    """What the writing gives back; None where a file is there and the editor wants to keep it.

    Args:
        write: called with whether it may replace a file.

    Raises:
        UserError: the place cannot be written.
    """
    try:
        return await write(False)
    except AlreadyThere:
        told = f"{visible(path.name)} is there already."
        if not await app.push_screen_wait(Confirm("Replace it?", told, "Replace")):
            return None
        return await write(True)
