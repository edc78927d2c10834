"""Commands that carry pairs elsewhere and back: `pairs export`, `pairs load`."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from engine.domain import TRACKS
from studio.shell.base import Command, find_reader, give, say, shared, tell
from studio.shell.files import FORCE
from studio.shell.imports import skipped_lines
from studio.shell.workbench import WHERE
from studio.text import count

if TYPE_CHECKING:
    from engine.domain import Track
    from engine.pair_files.exporting import Export, Only, PairsWritten
    from engine.pair_files.loading import PairsLoaded

FORMATS = (
    "studio",
    "trl",
    "trl-conversational",
    "parquet",
    "csv",
    "hh",
    "ultrafeedback",
    "argilla",
)
ONLY = ("all", "kept", "train", "held-out", "accepted")
_FILE = click.Path(path_type=Path, allow_dash=True)


@click.command("export", cls=Command)
@click.argument("reader")
@click.argument("file", type=_FILE, default="-")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="By the name of the file unless told: csv and parquet; studio for any other.",
)
@click.option(
    "--only",
    type=click.Choice(ONLY),
    help="Which pairs; kept is all but the dropped ones. All for studio unless told, else kept.",
)
@WHERE
@click.option(
    "--with-card", is_flag=True, help="Put the reader's card before each prompt, as in training."
)
@FORCE
def export(
    reader: str,
    file: Path,
    format_: str | None,
    only: str | None,
    where: str,
    with_card: bool,
    force: bool,
) -> None:
    """Write the pairs to a file, for another trainer or a spreadsheet; - is standard output.

    Every format keeps where each pair came from, so that `pairs load` brings the same pairs back.
    """
    from engine.pair_files import exporting

    data_dir, reader_id = find_reader(reader)
    chosen = exporting.Export(
        format_ or exporting.format_for(file), cast("Only | None", only), with_card, where
    )
    if str(file) == "-":
        _to_stdout(data_dir, reader_id, chosen)
        return
    written = exporting.export_pairs(data_dir, reader_id, file, chosen, force)
    give(written.as_json(), [f"{count(written.pairs, 'pair')} written to {file}."])
    if not shared().as_json:
        _tell_notes(written)


def _to_stdout(data_dir: Path, reader_id: str, chosen: "Export") -> None:
    from engine.pair_files import exporting

    stdout = sys.stdout.buffer
    if shared().as_json:
        rows = exporting.exported_rows(data_dir, reader_id, chosen)
        give({"reader": reader_id, "format": chosen.format, "pairs": rows}, [])
    elif stdout.isatty():
        # Somebody is reading: what could steer their terminal is shown as a sign.
        page = io.BytesIO()
        written = exporting.stream_pairs(data_dir, reader_id, page, chosen)
        say(page.getvalue().decode(), newline=False)
        _tell_notes(written)
    else:
        _tell_notes(exporting.stream_pairs(data_dir, reader_id, stdout, chosen))


def _tell_notes(written: "PairsWritten") -> None:
    if written.held_out and written.only in ("kept", "accepted") and written.format != "studio":
        be = "is" if written.held_out == 1 else "are"
        tell(f"{written.held_out:,} of them {be} held out; --only train leaves those out.")
    for warning in written.warnings():
        tell(warning)


@click.command("load", cls=Command)
@click.argument("reader")
@click.argument("file", type=_FILE)
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Told by the content otherwise."
)
@click.option(
    "--track",
    type=click.Choice(TRACKS),
    help="Of pairs that somebody else made: the track of --trait unless told, else descriptions.",
)
@click.option("--trait", help="Of pairs that somebody else made: the trait they are about.")
def load(
    reader: str, file: Path, format_: str | None, track: str | None, trait: str | None
) -> None:
    """Load pairs that `pairs export` wrote, edited since or not, or that somebody else made.

    JSON Lines, CSV or Parquet, also .gz; - is standard input.
    """
    from engine.pair_files.loading import About, load_pairs

    data_dir, reader_id = find_reader(reader)
    about = About(cast("Track | None", track), trait)
    loaded = load_pairs(data_dir, reader_id, file, format_, about)
    give(loaded.as_json(), _loaded_lines(loaded))
    if loaded.remark and not shared().as_json:
        tell(loaded.remark)


def _loaded_lines(loaded: "PairsLoaded") -> Iterator[str]:
    yield (
        f"{loaded.format}: {loaded.changed:,} changed, {loaded.added:,} added, "
        f"{loaded.same:,} as they were; {loaded.held_out:,} of {count(loaded.pairs, 'pair')} "
        "held out."
    )
    yield from skipped_lines(loaded.skipped, loaded.skipped_unlisted, loaded.place)


COMMANDS = (export, load)
