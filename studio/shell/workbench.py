"""Commands of the workbench: find pairs, act on many, see where they come from, rewrite one."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from engine.domain import TRACKS, PreferencePair
from studio.pair_words import field_told
from studio.shell.base import Command, give, shared
from studio.shell.events import read_to_end
from studio.shell.pair_lines import pair_lines
from studio.text import count, moment, one_line

if TYPE_CHECKING:
    from engine.workbench import Entry, PairIndex, PairQuery, Verb

WHERE = click.option(
    "--where",
    metavar="FILTER",
    default="",
    help="Those that a filter finds, as in the window: 'track:values is:flagged strength:>0.5 "
    "/expression/ words'.",
)
LONG = 160
"""Characters of a text in a list."""


@click.command("list", cls=Command)
@click.argument("reader")
@WHERE
@click.option("--track", type=click.Choice(TRACKS), help="Only this track.")
@click.option("--trait", help="Only pairs that this trait decided.")
@click.option("--dropped", is_flag=True, help="Only dropped ones.")
@click.option("--sort", help="built, track, trait, strength or longer; -strength turns it round.")
@click.option("--limit", type=click.IntRange(1), help="So many at most.")
def list_(
    reader: str,
    where: str,
    track: str | None,
    trait: str | None,
    dropped: bool,
    sort: str | None,
    limit: int | None,
) -> None:
    """List the pairs of a reader, or those that a filter finds."""
    from engine import desk, workbench

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    query = workbench.parse_query(f"{where} sort:{sort}" if sort else where)
    if track:
        query = replace(query, tracks=frozenset(one for one in TRACKS if one == track))
    if trait:
        query = replace(query, traits=(trait,))
    if dropped:
        query = replace(query, having=query.having | {"dropped"})
    ids = _found(workbench.load_index(data_dir, reader_id), query)
    pairs = workbench.page(data_dir, ids[:limit])
    names = desk.trait_names()
    lines = [line for pair in pairs for line in pair_lines(pair, names, LONG)]
    if limit is not None and len(ids) > limit:
        lines.append(f"{limit:,} of {count(len(ids), 'pair')}.")
    nothing = f"No pairs. `persona-studio pairs build {reader}` builds them."
    if query != workbench.PairQuery():
        nothing = "No pair is like that."
    give(
        {"reader": reader_id, "found": len(ids), "pairs": [asdict(pair) for pair in pairs]},
        lines or [nothing],
    )


def _found(index: "PairIndex", query: "PairQuery") -> list[str]:
    from engine import workbench

    return index.ids_of(workbench.found(index, query).tolist())


def _act(verb: "Verb", told: str) -> click.Command:
    """The command that does one thing to pairs."""

    @click.command(verb, cls=Command, help=told)
    @click.argument("pair", nargs=-1)
    @click.option("--reader", help="Whose pairs --where looks through.")
    @WHERE
    def act(pair: tuple[str, ...], reader: str | None, where: str) -> None:
        from engine import desk, workbench

        data_dir = shared().data_dir
        ids = _named_or_found(pair, reader, where)
        acted = workbench.act(data_dir, verb, ids)
        result: dict[str, object] = {**asdict(acted), "pairs": list(ids)}
        lines: Sequence[str] = [f"{acted.title}: done. `persona-studio undo` takes it back."]
        if not acted.changed:
            lines = ["They were so already; nothing was changed."]
        if len(ids) == 1:
            changed = workbench.page(data_dir, ids)[0]
            result["pair"] = asdict(changed)
            lines = list(pair_lines(changed, desk.trait_names(), 2000))
        give(result, lines)

    return act


def _named_or_found(named: tuple[str, ...], reader: str | None, where: str) -> Sequence[str]:
    """The pairs that a command is about: named one by one, or found by a filter."""
    from engine import desk, workbench

    if bool(named) == bool(where):
        raise click.UsageError("Name pairs by their ids, or give --reader and --where.")
    if named:
        return named
    if not reader:
        raise click.UsageError("Say whose pairs: --reader READER beside --where.")
    data_dir = shared().data_dir
    query = workbench.parse_query(where)
    index = workbench.load_index(data_dir, desk.reader_id_of(data_dir, reader))
    found = _found(index, query)
    if not found:
        raise click.UsageError("No pair is like that; nothing was changed.")
    return found


@click.command("similar", cls=Command)
@click.argument("pair")
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True)
def similar(pair: str, limit: int) -> None:
    """The pairs most like one, by the rare words that they share."""
    from engine import desk, workbench

    data_dir = shared().data_dir
    index = workbench.load_index(data_dir, _pair(pair).reader_id)
    found = workbench.similar(index, pair, limit)
    pairs = workbench.page(data_dir, [one.pair_id for one in found])
    names = desk.trait_names()
    lines = [
        line
        for one, like in zip(found, pairs, strict=True)
        for line in (
            f"{one.likeness:.2f}  {', '.join(one.shared)}",
            *pair_lines(like, names, LONG),
        )
    ]
    told = [asdict(one) | {"pair": asdict(like)} for one, like in zip(found, pairs, strict=True)]
    give({"pair": pair, "similar": told}, lines or ["No other pair is like it."])


def _pair(pair_id: str) -> PreferencePair:
    from engine import workbench

    return workbench.evidence_of(shared().data_dir, pair_id).pair


@click.command("evidence", cls=Command)
@click.argument("pair")
def evidence(pair: str) -> None:
    """The reviews and quotes that a pair rests on."""
    from engine import workbench

    rests = workbench.evidence_of(shared().data_dir, pair)
    lines = [rests.why]
    for quoted in rests.reviews:
        lines.append(f"{quoted.review.id}  {one_line(quoted.book.title, 80)}")
        lines += [f"  {quote.stance:+.2f} “{one_line(quote.quote)}”" for quote in quoted.quotes]
    if rests.forgotten:
        lines.append(f"{count(rests.forgotten, 'review')} it rested on are forgotten.")
    reviews = [
        {
            "review": quoted.review.id,
            "book": quoted.book.title,
            "quotes": [asdict(quote) for quote in quoted.quotes],
        }
        for quoted in rests.reviews
    ]
    give({"pair": pair, "why": rests.why, "reviews": reviews, "forgotten": rests.forgotten}, lines)


@click.command("journal", cls=Command)
@click.argument("pair", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
def journal(pair: str | None, limit: int) -> None:
    """Who changed what and when: of one pair, or of all."""
    from engine import desk, workbench

    names = desk.trait_names()
    entries = workbench.pair_journal(shared().data_dir, pair, limit)
    give(
        {
            "pair": pair,
            "changes": [
                asdict(entry) | {"made_at": entry.made_at.isoformat()} for entry in entries
            ],
        },
        [line for entry in entries for line in _entry_lines(entry, names)]
        or ["Nothing was changed yet."],
    )


def _entry_lines(entry: "Entry", names: Mapping[str, str]) -> Iterator[str]:
    from engine.pair_files.own_fields import TEXTS
    from studio.undoing import author

    undone = " (undone)" if entry.undone else ""
    who = author(entry.who, entry.road)
    yield f"{moment(entry.made_at)}  {who}  {entry.title}, {count(entry.pairs, 'pair')}{undone}"
    for change in entry.changes:
        if change.what != "changed":
            yield f"  {change.pair_id} {change.what}"
        for field in change.fields:
            told = f"{one_line(field.before, LONG)} → {one_line(field.after, LONG)}"
            is_text = field.name in TEXTS
            told = f"{field.name}: {told}" if is_text else field_told(field, names)
            yield f"  {change.pair_id} {told}"


@click.command("rewrite", cls=Command)
@click.argument("pair")
@click.argument("instruction")
@click.option("--side", type=click.Choice(["chosen", "rejected"]), default="rejected")
@click.option(
    "--provider",
    default="embedded",
    show_default=True,
    help="embedded, local:FILE.gguf, or endpoint:NAME.",
)
@click.option("--keep", is_flag=True, help="Store the text without asking.")
def rewrite(pair: str, instruction: str, side: str, provider: str, keep: bool) -> None:
    """Have one answer rewritten by a model: INSTRUCTION says what is to change.

    The text is shown before it is stored. Without --keep and without a terminal to ask on, nothing
    is stored.
    """
    from engine import workbench

    data_dir = shared().data_dir
    which = next(one for one in workbench.SIDES if one == side)
    events = workbench.rewritten(data_dir, pair, which, instruction, provider)
    result = asyncio.run(read_to_end(events))
    text, made = str(result["text"]), str(result["made"])
    if not keep and not shared().as_json and sys.stdin.isatty():
        click.echo(f"{text}\n", err=True)
        keep = click.confirm("Keep it?", err=True)
    if keep:
        workbench.keep_rewritten(data_dir, pair, which, text, made, str(result["old"]))
    give({"pair": pair, "side": side, "text": text, "made": made, "kept": keep}, [text])


_ACTS: tuple[tuple["Verb", str], ...] = (
    ("accept", "Accept pairs: they stand as they are, and building again keeps them."),
    ("drop", "Leave pairs out of training."),
    ("restore", "Take dropped pairs back in."),
    ("flag", "Flag pairs, to come back to them."),
    ("unflag", "Take the flag from pairs."),
    ("swap", "Turn the sides of pairs round."),
)
COMMANDS = (
    list_,
    *(_act(verb, told) for verb, told in _ACTS),
    similar,
    evidence,
    journal,
    rewrite,
)
"""Commands of the group `pairs`."""
