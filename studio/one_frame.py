"""A key and what it brings about, drawn in one frame.

Textual draws the letter that was typed at once, and what comes after it only a frame later: up to
33 ms in which the list is there and nobody sees it.
"""

from contextlib import ExitStack

from textual.timer import Timer
from textual.widget import Widget

HELD_AT_MOST_S = 0.03


class OneFrame:
    """Holds the drawing of the window back for a moment.

    Args:
        last: the widget that the frame waits for.
    """

    def __init__(self, last: Widget) -> None:
        self._last = last
        self._held = ExitStack()
        self._timer: Timer | None = None

    def hold(self) -> None:
        """Draw nothing until `let_go`; a frame that is held already is not held for longer."""
        if self._timer is None:
            self._held.enter_context(self._last.app.batch_update())
            self._timer = self._last.app.set_timer(HELD_AT_MOST_S, self._let_go)

    def let_go(self) -> None:
        """Draw all that has changed by now."""
        if self._timer is not None:
            # Behind what the widget has still to do, then behind what it tells the screen: else
            # the screen would draw without it.
            self._last.call_later(self._last.screen.call_later, self._let_go)

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._held.close()
            self._last.app.screen.check_idle()
