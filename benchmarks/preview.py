"""Previews against llama_cpp used directly: the same weights, prompts and sampling, in one run.

    python -m benchmarks.preview [--quick] [--gguf FILE]

Tokens a second, by turns: our child over its pipe, and a process that calls llama_cpp itself. The
time to the first token of a reader's first book (from the key press: the model is loaded, the
encoder chooses the reader's sentences, the whole prompt is read) and of the books after it. Scoring
eight texts in one batch and one by one. How long a stop takes, in the middle of a reply and of a
prompt. The last line printed is one JSON object: {benchmark, ratios, figures, machine}.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.dpo import made_up_profile
from engine.bank import angles
from engine.domain import Book, Reader
from engine.preview import DEFAULT_SAMPLING, Bench, messages_for
from engine.shelf import books
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.chat import Message, Reply, Sampling, Text
from models.library import embedded_gguf
from models.local import LocalModel, local_model

READER = "reader"
LONG_PROMPT = Message(
    "user", "A reader writes about a long book of the sea and its weather. " * 200
)
SCORED = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns of the same work")
    parser.add_argument("--gguf", type=Path, default=None, help="the embedded model otherwise")
    parser.add_argument("--direct", action="store_true", help="be the process that is compared")
    given = parser.parse_args()
    gguf = given.gguf or embedded_gguf()
    if given.direct:
        _answer_directly(gguf)
        return
    turns = 3 if given.quick else 7
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        _made_up_reader(data_dir)
        figures = asyncio.run(_figures(data_dir, gguf, turns))
    ratios = {
        "tokens/s, ours / llama_cpp": figures["tokens_per_s"] / figures["tokens_per_s_direct"],
        "first token, next book / first": figures["next_first_token_s"] / figures["first_token_s"],
        "first token, next book / first, reading alone": (
            figures["next_reading_s"] / figures["first_reading_s"]
        ),
        "seconds to score, one by one / one batch": (
            figures["one_by_one_s"] / figures["one_batch_s"]
        ),
    }
    machine = {"cpu": platform.processor() or platform.machine(), "python": sys.version.split()[0]}
    document = {"benchmark": "preview", "ratios": ratios, "figures": figures, "machine": machine}
    print(json.dumps(document))


async def _figures(data_dir: Path, gguf: Path, turns: int) -> dict[str, float]:
    shelf = books(data_dir)
    figures = dict[str, float]()
    figures |= await _first_tokens(data_dir, shelf[: turns + 1])
    messages = messages_for(data_dir, READER, shelf[0])
    async with local_model(gguf, data_dir / "logs") as model:
        figures |= await _rates(model, gguf, messages, turns)
        figures |= await _scoring(model, messages, turns)
        figures |= await _stops(model, messages, turns)
    return figures


async def _first_tokens(data_dir: Path, shelf: Sequence[Book]) -> dict[str, float]:
    """Through the bench, as the window does it."""
    _say("time to the first token")
    waits, readings = [], []
    async with Bench(data_dir) as bench:
        for book in shelf:
            began = time.monotonic()
            wait = 0.0
            sampling = replace(DEFAULT_SAMPLING, max_tokens=2)
            async with aclosing(bench.stream(READER, book.id, "base", sampling)) as events:
                async for event in events:
                    if isinstance(event, Text) and not wait:
                        wait = time.monotonic() - began
                    if isinstance(event, Reply):
                        readings.append(event.time_to_first_token_s)
            waits.append(wait)
    return {
        "first_token_s": waits[0],
        "next_first_token_s": median(waits[1:]),
        "first_reading_s": readings[0],
        "next_reading_s": median(readings[1:]),
    }


async def _rates(
    model: LocalModel, gguf: Path, messages: Sequence[Message], turns: int
) -> dict[str, float]:
    """Tokens a second after the first, by turns, so that a busy machine is busy for both."""
    _say("tokens a second")
    sampling = replace(DEFAULT_SAMPLING, max_tokens=96)
    prompt = await model.prompt_tokens(messages)
    ours, direct = [], []
    with _direct(gguf) as ask:
        for _ in range(turns):
            direct.append(await asyncio.to_thread(ask, prompt, sampling))
            ours.append(await _rate(model, messages, sampling))
    return {"tokens_per_s": median(ours), "tokens_per_s_direct": median(direct)}


async def _rate(model: LocalModel, messages: Sequence[Message], sampling: Sampling) -> float:
    """Counted here, at the end of the pipe."""
    times = []
    async with aclosing(model.stream(messages, sampling)) as events:
        async for event in events:
            if isinstance(event, Text):
                times.append(time.monotonic())
            if isinstance(event, Reply):
                return (event.completion_tokens - 1) / (times[-1] - times[0])
    raise AssertionError("a stream ends with a reply")


class Direct:
    """The process that calls llama_cpp itself."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, prompt: Sequence[int], sampling: Sampling) -> float:
        """Tokens a second after the first."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"prompt": list(prompt), "max_tokens": sampling.max_tokens}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def _direct(gguf: Path) -> Iterator[Direct]:
    command = [sys.executable, "-m", "benchmarks.preview", "--direct", "--gguf", str(gguf)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Direct(process)
        finally:
            process.kill()


def _answer_directly(gguf: Path) -> None:
    """Generate for each line on stdin, and print the tokens a second."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as our child
    import llama_cpp

    cores = os.cpu_count() or 1
    llama = llama_cpp.Llama(
        str(gguf), n_ctx=4096, n_threads=cores, n_threads_batch=cores, verbose=False
    )
    for line in sys.stdin:
        request = json.loads(line)
        times, text = list[float](), b""
        for token in llama.generate(
            request["prompt"],
            temp=DEFAULT_SAMPLING.temperature,
            top_p=DEFAULT_SAMPLING.top_p,
            repeat_penalty=DEFAULT_SAMPLING.repeat_penalty,
            top_k=0,
            min_p=0.0,
        ):
            times.append(time.monotonic())
            text += llama.detokenize([token])
            if token == llama.token_eos() or len(times) >= request["max_tokens"]:
                break
        print((len(times) - 1) / (times[-1] - times[0]), flush=True)


