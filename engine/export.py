"""Export, as one job: merge the adapter, quantise, and have llama.cpp answer with the result.

The steps are `models.merge` and `models.quantize`; here is their order, what is checked before
and after, and what a second start finds already done. Measuring the model is not done here.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event as Flag

from llama_cpp import Llama
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from transformers import PreTrainedTokenizerBase

from engine.jobs import RunDir
from engine.train.checkpoints import made_sha256
from models.adapter import open_adapter
from models.convert import base_gguf
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, JsonObject, Note
from models.gguf_file import open_gguf
from models.hardware import free_disk_bytes
from models.library import BaseModel, resolve_base, sha256_of
from models.merge import merge_adapter, merged_size_bytes
from models.quantisations import QUANTS, checked_quant
from models.quantize import quantize
from models.tokens import llama_ids, opened, torch_ids
from models.torch_base import load_tokenizer
from models.whole import put_in_place

QUESTION = "What makes a book worth reading? Answer in one sentence."
ANSWER_TOKENS = 32


@dataclass(frozen=True)
class _Plan:
    """What one export reads and writes."""

    base: BaseModel
    trained: RunDir
    quant: str
    cache_dir: Path
    merged: Path
    gguf: Path


def work(run: RunDir, settings: Mapping[str, object], asked_to_stop: Flag) -> Iterator[Event]:
    """Make a quantised GGUF of what a training run made, an adapter or a whole model.

    Args:
        run: its directory gets `merged.F16.gguf` and `NAME.QUANT.gguf`.
        settings: `train_run` (directory of the training run), `quant`, `cache_dir`, and
            `made_sha256` of the weights that were meant, where they are known.
        asked_to_stop: ends the work at the next event; whole files stay for the next start.

    Yields:
        Steps and notes, then Finished with `run`, `gguf`, `quant`, `size_bytes`, `sha256`,
        `merged`, `base_gguf`, `answer` and `prompt_tokens_equal`; no Finished when asked to stop.

    Raises:
        BadInput: no adapter, no such quantisation, or a base that is not served.
        JobFailed: the disk is too small, or the result does not answer.
    """
    plan = _plan(run, settings)
    with closing(_stages(run, plan)) as events:
        for event in events:
            if asked_to_stop.is_set() and not isinstance(event, Finished):
                return
            yield event


def _plan(run: RunDir, settings: Mapping[str, object]) -> _Plan:
    quant = str(settings.get("quant", "Q4_K_M"))
    checked_quant(quant)
    trained = RunDir(Path(str(settings["train_run"])))
    try:
        base = resolve_base(json.loads(trained.job.read_text(encoding="utf-8"))["base"])
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(
            f"{trained.job} does not say what base was trained.", "Export another run."
        ) from error
    cache_dir = Path(str(settings["cache_dir"]))
    _check_weights(trained, settings.get("made_sha256"), cache_dir)
    return _Plan(
        base=base,
        trained=trained,
        quant=quant,
        cache_dir=cache_dir,
        merged=run.path / "merged.F16.gguf",
        gguf=run.path / f"{base.name}-{trained.id}.{quant}.gguf",
    )


def _check_weights(trained: RunDir, meant: object, cache_dir: Path) -> None:
    """Refuse weights that another checkpoint was picked for since this export was started."""
    if meant and made_sha256(trained, cache_dir) != meant:
        raise BadInput(
            f"Another checkpoint of {trained.id} was picked since this export was started.",
            "Start a new export.",
        )


def _stages(run: RunDir, plan: _Plan) -> Generator[Event, None, None]:
    base = yield from _stage(base_gguf(plan.base, plan.cache_dir))
    yield from _merge_and_quantize(Path(str(base["gguf"])), plan)
    yield Note("llama.cpp opens the model and answers.")
    answer, equal = _answer(plan.gguf, load_tokenizer(plan.base, plan.cache_dir))
    if not equal:
        yield Note("The prompt's tokens differ between the training and this file.")
    yield Finished(
        {
            "run": run.id,
            "gguf": str(plan.gguf),
            "quant": plan.quant,
            "size_bytes": plan.gguf.stat().st_size,
            "sha256": sha256_of(plan.gguf, plan.cache_dir),
            "merged": str(plan.merged),
            "base_gguf": str(base["gguf"]),
            "answer": answer,
            "prompt_tokens_equal": equal,
        }
    )


def _stage(events: Iterator[Event]) -> Generator[Event, None, JsonObject]:
    """Pass on a stage's events but the last, whose result is what `yield from` returns."""
    for event in events:
        if isinstance(event, Finished):
            return event.result
        yield event
    raise AssertionError("a stage ends with Finished, or raises")


