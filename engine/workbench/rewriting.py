"""One side of a pair rewritten by a language model, shown to the editor before it is kept."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from engine.domain import PreferencePair
from engine.pairs.meanwhile import ensure_differ, ensure_still, texts_of
from engine.prompts import prompt
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from models.chat import ChatModel, Message, Reply, Sampling, Text
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, Item, Note
from models.providers import opened_model

Side = Literal["chosen", "rejected"]
SIDES: tuple[Side, ...] = get_args(Side)
NEWS_EVERY_S = 0.1
TEMPERATURES = (0.3, 0.9)
"""Of the first try and of the second: greedy decoding would say the same again."""


async def rewritten(
    data_dir: Path, pair_id: str, side: Side, instruction: str, provider: str
) -> AsyncGenerator[Event, None]:
    """Have one answer rewritten; nothing is stored, closing the iterator stops the model.

    Yields `Item({"text": …})` with what is there so far, ten times a second at most, and ends with
    `Finished({"text": …, "made": …, "old": …})`, for `keep_rewritten`. A model that gives nothing,
    or what was there before, is asked once more.

    Args:
        provider: `embedded`, `local:FILE.gguf` or `endpoint:NAME`.

    Raises:
        BadInput: no such pair, side or provider, or no instruction.
    """
    if not instruction.strip():
        raise BadInput("Say what is to change.", "Such as: make it shorter.")
    with opened(data_dir) as db:
        pair = pair_rows.find(db, pair_id)
    try:
        async with opened_model(provider, data_dir) as model:
            yield Note(f"{model.name} is writing.")
            async with aclosing(rewritten_by(model, pair, side, instruction)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        old = texts_of(pair)[side]
                        event = Finished({**event.result, "made": made_by(provider), "old": old})
                    yield event
    except BadInput:
        raise
    except UserError as error:
        yield Failed(error.message, error.hint)


async def rewritten_by(
    model: ChatModel, pair: PreferencePair, side: Side, instruction: str
) -> AsyncGenerator[Event, None]:
    """The same by a model that is open; the result names no provider.

    Raises:
        UserError: the model cannot answer.
    """
    old = texts_of(pair)[side]
    messages = (Message("user", _request(pair, old, instruction)),)
    most = max(120, 3 * len(old.split()))
    for temperature in TEMPERATURES:
        told_at, text = 0.0, ""
        sampling = Sampling(max_tokens=most, temperature=temperature)
        async with aclosing(model.stream(messages, sampling)) as events:
            async for event in events:
                if isinstance(event, Text):
                    text += event.text
                    if time.monotonic() - told_at >= NEWS_EVERY_S:
                        told_at = time.monotonic()
                        yield Item({"text": _plain(text)})
                elif isinstance(event, Reply):
                    text = event.text
                    if event.stopped == "length":
                        yield Note("It was cut off at its longest; read the end.")
        if _plain(text) not in ("", pair.chosen, pair.rejected):
            yield Finished({"text": _plain(text)})
            return
        yield Note("It gave nothing new and is asked once more.")
    yield Failed(
        f"{model.name} gave nothing new, twice.",
        "Say more plainly what is to change, or choose another provider.",
    )


def keep_rewritten(
    data_dir: Path, pair_id: str, side: Side, text: str, made: str, old: str
) -> PreferencePair:
    """Store the text that the editor approved, with the provider that wrote it.

    Args:
        old: the answer that was rewritten.

    Raises:
        BadInput: no such pair, an empty text, or both answers would be the same.
        ChangedMeanwhile: the answer is not the old one any more; nothing was stored.
    """
    if not text.strip():
        raise BadInput(f"The {side} text of a pair cannot be empty.", "Drop the pair instead.")
    with opened(data_dir) as db, change(db, f"Rewrite the {side} answer of a pair"):
        pair = pair_rows.find(db, pair_id)
        ensure_still(pair, {side: old})
        new = replace(pair, edited=True, made=made)
        if side == "chosen":
            new = replace(new, chosen=text.strip())
        else:
            new = replace(new, rejected=text.strip())
        ensure_differ(new)
        pair_rows.update(db, new)
    return new


def made_by(provider: str) -> str:
    """A provider as a pair names it: of a local file its name, not where it lies."""
    kind, _, rest = provider.strip().partition(":")
    return f"local:{Path(rest).name}" if kind == "local" else provider.strip()


def _request(pair: PreferencePair, text: str, instruction: str) -> str:
    asked = prompt("rewrite").replace("{instruction}", instruction.strip())
    return asked.replace("{prompt}", pair.prompt).replace("{text}", text)


_MARKS = (('"', '"'), ("“", "”"), ("```", "```"))


def _plain(text: str) -> str:
    """The text without the quotation marks or fences that a model puts around all of it."""
    text = text.strip()
    for opening, closing in _MARKS:
        inside = text.removeprefix(opening).removesuffix(closing)
        if len(inside) == len(text) - len(opening) - len(closing) and opening not in inside:
            return inside.strip()
    return text
