"""One model's description of a book, as it is written, with what it cost."""

from collections.abc import Sequence
from time import monotonic

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from engine.description_checks import Flag
from engine.domain import Description
from engine.panes import Pane
from engine.preview import Kept
from engine.sampling import told
from models.chat import ChatEvent, Reply, Sampling, Started, Text
from models.errors import UserError
from studio.marked_text import flagged
from studio.preview_words import ENDINGS, checks_line, short_hash
from studio.text import duration, one_line, visible

DRAW_EVERY_S = 0.05
LONG_S = 15.0
"""Without a word for so long, a pane says how long it has been waited for."""
READING = "reading the prompt…"
METERING = "Meter: reading…"


class AnswerPane(VerticalScroll):
    """Titled with the model that speaks; tells its weights' hash and its speed."""

    def __init__(self, pane: Pane) -> None:
        super().__init__(classes="panel")
        self.pane = pane
        self.sampling: Sampling | None = None
        """Of the text that is shown or on its way; None before there is one."""
        self.kept: Description | None = None
        """The text that is shown, as it is in the store."""
        self._text = ""
        self._found = ("", "")
        """What the checks say, and the meter."""
        self._drawn_at = 0.0
        self._head = ""
        """What is told of the model from its first word on."""
        self._asked_at = 0.0
        self._waiting: Timer | None = None
        """Goes on until the first word comes, or the end without one."""

    def compose(self) -> ComposeResult:
        yield Static(visible(self.pane.detail), id="cost", markup=False)
        yield Static("Press g to write a description.", id="answer", markup=False)
        yield Static("", id="checks", markup=False)

    def on_mount(self) -> None:
        self.border_title = Content(one_line(self.pane.title, 60))

    def wait(self, sampling: Sampling) -> None:
        """Clear the pane: a new answer was asked for."""
        self._text, self.sampling, self.kept = "", sampling, None
        self._end_wait()
        self._head = ""
        self._tell(READING)
        self._asked_at = monotonic()
        self._waiting = self.set_interval(1.0, self.tell_wait)
        self._find("", "")
        self._draw()

    def tell_wait(self) -> None:
        """Say how long the model has been silent, once that is long."""
        waited_s = monotonic() - self._asked_at
        if waited_s >= LONG_S:
            self._tell(f"{READING} no word for {duration(waited_s)}")

    def _end_wait(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
            self._tell(self._head)

    def see(self, event: ChatEvent | Kept) -> None:
        """Show the next piece of the answer."""
        match event:
            case Started(sha256, prompt_tokens):
                if self.pane.provider is not None:
                    self._head = f"{short_hash(sha256)}{_prompt(prompt_tokens)}"
                    # An endpoint, which has no hash, may only now begin to read.
                    self._tell(self._head if sha256 else READING)
            case Text(text):
                self._end_wait()
                self._text += text
                if monotonic() - self._drawn_at > DRAW_EVERY_S:
                    self._draw()
            case Reply():
                self._end_wait()
                self._text = event.text
                self._draw()
                self._tell(self.pane.detail if self.pane.provider is None else self._cost(event))
            case Kept(description):
                self.kept = description

    def check(self, flags: Sequence[Flag]) -> None:
        """Mark what the checks found."""
        self.query_one("#answer", Static).update(flagged(self._text, flags))
        self._find(checks_line(flags), METERING)

    def measure(self, line: str) -> None:
        """Show what the meter says."""
        self._find(self._found[0], line)

    def refuse(self, error: UserError) -> None:
        """Show why there is no answer, or no more of it, where there is room to read it."""
        self._end_wait()
        self._tell("broken off" if self._text else "no answer")
        told = Content.styled(visible(f"{error.message} {error.hint}".strip()), "$text-error")
        came = [Content(visible(self._text))] if self._text else []
        self.query_one("#answer", Static).update(Content("\n\n").join([*came, told]))
        self.scroll_end(animate=False)

    def stop(self) -> None:
        """The answer was stopped by the editor; what came stays."""
        self._end_wait()
        self._draw()
        self._tell("stopped")

    def _cost(self, reply: Reply) -> str:
        drawn = told(self.sampling) if self.sampling else ""
        return (
            f"{short_hash(reply.model_sha256)}{ENDINGS[reply.stopped]}  "
            f"{reply.tokens_per_second:.1f} tokens/s  "
            f"first after {reply.time_to_first_token_s:.2f} s"
            f"{_prompt(reply.prompt_tokens)}\n{drawn}"
        )

    def _find(self, checks: str, meter: str) -> None:
        self._found = (checks, meter)
        self.query_one("#checks", Static).update("\n".join(filter(None, self._found)))

    def _tell(self, cost: str) -> None:
        self.query_one("#cost", Static).update(visible(cost))

    def _draw(self) -> None:
        self._drawn_at = monotonic()
        is_at_end = self.is_vertical_scroll_end
        self.query_one("#answer", Static).update(visible(self._text))
        if is_at_end:
            self.scroll_end(animate=False)


def _prompt(tokens: int) -> str:
    """How long the prompt was; nothing where nobody counted it."""
    return f"  {tokens} prompt tokens" if tokens else ""