def _merge_and_quantize(base: Path, plan: _Plan) -> Iterator[Event]:
    """Write the files that are not there yet."""
    is_whole = plan.trained.model.exists()
    source = (
        plan.trained.model / "config.json" if is_whole else open_adapter(plan.trained.adapter).path
    )
    is_merged = _is_current(plan.merged, source)
    is_quantized = is_merged and _is_current(plan.gguf, plan.merged)
    merged_bytes = merged_size_bytes(base)
    quantized_bytes = merged_bytes * QUANTS[plan.quant].largest_bits_per_weight / 16
    _check_space(
        plan.merged.parent,
        (0 if is_merged else merged_bytes)
        + (0 if is_quantized or plan.quant == "F16" else int(quantized_bytes)),
    )
    if is_merged:
        yield Note(f"{plan.merged.name} is there already.")
    elif is_whole:
        yield from _stage(put_in_place(base, plan.trained.model, plan.merged))
    else:
        yield from _stage(merge_adapter(base, plan.trained.adapter, plan.merged))
    if is_quantized:
        yield Note(f"{plan.gguf.name} is there already.")
    else:
        yield from _stage(quantize(plan.merged, plan.gguf, plan.quant))


def _is_current(gguf: Path, source: Path) -> bool:
    """Whether the file is there, whole, and not older than what it was made from."""
    if not gguf.exists() or gguf.stat().st_mtime_ns < source.stat().st_mtime_ns:
        return False
    try:
        open_gguf(gguf)
    except BadInput:
        return False
    return True


def _check_space(folder: Path, needed_bytes: int) -> None:
    free_bytes = free_disk_bytes(folder)
    if needed_bytes > free_bytes:
        raise JobFailed(
            f"The export needs {needed_bytes / 1e9:.1f} GB in {folder}, and "
            f"{free_bytes / 1e9:.1f} GB are free.",
            "Free some space, or choose another place with --data-dir.",
        )


def _answer(gguf: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[str, bool]:
    """llama.cpp's greedy answer, and whether it read the prompt as the tokens of the training."""
    messages = [{"role": "user", "content": QUESTION}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert isinstance(prompt, str)
    with opened(gguf) as llama:
        ids = llama_ids(llama, _rendered_by_llama(llama))
        answer: list[int] = []
        for token in islice(llama.generate(ids, temp=0.0), ANSWER_TOKENS):
            if token == llama.token_eos():
                break
            answer.append(token)
        text = llama.detokenize(answer).decode("utf-8", "replace").strip()
    if not text:
        raise JobFailed(
            f"{gguf.name} opens, and answers nothing.", "Train again, with fewer steps."
        )
    return text, ids == torch_ids(tokenizer, prompt)


def _rendered_by_llama(llama: Llama) -> str:
    """The question under the chat template that the GGUF carries."""
    formatter = Jinja2ChatFormatter(
        template=llama.metadata["tokenizer.chat_template"],
        eos_token=llama.detokenize([llama.token_eos()], special=True).decode(),
        bos_token=llama.detokenize([llama.token_bos()], special=True).decode(),
    )
    return formatter(messages=[{"role": "user", "content": QUESTION}]).prompt
