"""One model's description of a book, as it is written, with what it cost."""

from time import monotonic

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.preview import Pane
from models.chat import ChatEvent, Reply, Started, Text
from models.errors import UserError
from studio.text import one_line, visible

DRAW_EVERY_S = 0.05
ENDINGS = {"end": "", "length": ", cut at its limit", "asked": ", stopped"}


class AnswerPane(VerticalScroll):
    """Titled with the model that speaks; tells its weights' hash and its speed."""

    def __init__(self, pane: Pane) -> None:
        super().__init__(classes="panel")
        self.pane = pane
        self._text = ""
        self._drawn_at = 0.0

    def compose(self) -> ComposeResult:
        yield Static(visible(self.pane.detail), id="cost", markup=False)
        yield Static("Press g to write a description.", id="answer", markup=False)

    def on_mount(self) -> None:
        self.border_title = Content(one_line(self.pane.title, 60))

    def wait(self) -> None:
        """Clear the pane: a new answer was asked for."""
        self._text = ""
        self._tell("reading the prompt…")
        self._draw()

    def see(self, event: ChatEvent) -> None:
        """Show the next piece of the answer."""
        match event:
            case Started(sha256, prompt_tokens):
                if self.pane.gguf is not None:
                    self._tell(f"{_hash(sha256)}  {prompt_tokens} prompt tokens")
            case Text(text):
                self._text += text
                if monotonic() - self._drawn_at > DRAW_EVERY_S:
                    self._draw()
            case Reply():
                self._text = event.text
                self._draw()
                self._tell(_cost(event) if self.pane.gguf is not None else self.pane.detail)

    def refuse(self, error: UserError) -> None:
        """Show why there is no answer, or no more of it."""
        self._draw()
        self._tell(f"{error.message} {error.hint}")

    def stop(self) -> None:
        """The answer was stopped by the editor; what came stays."""
        self._draw()
        self._tell("stopped")

    def _tell(self, cost: str) -> None:
        self.query_one("#cost", Static).update(visible(cost))

    def _draw(self) -> None:
        self._drawn_at = monotonic()
        is_at_end = self.is_vertical_scroll_end
        self.query_one("#answer", Static).update(visible(self._text))
        if is_at_end:
            self.scroll_end(animate=False)


def _hash(sha256: str) -> str:
    return sha256[:12] or "hash not told"


def _cost(reply: Reply) -> str:
    return (
        f"{_hash(reply.model_sha256)}  {reply.prompt_tokens} prompt tokens  "
        f"first after {reply.time_to_first_token_s:.2f} s  {reply.tokens_per_second:.1f} tokens/s"
        f"{ENDINGS[reply.stopped]}"
    )
