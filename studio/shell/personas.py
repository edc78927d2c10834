"""The commands `persona …`: who would prefer each answer of a dataset, checked and mapped."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.personas.domain import STATES
from engine.personas.exemplars import KINDS
from models.errors import BadInput
from studio.persona_words import (
    entry_line,
    entry_lines,
    figure_lines,
    group_lines,
    inference_lines,
    map_lines,
    marks_of,
)
from studio.shell.base import Group, give, shared, tell
from studio.shell.events import read_to_end
from studio.shell.imports import skipped_lines
from studio.text import count, one_line

if TYPE_CHECKING:
    from click.decorators import FC

    from engine.personas.domain import Side
    from engine.personas.editing import Entry
    from engine.personas.exemplars import Kind
    from engine.profile.cost import Cost

LINES_AT_MOST = 200
_LIMIT = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N pairs."
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Tell what would be asked, and stop.")
_YES = click.option("--yes", is_flag=True, help="Do not ask before the model is asked.")
_SIDE = click.argument("side", type=click.Choice(("chosen", "rejected")))


def _provider(who: str) -> "Callable[[FC], FC]":
    return click.option(
        "--provider",
        default="embedded",
        show_default=True,
        help=f"{who}: local:FILE.gguf, endpoint:NAME, or embedded, which is too small for it.",
    )


@click.group("persona", cls=Group)
def persona() -> None:
    """Infer who would prefer each answer of a dataset, check it, and map them all."""


@persona.command("infer")
@click.argument("dataset")
@_provider("Who infers")
@_LIMIT
@click.option("--kind", type=click.Choice(KINDS), help="Whose exemplars the model is shown.")
@click.option("--fresh", is_flag=True, help="Ask everything again; what you edited stays.")
@_DRY_RUN
@_YES
def infer(
    dataset: str,
    provider: str,
    limit: int | None,
    kind: "Kind | None",
    fresh: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Write a persona for each side of each pair; the same call again goes on.

    Kinds of exemplars: help, forum, safety, reading, learning; the dataset's name tells otherwise.
    """
    from engine.personas.infer import Wish, inference_cost, inferred

    data_dir = shared().data_dir
    wish = Wish(dataset, provider, limit, kind, fresh)
    cost = asyncio.run(inference_cost(data_dir, wish))
    if _may_ask(cost, provider, dry_run, yes):
        done = asyncio.run(read_to_end(inferred(data_dir, wish)))
        give(done, inference_lines(done))


