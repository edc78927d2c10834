"""What files take of the disk, and what removing them gives back. Hard links count once."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def size_bytes(path: Path) -> int:
    """Of a file, or of all files below a folder; each once, however many names it has there."""
    files = {_of(stat): stat.st_size for stat in _files([path])}
    return sum(files.values())


def freed_bytes(paths: Iterable[Path]) -> int:
    """What removing all of these gives back: only files that have no name elsewhere."""
    stats = list(_files(paths))
    names = Counter(_of(stat) for stat in stats)
    files = {_of(stat): stat for stat in stats}
    return sum(stat.st_size for key, stat in files.items() if names[key] == stat.st_nlink)


def _of(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino


def _files(paths: Iterable[Path]) -> Iterator[os.stat_result]:
    for path in paths:
        below = os.walk(path) if path.is_dir() and not path.is_symlink() else [("", (), [path])]
        for folder, _, names in below:
            for name in names:
                # A run that goes on may take a file away while they are counted.
                with suppress(FileNotFoundError):
                    yield Path(folder, name).lstat()
