"""One trait in words: what its poles mean, what was seen, and the quotes for and against it."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.domain import Evidence, Override, Trait
from engine.frameworks import FrameworkText
from studio.messages import QuoteOpened
from studio.text import bar, count, one_line, visible

QUOTE_CHARS = 400


@dataclass(frozen=True)
class TraitWords:
    """What a trait is called, and what its two ends mean."""

    name: str
    low: str
    high: str


class TraitDetail(Vertical):
    """The right side of the profile screen; enter on a quote opens its review."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="words", can_focus=False):
            yield Static(id="trait", markup=False)
        yield OptionList(id="quotes", markup=False)

    def show(self, trait: Trait, words: TraitWords, titles: Mapping[str, str]) -> None:
        """Show a trait; `titles` names the book of each review by the review's id."""
        self.border_title = Content(one_line(words.name, 60))
        self.query_one("#trait", Static).update(_told(trait, words))
        quotes = self.query_one("#quotes", OptionList)
        quotes.clear_options()
        self._evidence = sorted(trait.evidence, key=lambda span: -span.stance)
        quotes.add_options(
            Option(_quote(span, titles.get(span.review_id, "a review that is gone")))
            for span in self._evidence
        )
        quotes.display = bool(self._evidence)
        quotes.highlighted = 0 if self._evidence else None

    def show_group(self, framework: FrameworkText, provider_note: str) -> None:
        """Show what a whole group of traits is, and how far to trust it."""
        self.border_title = Content(framework.name)
        told = f"{framework.caution}\n\n{provider_note}"
        self.query_one("#trait", Static).update(Content(told))
        self.query_one("#quotes", OptionList).display = False

    @on(OptionList.OptionSelected, "#quotes")
    def _open(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(QuoteOpened(self._evidence[event.option_index]))


def _told(trait: Trait, words: TraitWords) -> Content:
    lines: list[str | tuple[str, str] | Content] = []
    if trait.framework not in ("demographics", "interests"):
        lines += [
            ("-1  ", "$text-muted"),
            f"{words.low}\n",
            ("+1  ", "$text-muted"),
            f"{words.high}\n",
        ]
    lines.append("\n" + _extracted(trait))
    if trait.override:
        lines.append((f"\n{_your_word(trait.override)}", "bold"))
        if trait.override.reason:
            lines.append(f"\nYour reason: {visible(trait.override.reason)}")
    if trait.note:
        lines.append((f"\n{visible(trait.note)}", "italic"))
    support = sum(span.stance > 0 for span in trait.evidence)
    if trait.evidence:
        against = len(trait.evidence) - support
        lines.append((f"\n\n{count(support, 'quote')} for, {against} against:", "$text-muted"))
    return Content.assemble(*lines)


def _your_word(override: Override) -> str:
    made = f"({override.made_at:%Y-%m-%d})"
    if override.kind == "unknown":
        return f"You marked it unknown {made}. Nothing uses it."
    word = visible(override.value) if override.value else f"{override.score:+.2f}"
    if override.kind == "accepted":
        return f"You accepted it: {word} {made}."
    return f"Your {'value' if override.value else 'score'}: {word} {made}. It wins."


def _extracted(trait: Trait) -> str:
    if trait.status == "off":
        return "Off: a sensitive item, not read from the reviews. Press s to switch these on."
    if trait.status == "unknown":
        return "Unknown: the reviews do not say enough."
    if trait.value is not None:
        return f"Stated: {visible(trait.value)} (confidence {trait.confidence:.0%})"
    score = f"{bar(trait.score)} {trait.score:+.2f}"
    return f"From the reviews: {score}, confidence {trait.confidence:.0%}"


def _quote(span: Evidence, title: str) -> Content:
    side = "for" if span.stance > 0 else "against"
    return Content.assemble(
        (f"{side} {span.stance:+.2f}  ", "bold"),
        f"“{one_line(span.quote, QUOTE_CHARS)}”",
        (f"\n{one_line(title, 80)}", "$text-muted"),
    )
