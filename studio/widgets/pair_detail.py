"""One preference pair in full: why it is what it is, the prompt, and both answers compared."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.domain import PreferencePair
from studio.text import count, one_line, visible, word_diff

LONGEST_PROMPT = 200
"""Characters; a longer one would push the answers out of a small window."""


class PairDetail(VerticalScroll, can_focus=True):
    """Words that only one answer has are bold and underlined."""

    DEFAULT_CSS = """
    PairDetail {
        height: 1fr;
        #why { color: $text-muted; }
        #prompt { margin-bottom: 1; }
        #answers { height: auto; Vertical { height: auto; width: 1fr; padding-right: 2; } }
        .answer-title { text-style: bold; }
    }
    """

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
        prompt = visible(pair.prompt)
        if len(prompt) > LONGEST_PROMPT:
            prompt = f"{prompt[:LONGEST_PROMPT].rstrip()}\u2026 (e shows all of it)"
        self.query_one("#prompt", Static).update(Content(prompt))
        self.query_one("#chosen", Static).update(chosen)
        self.query_one("#rejected", Static).update(rejected)
        self.scroll_home(animate=False)


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
            (f"made by {one_line(pair.made, 40)}", pair.made not in ("bank", "imported")),
            ("imported", pair.made == "imported"),
        )
        if is_so
    ]
    told = f"Because of: {one_line(trait_name)}{strength}{rests}  From: {one_line(pair.origin, 60)}"
    return told + (f"  ({', '.join(marks)})" if marks else "")
