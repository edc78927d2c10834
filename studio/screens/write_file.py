"""Write a file where the editor wants it; what stands there is replaced on their word alone."""

from collections.abc import Callable
from pathlib import Path

from textual.screen import Screen

from engine.private_file import private_file
from studio.replacing import written
from studio.screens.ask_words import AskWords, Blank
from studio.session import Session
from studio.text import visible
from studio.typed_path import typed_path


async def write_where_asked(
    screen: Screen[None],
    session: Session,
    question: tuple[str, str],
    name: str,
    text_for: Callable[[Path], str],
) -> None:
    """Ask for a place and write there; refusals are told.

    Args:
        question: its heading, and what is said of the file.
        name: of the file that is offered, in the home directory.
        text_for: what is to stand in a file of that path; called on a thread, and may refuse.
    """
    heading, told = question
    blank = Blank("File", str(Path.home() / name), "Type the path of a file.")
    answer = await screen.app.push_screen_wait(AskWords(heading, told, [blank], "Write"))
    if answer is None:
        return

    def put(_: Path, path: Path, replaces: bool) -> Path:
        text = text_for(path)
        with private_file(path, replaces) as file:
            file.write(text.encode())
        return path

    with session.errors_told():
        path = typed_path(answer[0])
        if await written(screen.app, path, lambda force: session.ask(put, path, force)):
            screen.notify(f"Written to {visible(str(path))}.", markup=False)
