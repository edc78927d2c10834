"""Whether disk and memory are enough, asked before work is begun; both numbers are told."""

from pathlib import Path

from models.errors import JobFailed
from models.hardware import available_ram_bytes, free_disk_bytes


def check_disk(folder: Path, needed_bytes: int, what: str) -> None:
    """Check that files of that many bytes will fit.

    Args:
        what: begins the sentence, as in "The export".

    Raises:
        JobFailed: they will not.
    """
    free_bytes = free_disk_bytes(folder)
    if needed_bytes > free_bytes:
        raise JobFailed(
            f"{what} needs {needed_bytes / 1e9:.1f} GB in {folder}, and "
            f"{free_bytes / 1e9:.1f} GB are free.",
            "Free some space, or choose another place with --data-dir.",
        )


def check_memory(needed_bytes: int, what: str) -> None:
    """Check that a process can have that much memory.

    Args:
        what: begins the sentence, as in "The export".

    Raises:
        JobFailed: it cannot.
    """
    free_bytes = available_ram_bytes()
    if needed_bytes > free_bytes:
        raise JobFailed(
            f"{what} needs {needed_bytes / 1e9:.1f} GB of memory, and {free_bytes / 1e9:.1f} GB "
            "are free.",
            "Close other programs, then start it again.",
        )
