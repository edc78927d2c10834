"""One preference pair in full: why it is what it is, the prompt, and both answers compared."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.domain import PreferencePair, Profile
from studio.text import one_line, visible, word_diff


class PairDetail(VerticalScroll):
    """Words that only one answer has are bold and underlined."""

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

    def show(self, pair: PreferencePair, trait_name: str, profile: Profile | None) -> None:
        """Show a pair; the profile tells the stance that decided the sides."""
        chosen, rejected = word_diff(pair.chosen, pair.rejected)
        self.query_one("#why", Static).update(_why(pair, trait_name, profile))
        self.query_one("#prompt", Static).update(Content(visible(pair.prompt)))
        self.query_one("#chosen", Static).update(chosen)
        self.query_one("#rejected", Static).update(rejected)
        self.scroll_home(animate=False)


def _why(pair: PreferencePair, trait_name: str, profile: Profile | None) -> str:
    trait = profile.trait(pair.trait_id) if profile else None
    stance = f" {trait.effective_score:+.2f}" if trait is not None and trait.is_known else ""
    marks = [
        word
        for word, is_so in (
            ("held out, not trained on", pair.held_out),
            ("dropped", pair.dropped),
            ("edited", pair.edited),
        )
        if is_so
    ]
    told = f"Because of: {one_line(trait_name)}{stance}  From: {one_line(pair.origin, 60)}"
    return told + (f"  ({', '.join(marks)})" if marks else "")
