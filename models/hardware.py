"""What this machine offers: memory, cores, free disk. Linux and macOS; no torch."""

import os
import re
import subprocess
import sys
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")


def ram_bytes() -> int:
    """All the memory of the machine, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def available_ram_bytes() -> int:
    """Memory that a new process can have without swapping, in bytes.

    Linux: the kernel's own estimate. macOS: free, inactive, speculative and purgeable pages. All
    of the memory where neither is told.
    """
    if _MEMINFO.exists():
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", _MEMINFO.read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else ram_bytes()
    if sys.platform == "darwin":
        told = subprocess.run(["vm_stat"], capture_output=True, text=True, check=True)
        return vm_stat_available_bytes(told.stdout)
    return ram_bytes()


def vm_stat_available_bytes(told: str) -> int:
    """Read the output of macOS's `vm_stat`: the pages that can be had, in bytes."""
    page_bytes = re.search(r"page size of (\d+) bytes", told)
    pages = re.findall(
        r"^Pages (?:free|inactive|speculative|purgeable):\s+(\d+)\.$", told, re.MULTILINE
    )
    return int(page_bytes[1]) * sum(map(int, pages)) if page_bytes and pages else ram_bytes()


def cores() -> int:
    """The cores that this process may use (not all that the machine has)."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_disk_bytes(path: Path) -> int:
    """Free space, in bytes, where `path` is or will be made."""
    place = path.absolute()
    while not place.exists():
        place = place.parent
    stat = os.statvfs(place)
    return stat.f_bavail * stat.f_frsize
