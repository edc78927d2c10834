"""The processes that share a run's steps; one alone unless `accelerate launch` started more.

Each does the same work in the same order, so whatever they are to agree on is asked of all at the
same point. The first of them alone writes files.
"""

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from torch import Tensor

from models.errors import UserError

T = TypeVar("T")


def join(device: str) -> None:
    """Find the other processes of the run; on CUDA each has a GPU of its own.

    Raises:
        UserError: this machine has fewer GPUs than processes.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if device == "cuda" and here > torch.cuda.device_count():
        raise UserError(
            f"{here} processes want a GPU each, and this machine has {torch.cuda.device_count()}.",
            "Train with fewer processes.",
        )
    PartialState(cpu=device == "cpu")
    take_own_device()


def take_own_device() -> None:
    """Make the process's GPU the one of this thread: torch keeps that by thread."""
    device = PartialState().device
    if device.type == "cuda":
        torch.cuda.set_device(device)


def leave() -> None:
    """Take leave of the others, once all is done."""
    PartialState().destroy_process_group()


def count() -> int:
    """How many processes there are."""
    return int(PartialState().num_processes)


def index() -> int:
    """Which of them this one is, from 0."""
    return int(PartialState().process_index)


def is_first() -> bool:
    """Whether this is the process that writes files."""
    return index() == 0


def agreed(asked: bool) -> bool:
    """What the first process was asked: signals reach it alone."""
    told = [asked]
    broadcast_object_list(told)
    return told[0]


def union(parts: Sequence[dict[str, T]]) -> dict[str, T]:
    """The entries that the processes found between them."""
    found: dict[str, T] = {}
    for part in gather_object(list(parts)):
        found |= part
    return found


def have_parted(weights: Iterable[Tensor]) -> bool:
    """Whether the processes no longer hold the same weights: a step was not shared by all."""
    sums = [float(tensor.double().sum()) for tensor in weights]
    return len({tuple(found) for found in gather_object([sums])}) > 1
