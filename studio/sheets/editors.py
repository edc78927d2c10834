"""The editor's sheet laid out: one page of HTML with everything inside, and Markdown."""

from collections.abc import Iterable, Iterator

from engine.editor_sheet import BlindResult, EditorSheet, Reason
from engine.votes.verdict import PairVerdict
from studio.sheets.page import html_page, html_text, markdown_line, markdown_quote
from studio.text import count
from studio.vote_words import interest_lines, rate_told, verdict_told

NOT_VOTED = "Nobody has voted on this book in a round whose sides were shown."
BAR_WIDTH, BAR_HEIGHT = 120, 10
"""Of a score's picture, in CSS pixels."""


def as_html(sheet: EditorSheet) -> str:
    """The page; it loads nothing, and its pictures stand inside."""
    by = f", {html_text(sheet.book.author)}" if sheet.book.author else ""
    title = f"{sheet.book.title} for {sheet.reader}"
    body = [
        f"<h1>{html_text(sheet.book.title)}{by}</h1>",
        f'<p class="quiet">For {html_text(sheet.reader)} ({html_text(sheet.reader_id)})</p>',
        '<div class="two"><div><h2>Chosen</h2>',
        f'<p class="quiet">{html_text(_because(sheet))}</p>',
        f'<div class="text">{html_text(sheet.chosen)}</div></div>',
        "<div><h2>Original</h2>",
        '<p class="quiet">what it was written from</p>',
        f'<div class="text">{html_text(sheet.original)}</div></div></div>',
        "<h2>Why</h2>",
        *(_html_reason(reason) for reason in sheet.reasons),
        *_html_said(sheet),
        "<h2>Blind vote</h2>",
        *(f"<p>{html_text(line)}</p>" for line in _blind_lines(sheet.blind)),
        f'<p class="quiet">{html_text(sheet.meter)}</p>',
        "<h2>Made by</h2>",
        "<table>",
        *(
            f'<tr><th>{html_text(name)}</th><td class="hash">{html_text(value)}</td></tr>'
            for name, value in sheet.made_by
        ),
        "</table>",
    ]
    return html_page(title, "\n".join(body))


def as_markdown(sheet: EditorSheet) -> str:
    """The same as Markdown, for a repository or a mail."""
    by = f", {markdown_line(sheet.book.author)}" if sheet.book.author else ""
    parts = [
        f"# {markdown_line(sheet.book.title)}{by}",
        f"For {markdown_line(sheet.reader)} ({markdown_line(sheet.reader_id)})",
        f"## Chosen\n\n{markdown_line(_because(sheet))}",
        markdown_quote(sheet.chosen),
        "## Original",
        markdown_quote(sheet.original),
        "## Why",
        *(_markdown_reason(reason) for reason in sheet.reasons),
        *_markdown_said(sheet),
        "## Blind vote",
        *map(markdown_line, _blind_lines(sheet.blind)),
        markdown_line(sheet.meter),
        "## Made by",
        "\n".join(
            f"- {markdown_line(name)}: {markdown_line(value)}" for name, value in sheet.made_by
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _because(sheet: EditorSheet) -> str:
    edited = ", as the editor mended it" if sheet.was_edited else ""
    return f"{sheet.chosen_because}{edited}"


def _told(reason: Reason) -> str:
    """A trait without its name: the pole, the score, where it is from."""
    score = f"{reason.score:+.2f}, {reason.confidence:.0%} sure"
    against = f"; {count(reason.against, 'quote')} against" if reason.against else ""
    note = f"; {reason.note}" if reason.note else ""
    return f"{reason.meaning} ({score}{against}{note})"


def _html_reason(reason: Reason) -> str:
    quotes = "".join(
        f"<blockquote>{html_text(one.quote)}{_html_source(one.book)}</blockquote>"
        for one in reason.quotes
    )
    name, told = html_text(reason.name), html_text(_told(reason))
    return f"<p>{_picture(reason.score)} <b>{name}</b>: {told}</p>{quotes}"


def _html_source(title: str) -> str:
    return f' <span class="quiet">on {html_text(title)}</span>' if title else ""


def _picture(score: float) -> str:
    """A score as a bar to the left or the right of a middle line."""
    middle = BAR_WIDTH / 2
    reach = max(-1.0, min(1.0, score)) * middle
    return (
        f'<svg width="{BAR_WIDTH}" height="{BAR_HEIGHT}" role="img" aria-label="{score:+.2f}">'
        f'<rect width="{BAR_WIDTH}" height="{BAR_HEIGHT}" fill="#eee"/>'
        f'<rect x="{min(middle, middle + reach):.1f}" width="{abs(reach):.1f}" '
        f'height="{BAR_HEIGHT}" fill="#446"/>'
        f'<rect x="{middle:.1f}" width="1" height="{BAR_HEIGHT}" fill="#000"/></svg>'
    )


def _markdown_reason(reason: Reason) -> str:
    quotes = [
        f"  > {markdown_line(one.quote)}" + (f" (on {markdown_line(one.book)})" if one.book else "")
        for one in reason.quotes
    ]
    first = f"- **{markdown_line(reason.name)}**: {markdown_line(_told(reason))}"
    return "\n\n".join([first, *quotes])


def _html_said(sheet: EditorSheet) -> Iterator[str]:
    if sheet.said:
        yield "<p>The model was told that the reader would say:</p><ul>"
        yield from (f"<li>{html_text(sentence)}</li>" for sentence in sheet.said)
        yield "</ul>"


def _markdown_said(sheet: EditorSheet) -> Iterator[str]:
    if sheet.said:
        yield "The model was told that the reader would say:"
        yield "\n".join(f"- {markdown_line(sentence)}" for sentence in sheet.said)


def _blind_lines(blind: Iterable[BlindResult]) -> Iterator[str]:
    """The votes on this book, round by round, and what the whole round came to."""
    is_there = False
    for result in blind:
        is_there = True
        yield f"Round {result.round_id} of {result.made_at}, {count(result.voters, 'voter')}."
        for here, overall in zip(result.here, result.overall, strict=True):
            yield f"On this book, {_named(here)}: {rate_told(here.overall)}."
            yield (
                f"On all books of the round, {_named(overall)}: {rate_told(overall.overall)}. "
                f"{verdict_told(overall.overall, overall.a, overall.b)}"
            )
        yield from interest_lines(result.interest)
    if not is_there:
        yield NOT_VOTED


def _named(pair: PairVerdict) -> str:
    return f"{pair.a} over {pair.b}"