@persona.command("check")
@click.argument("dataset")
@_provider("Who judges")
@_LIMIT
@click.option(
    "--compare", is_flag=True, help="Also ask which of a pair's personas fits more people."
)
@click.option("--fresh", is_flag=True, help="Check again what was checked, by whomever.")
@_DRY_RUN
@_YES
def check(
    dataset: str,
    provider: str,
    limit: int | None,
    compare: bool,
    fresh: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Have a judge pick the answer from the persona, in both orders; the same call goes on.

    A persona that does not pass is not used for training.
    """
    from engine.personas.check import CheckWish, check_cost, checked

    data_dir = shared().data_dir
    wish = CheckWish(dataset, provider, limit, compare, fresh)
    cost = asyncio.run(check_cost(data_dir, wish))
    if _may_ask(cost, provider, dry_run, yes):
        done = asyncio.run(read_to_end(checked(data_dir, wish)))
        give(done, figure_lines(done))


@persona.command("map")
@click.argument("dataset")
@click.option("--kept", is_flag=True, help="Show the map that was made last; make none.")
def map_(dataset: str, kept: bool) -> None:
    """Group the personas by what they mean: which readers the data serves, which it fails.

    A group is served where over half of its members prefer the chosen answers (95 %), failed
    where under half do.
    """
    from engine.personas.map import kept_map, mapped

    data_dir = shared().data_dir
    found = kept_map(data_dir, dataset) if kept else asyncio.run(mapped(data_dir, dataset))
    if found is None:
        raise BadInput(f"No map of {dataset!r} was made yet.", "Leave --kept out to make one.")
    give(found.as_json(), map_lines(found))


@persona.command("held-out")
@click.argument("dataset")
@click.option(
    "--provider",
    default="embedded",
    show_default=True,
    help="Who scores: embedded or local:FILE.gguf.",
)
@click.option(
    "--most",
    type=click.IntRange(min=5),
    default=20,
    show_default=True,
    help="Unseen choices of each group; fewer than 5 would allow no verdict.",
)
def held_out(dataset: str, provider: str, most: int) -> None:
    """Keep a persona for a group of the map only if it helps to tell its unseen choices.

    By how much likelier a local model holds the preferred answers with the persona in the prompt.
    """
    from engine.personas.held_out import held_out as scored

    done = asyncio.run(read_to_end(scored(shared().data_dir, dataset, provider, most)))
    give(done, group_lines(done))


@persona.command("list")
@click.argument("dataset")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only pairs with such."
)
@click.option("--find", default="", help="Only pairs with these words in prompt or persona.")
@_LIMIT
def list_(dataset: str, states: tuple[str, ...], find: str, limit: int | None) -> None:
    """List a dataset's pairs with what became of both personas, and the figures of all.

    ✓ passed, ✗ not passed, · not checked, ! no valid persona; chosen first.
    """
    from engine.personas import editing, files
    from engine.personas.figures import figures

    entries = editing.entries(shared().data_dir, dataset)
    shown = [one for one in entries if _is_meant(one, states, find)]
    everybody = [one for entry in entries for one in entry.personas.values()]
    told = figures(everybody).as_json()
    lines = [entry_line(one) for one in shown[: limit or LINES_AT_MOST]]
    if len(shown) > len(lines):
        lines.append(f"… and {len(shown) - len(lines):,} more; --limit shows more of them.")
    give(
        {
            "dataset": dataset,
            "figures": told,
            "pairs": [{**files.as_json(one), "marks": marks_of(one)} for one in shown[:limit]],
        },
        [*lines, "", *figure_lines(told)],
    )


@persona.command("show")
@click.argument("pair")
def show(pair: str) -> None:
    """Show a pair with both personas in full; PAIR is the beginning of its id."""
    from engine.personas import editing, files

    found = editing.entry(shared().data_dir, pair)
    give(files.as_json(found), entry_lines(found))


@persona.command("edit")
@click.argument("pair")
@_SIDE
@click.argument("text")
def edit(pair: str, side: "Side", text: str) -> None:
    """Write a persona yourself; it is unchecked from then on, and never inferred over.

    An empty TEXT takes the persona away. `undo` takes either back.
    """
    from engine.personas import editing, files

    data_dir = shared().data_dir
    if not text.strip():
        editing.remove_persona(data_dir, pair, side)
        left = editing.entry(data_dir, pair)
        give(files.as_json(left), [f"Taken away: the persona of the {side} answer."])
        return
    written = editing.write_persona(data_dir, pair, side, text)
    if written.remark:
        tell(f"Kept as you wrote it. A model's would be refused: {written.remark}")
    found = editing.entry(data_dir, pair)
    give({**files.as_json(found), "remark": written.remark}, entry_lines(found))


@persona.command("load")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("dataset")
@click.option(
    "--with-pairs",
    is_flag=True,
    help="Make pairs of rows with answers of their own; the dataset may be new.",
)
def load(file: Path, dataset: str, with_pairs: bool) -> None:
    """Take personas from a file: ours, or published ones with prompt and a persona of each side."""
    from engine.personas.files import load_personas

    path = None if str(file) == "-" else file
    report = load_personas(shared().data_dir, path, dataset, with_pairs)
    told = f"{count(report.personas, 'persona')} taken into {one_line(dataset)}"
    if report.pairs_added:
        told += f", with {count(report.pairs_added, 'new pair')}"
    if kept := report.unchanged + report.edited_kept:
        told += f"; {kept:,} left as they were"
    give(report.as_json(), [f"{told}.", *skipped_lines(report.skipped)])


@persona.command("export")
@click.argument("dataset")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--passed", is_flag=True, help="Only personas that passed their check.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export(dataset: str, file: Path, passed: bool, force: bool) -> None:
    """Write the pairs with their personas as JSON Lines; `load` reads them back."""
    from engine.personas.files import export_personas

    written = export_personas(shared().data_dir, dataset, file, passed, force)
    give(
        {"dataset": dataset, "pairs": written, "file": str(file)},
        [f"{count(written, 'pair')} written to {file}."],
    )


def _may_ask(cost: "Cost", provider: str, dry_run: bool, yes: bool) -> bool:
    """Tell the cost, and ask a person where there is one."""
    if dry_run:
        give(cost.as_json(), [str(cost)])
        return False
    if cost.calls and not yes:
        tell(str(cost))
        click.confirm(f"Ask {one_line(provider)}?", abort=True, err=True)
    return True


def _is_meant(entry: "Entry", states: tuple[str, ...], find: str) -> bool:
    words = find.casefold()
    texts = (entry.example.prompt, *(one.text for one in entry.personas.values()))
    is_found = not words or any(words in text.casefold() for text in texts)
    return is_found and (not states or any(one.state in states for one in entry.personas.values()))
