"""The command `report`: the editor's sheet of a book for a reader."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from models.errors import BadInput
from studio.shell.base import Command, find_reader, give, say, shared
from studio.shell.files import FORCE, write_private
from studio.shell.previews import find_book


@click.command("report", cls=Command)
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--book", required=True, help="Its id or title; `persona-studio books` lists them.")
@FORCE
def report(reader: str, file: Path, book: str, force: bool) -> None:
    """Write the editor's sheet of a book: .html or .md; Markdown on standard output for -.

    The original and the chosen text, why (traits with the reader's own words), the blind vote, and
    the hashes of the model and the data. A page has everything inside and loads nothing.
    """
    from engine import desk
    from engine.editor_sheet import editor_sheet
    from studio.sheets import editors

    data_dir, reader_id = find_reader(reader)
    sheet = editor_sheet(data_dir, reader_id, find_book(desk.books(data_dir), book).id)
    if str(file) == "-":
        if shared().as_json:
            click.echo(json.dumps(asdict(sheet), indent=2))
        else:
            say(editors.as_markdown(sheet), newline=False)
        return
    layouts = {".html": editors.as_html, ".md": editors.as_markdown}
    layout = layouts.get(file.suffix.lower())
    if layout is None:
        raise BadInput(
            f"{file.name!r} does not say what sheet it is to be.", "End it in .html or .md."
        )
    write_private(file, layout(sheet), force)
    give({**asdict(sheet), "file": str(file)}, [f"Written to {file}."])
