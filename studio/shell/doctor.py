"""The command doctor: what this machine has, and what is missing for the loop."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from models.errors import UserError
from studio.shell.base import Command, give, shared, tell
from studio.text import size

PACKAGES = (
    *("torch", "transformers", "peft", "trl", "llama-cpp-python", "gguf"),
    *("sentence-transformers", "openai", "sqlite-utils", "textual"),
)
LOADS = ("torch", "transformers", "peft", "trl", "llama_cpp", "sentence_transformers")
"""Modules that are imported in a child, to see that what is installed also loads."""
ENOUGH_DISK_BYTES = 2e9
"""A run with the embedded model: 16-bit merge, GGUF and checkpoints take about 1 GB."""


@click.command("doctor", cls=Command)
def doctor() -> None:
    """Check this machine: memory, disk, packages, models, and where training would run."""
    from models import hardware, library

    data_dir = shared().data_dir
    tell("Looking at this machine; loading the packages takes a few seconds.")
    packages = {name: _version(name) for name in PACKAGES}
    free_disk_bytes = hardware.free_disk_bytes(data_dir)
    problems = [f"{name} is not installed." for name, found in packages.items() if found is None]
    if free_disk_bytes < ENOUGH_DISK_BYTES:
        problems.append(f"Only {size(free_disk_bytes)} are free where the data is kept.")
    if not _can_write(data_dir):
        problems.append(f"{data_dir} cannot be written; choose another with --data-dir.")
    device, broken = _look_from_a_child()
    problems += broken
    document: dict[str, object] = {
        "python": sys.version.split()[0],
        "cores": hardware.cores(),
        "ram_bytes": hardware.ram_bytes(),
        "available_ram_bytes": hardware.available_ram_bytes(),
        "free_disk_bytes": free_disk_bytes,
        "device": device,
        "packages": packages,
        "embedded_model": _found(library.embedded_gguf, problems),
        "embedded_encoder": _found(library.embedded_encoder, problems),
        "data_dir": str(data_dir),
        "problems": problems,
    }
    give(document, _lines(document, packages, problems))
    click.get_current_context().exit(1 if problems else 0)


def _lines(
    told: dict[str, object], packages: dict[str, str | None], problems: list[str]
) -> Iterator[str]:
    yield f"Python {told['python']}, {told['cores']} cores"
    ram, available, disk = (
        size(float(str(told[name])))
        for name in ("ram_bytes", "available_ram_bytes", "free_disk_bytes")
    )
    yield f"Memory: {ram}, {available} of it available. Free disk: {disk}"
    yield str(told["device"])
    yield "Packages: " + ", ".join(
        f"{name} {found or 'missing'}" for name, found in packages.items()
    )
    yield f"Embedded model: {told['embedded_model'] or 'missing'}"
    yield f"Sentence encoder: {told['embedded_encoder'] or 'missing'}"
    yield f"Data directory: {told['data_dir']}"
    yield "Everything is there." if not problems else "To mend:"
    yield from (f"  {problem}" for problem in problems)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


_LOOK = """
import importlib
for name in {modules}:
    print("loading", name, flush=True)
    try:
        importlib.import_module(name)
    except Exception as error:
        print("broken", name, str(error).splitlines()[0] if str(error) else repr(error), flush=True)
from engine.train.device import choose_place
print("place", choose_place().told)
"""


def _look_from_a_child() -> tuple[str, list[str]]:
    """Where training would run, and what is wrong with the packages that load only in children."""
    child = subprocess.run(
        [sys.executable, "-c", _LOOK.format(modules=LOADS)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    told = [line.split(" ", 1) for line in child.stdout.splitlines() if " " in line]
    problems = [f"{rest} (this module does not load)." for kind, rest in told if kind == "broken"]
    places = [rest for kind, rest in told if kind == "place"]
    if not places and not problems:
        loading = [rest for kind, rest in told if kind == "loading"]
        problems.append(f"Loading {loading[-1] if loading else 'Python'} ends the process.")
    return places[0] if places else "Where training would run is not known.", problems


def _found(where: Callable[[], Path], problems: list[str]) -> str | None:
    try:
        return str(where())
    except UserError as error:
        problems.append(str(error))
        return None


def _can_write(data_dir: Path) -> bool:
    from engine import desk

    try:
        desk.readers(data_dir)
    except UserError:
        return False
    return True
