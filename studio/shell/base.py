"""What all commands share: two options that go anywhere, refusals as sentences, output.

Results go to stdout, narration to stderr. With `--json` stdout is exactly one JSON document.
"""

import json
from collections.abc import Iterable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from models.errors import UserError
from studio.config import data_dir
from studio.text import visible


@dataclass
class Shared:
    """The options that every command takes."""

    given_dir: Path | None = None
    as_json: bool = False

    @property
    def data_dir(self) -> Path:
        return data_dir(self.given_dir)


def shared() -> Shared:
    """The shared options of the command that is running."""
    return click.get_current_context().find_root().ensure_object(Shared)


def find_reader(reader: str) -> tuple[Path, str]:
    """The data directory, and in it the id of a reader given by id or name.

    Raises:
        BadInput: there is no such reader.
    """
    from engine import desk

    data_dir = shared().data_dir
    return data_dir, desk.reader_id_of(data_dir, reader)


def _set_dir(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().ensure_object(Shared).given_dir = value


def _set_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(Shared).as_json = True


def _shared_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--data-dir"],
            type=click.Path(path_type=Path, file_okay=False),
            expose_value=False,
            callback=_set_dir,
            help="Where readers, runs and models are kept.",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_set_json,
            help="Print the result as one JSON document.",
        ),
    ]


class Command(click.Command):
    """A command that takes --data-dir and --json."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _shared_options()


class Group(click.Group):
    """A group whose commands, and which itself, take --data-dir and --json."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _shared_options()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the work, which is the order they were added in."""
        return list(self.commands)


class Root(Group):
    """The whole command line: errors a person can mend become a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            # Of its own context, so that what it says of itself ends with the command.
            return copy_context().run(super().invoke, ctx)
        except UserError as error:
            tell(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            tell("\nInterrupted; what was there before is as it was.")
            ctx.exit(130)


def give(result: Mapping[str, object], lines: Iterable[str]) -> None:
    """Print a command's result: as JSON where that was asked for, else as lines for people."""
    if shared().as_json:
        click.echo(json.dumps(result, indent=2))
        return
    for line in lines:
        say(line)


def say(text: str, newline: bool = True) -> None:
    """Print a line of the result; what could steer the terminal is shown as a sign."""
    click.echo(visible(text), nl=newline)


def tell(text: str) -> None:
    """Print a line of narration."""
    click.echo(visible(text), err=True)
