"""Commands about a reader's preference pairs: build, list, mend, carry elsewhere and back."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import click

from engine.domain import PreferencePair
from studio.shell import pair_files
from studio.shell.base import Group, find_reader, give, shared
from studio.text import count, one_line

TRACKS = ("interests", "values", "personality")


@click.group("pairs", cls=Group)
def pairs() -> None:
    """What the model is trained on: build, list, edit, drop."""


@pairs.command("build")
@click.argument("reader")
def build(reader: str) -> None:
    """Build all pairs from the profile; edited and dropped ones stay as they are."""
    from engine import desk

    data_dir, reader_id = find_reader(reader)
    report = desk.build_pairs(data_dir, reader_id)
    tracks = ", ".join(f"{number} on {track}" for track, number in report.by_track.items())
    told = f"{count(report.pairs, 'pair')}: {tracks}. {report.held_out} are held out of training."
    if report.added:
        told += f" {count(report.added, 'pair')} rest on texts accepted into the bank."
    give(report.as_json(), [told])


@pairs.command("list")
@click.argument("reader")
@click.option("--track", type=click.Choice(TRACKS), help="Only this track.")
@click.option("--trait", help="Only pairs that this trait decided.")
@click.option("--dropped", is_flag=True, help="Only dropped ones.")
def list_(reader: str, track: str | None, trait: str | None, dropped: bool) -> None:
    """List the pairs of a reader."""
    from engine import desk

    data_dir, reader_id = find_reader(reader)
    found = [
        pair
        for pair in desk.pairs(data_dir, reader_id)
        if track in (None, pair.track)
        and trait in (None, pair.trait_id)
        and (pair.dropped or not dropped)
    ]
    names = desk.trait_names()
    lines = (line for pair in found for line in pair_lines(pair, names, 160))
    nothing = f"No pairs. `persona-studio pairs build {reader}` builds them."
    give(
        {"reader": reader_id, "pairs": [asdict(pair) for pair in found]},
        lines if found else [nothing],
    )


def pair_lines(pair: PreferencePair, names: Mapping[str, str], limit: int) -> Iterator[str]:
    """A pair for people, each text at most `limit` characters long."""
    marks = [name for name in ("held_out", "dropped", "edited") if getattr(pair, name)]
    told = ", ".join([pair.track, names.get(pair.trait_id, pair.trait_id), *marks])
    yield f"{pair.id}  {one_line(told).replace('held_out', 'held out')}"
    yield f"  prompt:   {one_line(pair.prompt, limit)}"
    yield f"  chosen:   {one_line(pair.chosen, limit)}"
    yield f"  rejected: {one_line(pair.rejected, limit)}"


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


@pairs.command("drop")
@click.argument("pair")
def drop(pair: str) -> None:
    """Leave a pair out of training."""
    from engine import desk

    _give_pair(desk.drop_pair(shared().data_dir, pair))


@pairs.command("restore")
@click.argument("pair")
def restore(pair: str) -> None:
    """Take a dropped pair back in."""
    from engine import desk

    _give_pair(desk.drop_pair(shared().data_dir, pair, dropped=False))


@pairs.command("swap")
@click.argument("pair")
def swap(pair: str) -> None:
    """Turn the sides of a pair round."""
    from engine import desk

    _give_pair(desk.swap_pair(shared().data_dir, pair))


def _give_pair(pair: PreferencePair) -> None:
    from engine import desk

    give({"pair": asdict(pair)}, pair_lines(pair, desk.trait_names(), 2000))


for command in pair_files.COMMANDS:
    pairs.add_command(command)
