"""Commands that have a chat model write for the bank, and with which the editor chooses."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from studio.shell.base import Command, give, shared, tell
from studio.shell.events import read_to_end
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.bank_extend.candidate import Grade, Kind
    from engine.bank_extend.decisions import Decided, State

KINDS = ("statements", "scenes", "questions")
GRADES = ("plain", "everyday", "subtle")
STATES = ("waiting", "accepted", "rejected", "refused")


@click.command("extend", cls=Command)
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--for",
    "wanted",
    multiple=True,
    metavar="ID",
    help="A dimension, statement or facet, or the beginning of its id; all without.",
)
@click.option("--grade", "grades", multiple=True, type=click.Choice(GRADES), help="Of scenes.")
@click.option(
    "--count",
    "number",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="How many there should be for each in the end, those of earlier calls counted.",
)
@click.option(
    "--provider",
    default="embedded",
    show_default=True,
    help="embedded, local:FILE.gguf, or endpoint:NAME. The embedded one is too small for much.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be asked, and stop.")
@click.option("--rejected", is_flag=True, help="List what the gates refused, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before the model is asked.")
def extend(
    kind: "Kind",
    wanted: tuple[str, ...],
    grades: "tuple[Grade, ...]",
    number: int,
    provider: str,
    dry_run: bool,
    rejected: bool,
    yes: bool,
) -> None:
    """Have a model write statements, scenes or questions; the same call again goes on.

    What passes the gates waits for you: `bank candidates`, `bank accept`, `bank reject`.
    """
    from engine.bank_extend.extend import extend as extended
    from engine.bank_extend.order import ordered
    from engine.bank_extend.plan import extension_cost

    data_dir = shared().data_dir
    order = ordered(kind, provider, wanted, grades, number)
    if rejected:
        names = {target.name for target in order.targets}
        _give_candidates(
            [one for one in _all("refused") if one.candidate.target.name in names], "refused"
        )
        return
    cost = asyncio.run(extension_cost(data_dir, order))
    if dry_run:
        give(cost.as_json(), [str(cost)])
        return
    if cost.calls and not yes:
        tell(str(cost))
        click.confirm(f"Ask {one_line(provider)}?", abort=True, err=True)
    result = asyncio.run(read_to_end(extended(data_dir, order)))
    told = f"{result['passed']} passed the gates and wait for you, {result['refused']} were refused"
    give(result, [f"{told}. `persona-studio bank candidates` lists them."])


@click.command("candidates", cls=Command)
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind.")
@click.option("--state", type=click.Choice(STATES), default="waiting", show_default=True)
@click.option("--all", "everything", is_flag=True, help="In whatever state.")
def candidates(kind: "Kind | None", state: "State", everything: bool) -> None:
    """List what a model wrote for the bank and how it was judged."""
    found = [
        one
        for one in _all(None if everything else state)
        if kind in (None, one.candidate.target.kind)
    ]
    _give_candidates(found, "written" if everything else state)


@click.command("accept", cls=Command)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def accept(ids: tuple[str, ...]) -> None:
    """Take candidates into the bank: `pairs build` uses scenes and questions from then on."""
    _decide(ids, accepted=True)


@click.command("reject", cls=Command)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def reject(ids: tuple[str, ...]) -> None:
    """Keep candidates out of the bank; they stay listed, and no longer count for `extend`."""
    _decide(ids, accepted=False)


COMMANDS = (extend, candidates, accept, reject)


def _all(state: "State | None") -> "list[Decided]":
    from engine.bank_extend.decisions import candidates

    return [one for one in candidates(shared().data_dir) if state in (None, one.state)]


def _decide(ids: Sequence[str], accepted: bool) -> None:
    from engine.bank_extend.decisions import NO_PART, decide, takes_part

    decided = decide(shared().data_dir, ids, accepted)
    lines = [f"{one.candidate.id}: {one.state}." for one in decided]
    if accepted and not all(takes_part(one.candidate) for one in decided):
        lines.append(NO_PART)
    if accepted and any(takes_part(one.candidate) for one in decided):
        lines.append("`persona-studio pairs build READER` uses it from now on.")
    give({"candidates": [one.as_json() for one in decided]}, lines)


def _give_candidates(found: "Sequence[Decided]", state: str) -> None:
    lines = [line for one in found for line in candidate_lines(one)]
    lines.append(f"{count(len(found), 'candidate')}, {state}.")
    give({"candidates": [one.as_json() for one in found]}, lines)


def candidate_lines(decided: "Decided") -> Iterator[str]:
    """A candidate for people: its texts, who wrote it, and why it was refused."""
    from engine.bank_extend.candidate import texts_of

    candidate = decided.candidate
    yield f"{candidate.id}  {decided.state}, by {one_line(candidate.model)}"
    if candidate.refused:
        yield f"  {one_line(candidate.refused)}"
    if candidate.entry is None:
        yield f"  {one_line(candidate.reply)}"
        return
    for name, text in texts_of(candidate.entry).items():
        yield f"  {name + ':':10} {one_line(text, 600)}"
