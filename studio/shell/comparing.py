"""Commands that begin a profile without reviews, set two side by side, and put one in time."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.domain import Trait
from studio.shell.base import Command, find_reader, give, shared, tell
from studio.shell.trait_lines import short
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.editing import Dated, Difference

LINES_AT_MOST = 40


@click.command("new", cls=Command)
@click.argument("name")
def new(name: str) -> None:
    """Begin a reader by hand, without reviews: everything is unknown until you say it."""
    from engine import editing

    reader = editing.new_reader(shared().data_dir, name)
    told = f"{reader.id}: a reader by hand. `persona-studio profile set {reader.id} TRAIT SCORE`"
    give(asdict(reader), [f"{told} says what you know."])


@click.command("clone", cls=Command)
@click.argument("reader")
@click.argument("name")
def clone(reader: str, name: str) -> None:
    """Begin a reader as a copy of what is known of another, without reviews and quotes."""
    from engine import desk, editing

    data_dir, reader_id = find_reader(reader)
    made = editing.clone_reader(data_dir, reader_id, name)
    known = sum(trait.is_known for trait in desk.built_profile(data_dir, made.id).traits)
    give(
        {**asdict(made), "known": known},
        [f"{made.id}: {count(known, 'trait')} taken over from {reader}, as your own word."],
    )


@click.command("compare", cls=Command)
@click.argument("reader")
@click.argument("other")
def compare(reader: str, other: str) -> None:
    """Two profiles side by side: the widest gaps first, then what only one is known for."""
    from engine import desk, editing

    found = editing.compare(shared().data_dir, reader, other)
    names = desk.trait_names()
    apart = [one for one in found if one.gap != 0]
    lines = [_difference_line(one, names) for one in apart[:LINES_AT_MOST]]
    if len(apart) > LINES_AT_MOST:
        lines.append(f"… and {len(apart) - LINES_AT_MOST} more; --json lists them all")
    give(
        {"a": reader, "b": other, "differences": [_difference_as_json(one) for one in found]},
        lines or ["Nothing tells these two apart."],
    )


def _difference_as_json(one: "Difference") -> dict[str, object]:
    def told(trait: Trait | None) -> dict[str, object] | None:
        if trait is None or not trait.is_known:
            return None
        return {
            "score": round(trait.effective_score, 3),
            "confidence": round(trait.effective_confidence, 3),
            "value": trait.effective_value,
        }

    gap = None if one.gap is None else round(one.gap, 3)
    return {
        "id": one.trait_id,
        "framework": one.framework,
        "a": told(one.a),
        "b": told(one.b),
        "gap": gap,
    }


def _difference_line(one: "Difference", names: Mapping[str, str]) -> str:
    name = f"{one_line(names.get(one.trait_id, one.trait_id), 60)} [{one.trait_id}]"
    return f"{short(one.a):>8} | {short(one.b):<8} {name}"


@click.command("timeline", cls=Command)
@click.argument("reader")
@click.option("--trait", help="Only this trait, with its statements or facets.")
def timeline(reader: str, trait: str | None) -> None:
    """The quotes of a profile in the order they were written, oldest first."""
    from engine import desk, editing

    data_dir = shared().data_dir
    found = [
        quote
        for quote in editing.timeline(data_dir, reader)
        if trait is None or quote.trait_id == trait or quote.trait_id.startswith(f"{trait}.")
    ]
    if trait is not None and trait not in desk.trait_names():
        tell(f"No trait is called {trait!r}; `profile show READER --all` lists them.")
    give(
        {
            "reader": reader,
            "quotes": [
                {
                    **asdict(quote),
                    "stance": round(quote.stance, 3),
                    "written_at": quote.written_at.isoformat() if quote.written_at else None,
                }
                for quote in found
            ],
        },
        map(_quote_line, found) if found else ["No quotes."],
    )


def _quote_line(quote: "Dated") -> str:
    day = f"{quote.written_at:%Y-%m-%d}" if quote.written_at else "undated   "
    return (
        f"{day} {quote.stance:+.2f} {quote.trait_id}: “{one_line(quote.quote, 160)}” "
        f"({one_line(quote.book, 50)})"
    )


COMMANDS = (new, clone, compare, timeline)
"""Commands of the group `profile`."""
