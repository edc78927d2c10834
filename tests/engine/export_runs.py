"""A training run's directory as exports find it, made without training."""

from collections.abc import Mapping
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model

from engine import jobs
from engine.jobs import RunDir
from models.library import resolve_base
from models.torch_base import load_base


def save_train_run(folder: Path, cache_dir: Path) -> Path:
    """Of the embedded model, with an adapter that moves it a little."""
    run = jobs.prepare(folder, "train", {"base": "embedded"})
    save_adapter(run, "embedded", cache_dir)
    return folder


def save_adapter(run: RunDir, base: str, cache_dir: Path) -> None:
    """As a training of that base would leave it."""
    model, _ = load_base(resolve_base(base), cache_dir, torch.float32)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "down_proj"]))
    torch.manual_seed(1)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.005)
    adapted.save_pretrained(str(run.adapter))


def export_settings(train_run: Path, cache_dir: Path, *quants: str) -> Mapping[str, object]:
    return {"train_run": str(train_run), "quants": list(quants), "cache_dir": str(cache_dir)}


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))
