"""Count the tokens of pairs as training renders them: the work of a child process, once a pair.

`engine.pair_doctor` starts it and reads the counts from the cache. What is told of the
reader is deleted as soon as it is read; what is kept are hashes and numbers.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import Any

from transformers import PreTrainedTokenizerBase

from engine.domain import PreferencePair
from engine.jobs import RunDir
from engine.pairs.doctor.counts import Counts, content_key, read_counts, write_counts
from engine.prompts import for_reader, turn
from engine.train.chat_template import messages_of, rendered
from engine.train.data import conversational
from engine.train.input_files import CARDS, NEAR, PAIRS, Near, read_near, read_pairs
from models.events import Event, Finished, Step
from models.library import resolve_base
from models.torch_base import load_tokenizer

SLACK = 8
"""Tokens by which two texts may come out longer behind one another than apart."""


def work(run: RunDir, settings: Mapping[str, Any], asked_to_stop: Flag) -> Iterator[Event]:
    """Count what the cache does not hold yet; what was counted is kept when it is stopped."""
    pairs, cards = read_pairs(run.path)
    near = read_near(run.path)
    for name in (PAIRS, CARDS, NEAR):
        (run.path / name).unlink(missing_ok=True)
    base, counts_file = settings["base"], Path(settings["counts"])
    yield Step(0, len(pairs), f"loading the tokenizer of {base}")
    tokenizer = load_tokenizer(resolve_base(base), Path(settings["cache_dir"]))
    known = read_counts(counts_file)
    tokens = dict(known.tokens) if known else {}
    told_at = time.monotonic()
    counted = _counted(pairs, cards, near, tokenizer, settings["max_length"])
    for done, (pair, number) in enumerate(counted, 1):
        tokens[content_key(pair, near.get(pair.id, ()))] = number
        if asked_to_stop.is_set():
            break
        if time.monotonic() - told_at > 0.2:
            told_at = time.monotonic()
            yield Step(done, len(pairs), "counting tokens")
    write_counts(counts_file, Counts(tokens, special_tokens(tokenizer)))
    if not asked_to_stop.is_set():
        yield Finished({"pairs": len(pairs), "base": base})


def _counted(
    pairs: Sequence[PreferencePair],
    cards: Mapping[str, str],
    near: Near,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
) -> Iterator[tuple[PreferencePair, int]]:
    """Each pair with its tokens; one that fits however it is cut, with its upper bound.

    No token is shorter than a byte: the bound is the tokens of all but the pair's own texts,
    counted once a card, and the bytes of these.
    """
    frames: dict[str, int] = {}
    for pair in pairs:
        card = cards[pair.reader_id]
        if card not in frames:
            wordless = replace(pair, prompt="", chosen="", rejected="")
            frames[card] = tokens_of(wordless, card, tokenizer) + SLACK
        longer = max(len(text.encode()) for text in (pair.chosen, pair.rejected))
        said = near.get(pair.id, ())
        at_most = frames[card] + len(turn(pair.prompt, said).encode()) + longer
        fits = at_most <= max_length
        yield pair, at_most if fits else tokens_of(pair, card, tokenizer, said)


def tokens_of(
    pair: PreferencePair,
    card: str,
    tokenizer: PreTrainedTokenizerBase,
    near: Sequence[str] = (),
) -> int:
    """The tokens of the prompt with the longer of its answers, as training has them."""
    row = conversational(pair, for_reader(card, pair.prompt, near))
    wholes = (
        [*messages_of(row["prompt"]), *messages_of(row[side])] for side in ("chosen", "rejected")
    )
    return max(len(rendered(tokenizer, whole)) for whole in wholes)


def special_tokens(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """The tokens that are no words, as they are spelt."""
    return tuple(sorted({str(token) for token in tokenizer.all_special_tokens}))
