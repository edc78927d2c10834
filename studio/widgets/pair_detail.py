"""One preference pair in full: why it is what it is, the prompt, and both answers compared."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from engine.domain import PreferencePair
from studio.pair_words import writer
from studio.text import count, one_line, visible, word_diff

LONGEST_PROMPT = 200
"""Characters; a longer one would push the answers out of a small window."""


class PairDetail(VerticalScroll, can_focus=True):
    """Words that only one answer has are bold and underlined."""

    DEFAULT_CSS = """
    PairDetail {
        height: 1fr;
        #why { color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        #prompt { margin-bottom: 1; }
        #answers { height: auto; Vertical { height: auto; width: 1fr; padding-right: 2; } }
        .answer-title { text-style: bold; }
    }
    """

    _prompt = var("")
    _pair_id = var("")
    _is_unfolded = var(False)
    _below = var(0)

    @dataclass
    class Overflowed(Message):
        """More or less of the pair than before is out of sight."""

        below: int
        """Lines under what is in view."""

    def compose(self) -> ComposeResult:
        yield Static(id="why", markup=False)
        yield Static(id="prompt", markup=False)
        with Horizontal(id="answers"):
            with Vertical():
                yield Static("Chosen", classes="answer-title", markup=False)
                yield Static(id="chosen", markup=False)
            with Vertical():
                yield Static("Rejected", classes="answer-title", markup=False)
                yield Static(id="rejected", markup=False)

    def show(self, pair: PreferencePair, trait_name: str) -> None:
        """Show a pair, with the stance that its sides were decided by."""
        chosen, rejected = word_diff(pair.chosen, pair.rejected)
        self.query_one("#why", Static).update(_why(pair, trait_name))
        self._prompt = visible(pair.prompt)
        self._show_prompt()
        self.query_one("#chosen", Static).update(chosen)
        self.query_one("#rejected", Static).update(rejected)
        if pair.id != self._pair_id:
            self._pair_id = pair.id
            self.scroll_home(animate=False)

    def toggle_prompt(self) -> None:
        """Show all of a long prompt, of this pair and the next ones, or its beginning."""
        self._is_unfolded = not self._is_unfolded
        self._show_prompt()
        self.scroll_home(animate=False)

    def _show_prompt(self) -> None:
        shown = self._prompt
        if len(shown) > LONGEST_PROMPT and not self._is_unfolded:
            shown = f"{one_line(shown, LONGEST_PROMPT)} (p unfolds it)"
        self.query_one("#prompt", Static).update(Content(shown))

    def watch_virtual_size(self) -> None:
        self._measure()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._measure()

    def on_resize(self) -> None:
        self._measure()

    def _measure(self) -> None:
        below = self.max_scroll_y - round(self.scroll_y)
        if below != self._below:
            self._below = below
            self.post_message(self.Overflowed(below))


def _why(pair: PreferencePair, trait_name: str) -> str:
    strength = f" {pair.stance:+.2f}" if pair.stance else ""
    rests = f", {count(len(pair.evidence), 'review')} (v)" if pair.evidence else ""
    marks = [
        word
        for word, is_so in (
            ("held out, not trained on", pair.held_out),
            ("dropped", pair.dropped),
            ("accepted", pair.accepted),
            ("flagged", pair.flagged),
            ("edited", pair.edited),
            (f"written by {writer(pair.made)}", pair.made not in ("bank", "imported")),
            ("imported", pair.made == "imported"),
        )
        if is_so
    ]
    because = f"Because of: {one_line(trait_name)}{strength}{rests}"
    if not pair.trait_id:
        because = "Because of: no trait; whoever made the file chose the sides"
    told = f"  ({', '.join(marks)})" if marks else ""
    return f"{because}{told}  From: {one_line(pair.origin, 60)}"
