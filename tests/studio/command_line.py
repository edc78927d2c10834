"""Commands of the studio run in this process, for the tests of what they print."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from studio.cli import studio


def command(data_dir: Path, *arguments: str, stdin: str | None = None) -> Result:
    """Run one command."""
    return CliRunner().invoke(studio, ["--data-dir", str(data_dir), *arguments], input=stdin)


def document(data_dir: Path, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
    """The JSON that a command prints; fails where stdout is anything but one document."""
    done = command(data_dir, *arguments, "--json", stdin=stdin)
    assert done.exit_code == 0, done.output
    read: dict[str, Any] = json.loads(done.stdout)
    return read