async def _scoring(model: LocalModel, messages: Sequence[Message], turns: int) -> dict[str, float]:
    """Eight descriptions of two books, whose prompt was read before."""
    _say("scoring")
    told = [text for book in list(angles().values())[:2] for text in book.values()][:SCORED]
    await model.score(messages, told[:1])
    batch, alone = [], []
    for _ in range(turns):
        began = time.monotonic()
        together = await model.score(messages, told)
        batch.append(time.monotonic() - began)
        began = time.monotonic()
        one_by_one = [(await model.score(messages, [text]))[0] for text in told]
        alone.append(time.monotonic() - began)
    furthest = max(
        abs(one.logprob - other.logprob) / other.tokens
        for one, other in zip(together, one_by_one, strict=True)
    )
    return {
        "one_batch_s": median(batch),
        "one_by_one_s": median(alone),
        "furthest_apart_nats_per_token": furthest,
        "scored_tokens": float(sum(score.tokens for score in together)),
    }


async def _stops(model: LocalModel, messages: Sequence[Message], turns: int) -> dict[str, float]:
    """From the wish to stop until the child is free again."""
    _say("stops")
    writing, reading = [], []
    for _ in range(turns):
        writing.append(await _stop_after(model, messages, 0.5))
        reading.append(await _stop_after(model, [LONG_PROMPT], 0.5))
    return {
        "slowest_stop_of_a_reply_s": max(writing),
        "slowest_stop_of_a_prompt_s": max(reading),
        "median_stop_of_a_reply_s": median(writing),
        "median_stop_of_a_prompt_s": median(reading),
    }


async def _stop_after(model: LocalModel, messages: Sequence[Message], seconds: float) -> float:
    async def read() -> None:
        long = Sampling(max_tokens=400, temperature=1.0, seed=time.monotonic_ns() % 1000)
        async with aclosing(model.stream(messages, long)) as events:
            async for _ in events:
                pass

    reading = asyncio.create_task(read())
    await asyncio.sleep(seconds)
    began = time.monotonic()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return time.monotonic() - began


def _made_up_reader(data_dir: Path) -> None:
    profile = made_up_profile(READER, random.Random(1))
    with opened(data_dir) as db, change(db, "Build a profile"):
        reader_rows.save(db, [Reader(READER, READER, "made up")], [], [])
        profile_rows.save(db, profile)


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
