"""Where training runs and in which precision, chosen by itself and said."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Place:
    """A device and the precision of its matrix products."""

    device: str
    dtype: torch.dtype
    told: str
    """One sentence for the person."""


def choose_place() -> Place:
    """CUDA, then Apple's MPS, then the CPU.

    On a CPU bf16 is taken where the processor multiplies it itself; elsewhere it would be slower
    than float32.
    """
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
        return Place("cuda", dtype, f"Training on {name} in {_name(dtype)}.")
    if torch.backends.mps.is_available():
        return Place("mps", torch.float32, "Training on this Mac's GPU (MPS) in float32.")
    dtype = torch.bfloat16 if _multiplies_bf16() else torch.float32
    threads = torch.get_num_threads()
    of_them = "1 thread" if threads == 1 else f"{threads} threads"
    return Place("cpu", dtype, f"No GPU here: training on the CPU, {of_them}, {_name(dtype)}.")


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _multiplies_bf16() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return any(
        bool(capabilities.get(name)) for name in ("avx512_bf16", "amx_bf16", "amx_tile", "bf16")
    )
