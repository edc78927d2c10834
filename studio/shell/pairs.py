"""Commands about a reader's preference pairs: build them, edit one, and the groups beside."""

from dataclasses import asdict

import click

from engine.domain import TRACKS, PreferencePair, Track
from engine.pairs.choice import PairChoice
from studio.pair_words import built
from studio.shell import pair_files, workbench
from studio.shell.base import Group, find_reader, give, shared
from studio.shell.pair_lines import pair_lines


@click.group("pairs", cls=Group)
def pairs() -> None:
    """What the model is trained on: build, list, edit, drop."""


@pairs.command("build")
@click.argument("reader")
@click.option(
    "--track",
    "tracks",
    type=click.Choice(TRACKS),
    multiple=True,
    help="Only this track, and any other that is named so; all four unless you say so.",
)
@click.option(
    "--answers",
    type=click.IntRange(1, 4),
    default=PairChoice().answers,
    show_default=True,
    help="Pairs of each personality question.",
)
def build(reader: str, tracks: tuple[Track, ...], answers: int) -> None:
    """Build all pairs from the profile; what you touched stays as it is."""
    from engine import desk

    data_dir, reader_id = find_reader(reader)
    report = desk.build_pairs(data_dir, reader_id, PairChoice(frozenset(tracks or TRACKS), answers))
    give(report.as_json(), built(report))


@pairs.command("edit")
@click.argument("pair")
@click.option("--prompt")
@click.option("--chosen")
@click.option("--rejected")
def edit(pair: str, prompt: str | None, chosen: str | None, rejected: str | None) -> None:
    """Change the texts of a pair."""
    from engine import desk

    if (prompt, chosen, rejected) == (None, None, None):
        raise click.UsageError("Nothing to change. Give --prompt, --chosen or --rejected.")
    _give_pair(
        desk.edit_pair(shared().data_dir, pair, prompt=prompt, chosen=chosen, rejected=rejected)
    )


def _give_pair(pair: PreferencePair) -> None:
    from engine import desk

    give({"pair": asdict(pair)}, pair_lines(pair, desk.trait_names(), 2000))


for command in (*workbench.COMMANDS, *pair_files.COMMANDS):
    pairs.add_command(command)
