"""Commands about a reader's preference pairs: build, list, mend, carry elsewhere and back."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from engine.domain import TRACKS, PreferencePair, Track
from engine.pairs.choice import PairChoice
from studio.shell import workbench
from studio.shell.base import Group, give, shared
from studio.shell.files import write_private
from studio.shell.imports import skipped_lines
from studio.shell.pair_lines import pair_lines
from studio.text import count


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

    data_dir = shared().data_dir
    choice = PairChoice(frozenset(tracks or TRACKS), answers)
    report = desk.build_pairs(data_dir, desk.reader_id_of(data_dir, reader), choice)
    by_track = ", ".join(f"{number} on {track}" for track, number in report.by_track.items())
    told = f"{count(report.pairs, 'pair')}: {by_track}. {report.held_out} are held out of training."
    reasons = ", ".join(f"{number} {why}" for why, number in report.left_out.items())
    left_out = [f"Statements and questions that make no pair: {reasons}."] if reasons else []
    give(report.as_json(), [told, *left_out])


for command in workbench.COMMANDS:
    pairs.add_command(command)


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


@pairs.command("export")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
def export(reader: str, file: Path) -> None:
    """Write the pairs to a JSONL file: prompt, chosen, rejected, and where each came from."""
    from engine import desk

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader)
    found = [asdict(pair) for pair in desk.pairs(data_dir, reader_id)]
    if str(file) == "-":
        rows = (json.dumps(row) for row in found)
        give({"reader": reader_id, "pairs": found}, rows)
        return
    write_private(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found))
    give(
        {"reader": reader_id, "pairs": len(found), "file": str(file)},
        [f"{count(len(found), 'pair')} written to {file}."],
    )


@pairs.command("load")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def load(reader: str, file: Path) -> None:
    """Load pairs that `pairs export` wrote, edited since or not."""
    from engine import desk, exchange

    data_dir = shared().data_dir
    report = exchange.load_pairs(data_dir, desk.reader_id_of(data_dir, reader), file)
    told = f"{report.changed} changed, {report.added} added, {report.same} as they were."
    give(report.as_json(), [told, *skipped_lines(report.skipped)])
