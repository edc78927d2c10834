"""What this machine offers: memory, cores, free disk, a GPU. Linux and macOS; no torch."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MEMINFO, _CPUINFO = Path("/proc/meminfo"), Path("/proc/cpuinfo")
_CGROUPS, _OWN_CGROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_CGROUP_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.max", "memory.current", "inactive_file"),
}
"""Version of the kernel's cgroups → the files of limit and use, and the key of what is cache."""


@dataclass(frozen=True)
class Gpu:
    """A GPU as its driver tells of it."""

    name: str
    total_bytes: int
    free_bytes: int


def ram_bytes() -> int:
    """All the memory of the machine, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def available_ram_bytes() -> int:
    """Memory that a new process can have without swapping, in bytes.

    Linux: the kernel's own estimate, or what a container's limit leaves where that is less. macOS:
    free, inactive, speculative and purgeable pages. All of the memory where neither is told.
    """
    if _MEMINFO.exists():
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", _MEMINFO.read_text(), re.MULTILINE)
        told = int(found[1]) * 1024 if found else ram_bytes()
        return max(0, min([told, *cgroup_room_bytes(_CGROUPS, _OWN_CGROUPS.read_text())]))
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


def cgroup_room_bytes(root: Path, told: str) -> Iterator[int]:
    """What each memory limit that holds for this process leaves, in bytes.

    Args:
        root: where the kernel's cgroups are mounted.
        told: the text of /proc/self/cgroup.
    """
    for line in told.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, own = rest.partition(":")
        if number != "0" and "memory" not in controllers.split(","):
            continue
        version = 2 if number == "0" else 1
        top = root / controllers if version == 1 else root
        # Inside a container the path may be the host's: what is not there is passed over.
        for folder in {top / own.strip("/"), *(top / own.strip("/")).parents}:
            if folder.is_relative_to(top):
                with suppress(OSError, ValueError, AttributeError):
                    yield _room_in(folder, *_CGROUP_FILES[version])


def _room_in(folder: Path, limit: str, used: str, cache: str) -> int:
    reclaimable = re.search(rf"^{cache} (\d+)$", (folder / "memory.stat").read_text(), re.MULTILINE)
    used_bytes = int((folder / used).read_text()) - (int(reclaimable[1]) if reclaimable else 0)
    return int((folder / limit).read_text()) - used_bytes  # `max` is no number: no limit


def peak_memory_bytes() -> int:
    """The most memory this process ever held, in bytes.

    Linux's own figure of this program: `ru_maxrss` begins with the size of the process that started
    it. macOS has only that, in bytes.
    """
    with suppress(OSError):
        found = re.search(
            r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE
        )
        if found:
            return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def forget_peak_memory() -> bool:
    """Have `peak_memory_bytes` begin from what is held now; False where the system cannot."""
    try:
        # 5 in clear_refs sets VmHWM back, since Linux 4.0.
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def gpu() -> Gpu | None:
    """The first of NVIDIA's GPUs; None without one, or without its driver's `nvidia-smi`."""
    asked = "--query-gpu=name,memory.total,memory.free"
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            ["nvidia-smi", asked, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return next(gpus_told(told.stdout), None)
    return None


def gpus_told(told: str) -> Iterator[Gpu]:
    """Read `nvidia-smi`'s table: a name and two numbers of MiB a line."""
    for line in told.splitlines():
        name, *numbers = (part.strip() for part in line.rsplit(",", 2))
        if len(numbers) == 2 and all(map(str.isdigit, numbers)):
            total, free = (int(number) << 20 for number in numbers)
            yield Gpu(name, total, free)


def multiplies_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself, as Linux tells of it."""
    with suppress(OSError):
        return bool(re.search(r"\b(avx512_bf16|amx_bf16|bf16)\b", _CPUINFO.read_text()))
    return False


def processor() -> str:
    """The processor's name, or its kind where no name is told."""
    with suppress(OSError):
        found = re.search(r"^model name\s*:\s*(.+)$", _CPUINFO.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return os.uname().machine


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
