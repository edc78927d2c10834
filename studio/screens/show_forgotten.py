"""What forgetting a review changed, and what still carries it."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine import desk
from engine.domain import Book
from engine.editing import ForgottenReview, Mention, TraitChange
from studio.session import Session
from studio.shell.trait_lines import short
from studio.text import count, one_line

TRAITS_NAMED, PAIRS_NAMED = 60, 12
PLACES = {
    "card": "your profile card",
    "pair": "the pair “{}”",
    "description": "the description of “{}”",
    "reason": "the reason you gave for “{}”",
}


class ShowForgotten(ModalScreen[None]):
    """Read-only; escape or enter closes it."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", id="forgotten.close", tooltip="Close this")
    ]
    told = getters.query_one("#told", Static)

    def __init__(self, session: Session, forgotten: ForgottenReview, book: Book) -> None:
        super().__init__()
        self._session = session
        self._forgotten = forgotten
        self._book = book

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "The review is forgotten, for good"
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="text"):
                yield Static(id="told", markup=False)

    def on_mount(self) -> None:
        self._tell()

    @work(group="load", exclusive=True)
    async def _tell(self) -> None:
        forgotten = self._forgotten
        prompts: Mapping[str, str] = {}
        if (forgotten.pairs or forgotten.mentions) and (reader := self._session.reader):
            with self._session.errors_told():
                pairs = await self._session.ask(desk.pairs, reader.id)
                shelf = await self._session.ask(desk.books)
                titles = {book.id: book.title for book in shelf}
                prompts = {pair.id: pair.prompt for pair in pairs} | titles
        lines = _lines(forgotten, self._book, desk.trait_names(), prompts)
        parts = [part for line in lines for part in (line, "\n")]
        self.told.update(Content.assemble(*parts[:-1]))


def _lines(
    forgotten: ForgottenReview, book: Book, names: Mapping[str, str], prompts: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Line by line, each with its style.

    Args:
        names: of traits, by id.
        prompts: of pairs, by id, and the titles of books.
    """
    title = one_line(book.title, 80)
    changed = forgotten.changed
    if not changed:
        yield f"No trait changed by the review of {title}.", "bold"
    else:
        yield f"{count(len(changed), 'trait')} changed without the review of {title}:", "bold"
    for one in changed[:TRAITS_NAMED]:
        name = one_line(names.get(one.id, one.id), 60)
        yield f"{short(one.before):<8}→ {short(one.after):<8} {name}{_confidence(one)}", ""
    if len(changed) > TRAITS_NAMED:
        yield f"and {len(changed) - TRAITS_NAMED} more", ""
    yield "", ""
    yield from _carrying(forgotten, names, prompts)


def _confidence(change: TraitChange) -> str:
    """Where nothing else changed."""
    if short(change.before) != short(change.after):
        return ""
    before, after = change.before.effective_confidence, change.after.effective_confidence
    return f", confidence {before:.0%} → {after:.0%}"


def _carrying(
    forgotten: ForgottenReview, names: Mapping[str, str], prompts: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    pairs = forgotten.pairs
    if not (pairs or forgotten.runs or forgotten.mentions):
        yield "No pair, no model and no text of yours carries it any more.", "bold"
        return
    if pairs:
        yield f"{count(len(pairs), 'pair')} still rest on what it told:", "bold"
        yield from (
            (f"- {one_line(prompts.get(pair, pair), 100)}", "") for pair in pairs[:PAIRS_NAMED]
        )
        if len(pairs) > PAIRS_NAMED:
            yield f"and {len(pairs) - PAIRS_NAMED} more", ""
        edited = len(forgotten.edited_pairs)
        kept = f" The {edited} you edited stay until you drop them." if edited else ""
        yield f"Build the pairs again (3, then b) to be rid of them.{kept}", ""
    if forgotten.runs:
        yield "Models and runs that were made with it:", "bold"
        yield from (
            (f"- {one_line(run.title)} ({run.kind} {run.id})", "") for run in forgotten.runs
        )
    for mention in forgotten.mentions:
        yield f"Still quoted in {_place(mention, names, prompts)}.", ""


def _place(mention: Mention, names: Mapping[str, str], prompts: Mapping[str, str]) -> str:
    named = names if mention.kind == "reason" else prompts
    of = mention.book_id or mention.id
    return PLACES[mention.kind].format(one_line(named.get(of, of), 80))
