"""The command `evaluate`: a chat model judges a blind round, beside the people who voted."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import click

from models.errors import BadInput
from studio.shell.base import Command, find_reader, give, shared, tell
from studio.shell.events import read_to_end
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.judge.judgement import Judgement
    from engine.judge.questions import Aspect
    from models.events import JsonObject

ASPECTS = ("quality", "personalisation", "interest")


@click.command("evaluate", cls=Command)
@click.argument("reader")
@click.option("--round", "round_id", help="The beginning of its id; the newest otherwise.")
@click.option(
    "--provider",
    help="Who judges: local:FILE.gguf, endpoint:NAME, or embedded, which is too small for it.",
)
@click.option(
    "--aspect",
    "aspects",
    multiple=True,
    type=click.Choice(ASPECTS),
    help="Only this one, and any other that is named so; all three unless told.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be asked, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before the model is asked.")
def evaluate(
    reader: str,
    round_id: str | None,
    provider: str | None,
    aspects: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Have a model judge a round in both orders; the same call again goes on.

    Without --provider, show what judges have said. Figures are shown once the sides are
    (`vote reveal`), so that nobody who still votes learns them.
    """
    from engine.judge.judging import judged, judging_cost
    from engine.votes import rounds

    data_dir, reader_id = find_reader(reader)
    own_id = rounds.round_of(data_dir, reader_id, round_id)
    done: JsonObject | None = None
    if provider is None:
        if dry_run:
            raise BadInput("Nobody is asked without --provider.", "Name who is to judge.")
    else:
        wanted = cast("Sequence[Aspect]", aspects or ASPECTS)
        cost = asyncio.run(judging_cost(data_dir, own_id, provider, wanted))
        if dry_run:
            give(cost.as_json(), [str(cost)])
            return
        if cost.calls and not yes:
            tell(str(cost))
            click.confirm(f"Ask {one_line(provider)}?", abort=True, err=True)
        done = asyncio.run(read_to_end(judged(data_dir, own_id, provider, wanted)))
    _give_judgements(reader_id, own_id, done)


def _give_judgements(reader_id: str, round_id: str, done: "JsonObject | None") -> None:
    from engine.judge.judgement import judgements
    from engine.votes import rounds

    data_dir = shared().data_dir
    lines = rounds.rounds(data_dir, reader_id)
    is_shown = any(line.id == round_id and line.revealed_at for line in lines)
    found = judgements(data_dir, round_id) if is_shown else []
    give(
        {
            "reader": reader_id,
            "round": round_id,
            "revealed": is_shown,
            "asked": done,
            "judges": [one.as_json() for one in found],
        },
        _lines(reader_id, is_shown, found, done),
    )


def _lines(
    reader_id: str, is_shown: bool, found: "Sequence[Judgement]", done: "JsonObject | None"
) -> Iterator[str]:
    from studio.vote_words import NO_TRUTH, judgement_lines

    if done is not None:
        yield f"{count(int(str(done['asked'])), 'question')} asked, {done['kept']} answered before."
    if not is_shown:
        yield f"The figures wait until the sides are shown: `vote reveal {reader_id}`."
        return
    for judgement in found:
        yield from judgement_lines(judgement)
        yield ""
    yield NO_TRUTH if found else "No model has judged this round; --provider names one."
