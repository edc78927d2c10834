"""What training takes of the machine, as figures of a step."""

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path

import torch

from models.hardware import peak_memory_bytes, ram_bytes

_STATM = Path("/proc/self/statm")
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def machine_figures(device: str) -> dict[str, float]:
    """Memory in bytes and GPU use from 0 to 1; what cannot be known here is left out.

    `memory_limit_bytes` and `gpu_memory_limit_bytes` are what there is, for the run doctor.
    """
    figures = {
        "memory_bytes": float(peak_memory_bytes()),
        "memory_limit_bytes": float(memory_limit_bytes()),
    }
    if _STATM.exists():
        pages = int(_STATM.read_text().split()[1])
        figures["memory_now_bytes"] = float(pages * resource.getpagesize())
    if device == "cuda":
        free, total = torch.cuda.mem_get_info()
        figures |= {"gpu_memory_bytes": float(total - free), "gpu_memory_limit_bytes": float(total)}
        with suppress(ImportError, RuntimeError):  # without nvidia-ml-py, or a driver that tells it
            figures["gpu_use"] = torch.cuda.utilization() / 100
    return figures


def memory_limit_bytes() -> int:
    """The machine's memory, or what a container's limit leaves of it."""
    limits = [ram_bytes()]
    for path in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # no such file here, or "max"
            limits.append(int(path.read_text()))
    return min(limits)


def keep_few_kernels() -> None:
    """Have oneDNN keep the code of some 250 products; called before the first of them.

    Each step brings about twenty of new shapes, and oneDNN would keep 1,024. Measured over 80 steps
    of a base of one layer: 1.1 GB held at the end with 128 of them, 1.5 GB with 1,024.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")


def give_back_memory() -> None:
    """Have glibc return what a step freed; batches differ in length, and the rest would pile up.

    Measured over eight steps: 1.1 GB held between steps where it was 3.0 GB.
    """
    with suppress(OSError, AttributeError):  # no glibc here: nothing to do
        ctypes.CDLL("libc.so.6").malloc_trim(0)
