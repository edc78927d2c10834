"""The quiet line at the top: the six steps, which are done, and whose reader this is."""

from textual.content import Content
from textual.widgets import Static

from studio.session import Session
from studio.text import one_line

STEPS = ("readers", "profile", "pairs", "train", "preview", "vote")
_NUMBERED = tuple(enumerate(STEPS, 1))
LEAST_NAME = 8
"""Columns kept for the reader's name; where there are too few, the steps stand closer."""


def next_step(session: Session) -> str:
    """The first step that is not done for the chosen reader, with its key: `next: 3 Pairs`."""
    done = session.steps_done()
    left = (f"next: {key} {step.capitalize()}" for key, step in _NUMBERED if step not in done)
    return next(left, "")


class StepBar(Static):
    """Where the editor is in the loop; a click on a step goes there."""

    DEFAULT_CSS = """
    StepBar {
        height: 1; padding: 0 1; background: $panel; color: $text-muted;
        link-style: none; link-color: $text-muted;
    }
    """

    def __init__(self, session: Session, here: str) -> None:
        super().__init__()
        self._session = session
        self._here = here

    def on_mount(self) -> None:
        self._session.changed.subscribe(self, self._show)
        self._show(None)

    def on_resize(self) -> None:
        self._show(None)

    def _show(self, _: None) -> None:
        done = self._session.steps_done()
        parts = [self._step(number, step, step in done) for number, step in _NUMBERED]
        reader = self._session.reader
        wide = sum(part.cell_length + 2 for part in parts) + LEAST_NAME + 4
        if wide <= self.size.width:
            steps = Content("  ").join(parts)
        else:
            here = STEPS.index(self._here) if self._here in STEPS else 0
            # What stands before a step's name is all that is between it and the step before.
            steps = Content.assemble(*parts[:here], " " if here else "", *parts[here:])
        room = self.size.width - steps.cell_length - 3
        name = one_line(reader.name, max(LEAST_NAME, room)) if reader else ""
        self.update(Content.assemble(steps, " " * max(2, room - len(name) + 1), (name, "$text")))

    def _step(self, number: int, step: str, is_done: bool) -> Content:
        label = f"{number} {step.capitalize()}{' ✓' if is_done else ''}"
        if step == self._here:
            return Content.styled(f"▸{label}", "bold $text-primary")
        return Content.styled(f" {label}", f"@click=app.go('{step}')")
