"""A data directory as a training, an export and the previews leave it, made without any of them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from gguf import GGUFWriter
from safetensors.numpy import save_file

from engine import jobs, runs
from engine.domain import PreferencePair, Run, RunKind
from engine.jobs import RunDir
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.train.checkpoints import made_sha256
from engine.train.input_files import input_files
from models.events import Event, Finished, to_line

READER = "ana-lima"
"""As it must stand in nothing that is given away."""
CARD = "The reader: in Recife; teaches literature. Seek in reading: poetry; family sagas."
MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TRAINED = {
    "run": "train-1",
    "seconds": 1980.0,
    "pairs": 6,
    "device": "cpu",
    "steps": 4,
    "verdict": {"kind": "learned", "says": "It learned: training moved 77% of the pairs."},
    "held_out": {
        "pairs": 48,
        "accuracy": 0.75,
        "accuracy_interval": [0.61, 0.85],
        "reward_accuracy": 0.77,
        "reward_accuracy_interval": [0.63, 0.87],
        "card_alone": 0.52,
        "tuned": 0.73,
    },
}


def a_library(data_dir: Path) -> Path:
    """A training of the embedded base with a checkpoint, and an export of four files."""
    trained = _a_run(data_dir, "train-1", "train", Finished(TRAINED))
    _weights(trained.adapter)
    checkpoint = trained.checkpoints / "dpo" / "checkpoint-4"
    _weights(checkpoint)
    (checkpoint / "optimizer.pt").write_bytes(b"o" * 30_000)
    (checkpoint / "whole.json").write_text(json.dumps({"step": 4}))
    exported = _a_run(data_dir, "export-1", "export", train_run_id="train-1")
    job = json.loads(exported.job.read_text())
    job["made_sha256"] = made_sha256(trained, data_dir / "cache")
    exported.job.write_text(json.dumps(job))
    a_gguf(exported.path / "merged.F16.gguf", weights=4096)
    name = "SmolLM2-135M-Instruct-train-1"
    # As the export itself does: F16 is the merged file.
    os.link(exported.path / "merged.F16.gguf", exported.path / f"{name}.F16.gguf")
    best = exported.path / f"{name}.Q4_K_M.gguf"
    a_gguf(best, weights=1024)
    a_gguf(exported.path / f"{name}.adapter.gguf", weights=256)
    result = {"gguf": str(best), "quant": "Q4_K_M", "base_gguf": str(best), "sha256": "0" * 64}
    finished = Finished({**result, "size_bytes": best.stat().st_size})
    exported.events.write_text(to_line(finished) + "\n")
    (data_dir / "cache" / "reference").mkdir(parents=True)
    (data_dir / "cache" / "reference" / "SmolLM2-135M-Instruct.jsonl").write_text("[1, 2, 3]\n")
    _at(data_dir, MADE)
    return data_dir


def a_gguf(
    path: Path, weights: int = 64, template: str = CHATML, licence: str = "apache-2.0"
) -> Path:
    """A small file that reads as a GGUF; llama.cpp could not compute with it."""
    writer = GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_context_length(2048)
    if licence:
        writer.add_license(licence)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["<s>", "<|im_start|>", "<|im_end|>"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((weights, 32), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _a_run(
    data_dir: Path, run_id: str, kind: RunKind, *events: Event, **settings: object
) -> RunDir:
    path = runs.run_dir(data_dir, run_id).path
    told = {"reader_ids": [READER], "base": "embedded", "config": {"preset": "quick"}, **settings}
    directory = jobs.prepare(path, kind, told)
    directory.events.write_text("".join(to_line(event) + "\n" for event in events))
    if kind == "train":
        pairs = [_pair(number) for number in range(8)]
        for name, text in input_files(pairs, {READER: CARD}).items():
            (path / name).write_text(text, encoding="utf-8")
    with opened(data_dir) as db:
        run_rows.add(db, Run(run_id, kind, READER, f"{kind} for {READER}", MADE))
    return directory


def _pair(number: int) -> PreferencePair:
    return PreferencePair(
        id=f"p{number}",
        reader_id=READER,
        track="values",
        trait_id="schwartz.face.1",
        topic=f"topic {number}",
        prompt=f"Tell this reader something small, number {number}.",
        chosen="The river rose and everybody carried a chair up the hill before night.",
        rejected="The bank opened at nine and the queue was already long and cross.",
        origin=f"o{number}",
        held_out=number > 5,
    )


def _weights(folder: Path) -> None:
    folder.mkdir(parents=True)
    save_file(
        {"base_model.model.q_proj.lora_A.weight": np.ones((2, 2000), dtype=np.float32)},
        folder / "adapter_model.safetensors",
    )
    config = {"peft_type": "LORA", "r": 2, "base_model_name_or_path": f"/home/{READER}/base"}
    (folder / "adapter_config.json").write_text(json.dumps(config))


def _at(folder: Path, when: datetime) -> None:
    """Have everything made at one time, whatever the clock says."""
    for path in folder.rglob("*"):
        os.utime(path, (when.timestamp(), when.timestamp()))
