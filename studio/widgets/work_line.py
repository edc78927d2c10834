"""One line that says how far a piece of long work is and which key cancels it."""

from textual.widgets import Static

from studio.text import one_line, progress
from studio.tracker import Work


class WorkLine(Static):
    """Hidden while nothing is going on."""

    DEFAULT_CSS = """
    WorkLine {
        display: none; height: auto; max-height: 2; padding: 0 1;
        background: $primary-muted; color: $text;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, work: Work | None, cancel: str = "esc cancels") -> None:
        """Show work that goes on; hide for None and for work that has ended."""
        self.display = work is not None and work.ended is None
        if work is None or work.ended is not None:
            return
        step = work.step
        how_far = progress(step.done, step.total) if step else "starting"
        note = (step.note if step else "") or (work.notes[-1] if work.notes else "")
        note = one_line(note, 60)
        told = f"{work.title}: {how_far}, {note}" if note else f"{work.title}: {how_far}"
        self.update(one_line(f"{told} ({cancel})", 300))
