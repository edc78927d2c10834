"""From preference pairs to token ids, checked before the first step.

The chat template is applied once, to messages built the one way previews build them too. What
does not fit is left out and said, never cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transformers import BatchEncoding, PreTrainedTokenizerBase

from engine.domain import PreferencePair
from engine.prompts import for_reader
from engine.train.choosing import spread_over_topics
from engine.train.config import TrainConfig
from models.errors import JobFailed


@dataclass(frozen=True)
class Example:
    """One pair as token ids; `prompt_ids + chosen_ids` is what the model reads."""

    pair_id: str
    prompt_ids: tuple[int, ...]
    chosen_ids: tuple[int, ...]
    rejected_ids: tuple[int, ...]

    @property
    def longest(self) -> int:
        return len(self.prompt_ids) + max(len(self.chosen_ids), len(self.rejected_ids))


@dataclass(frozen=True)
class TrainingData:
    """The pairs of a run, as tokens."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    rows: tuple[dict[str, object], ...]
    """The training pairs in TRL's conversational form, in the order of `train`."""
    too_long: tuple[str, ...]
    """Ids of the pairs over `max_length`, left out."""


def chosen_alone(data: TrainingData) -> TrainingData:
    """The data for fine-tuning: each pair's other side is its chosen one again.

    The loss reads the chosen side only, and rows that are equal are packed once.
    """
    return replace(
        data,
        train=tuple(replace(example, rejected_ids=example.chosen_ids) for example in data.train),
        rows=tuple({**row, "rejected": row["chosen"]} for row in data.rows),
    )


def prepare_data(
    pairs: Sequence[PreferencePair],
    cards: dict[str, str],
    tokenizer: PreTrainedTokenizerBase,
    config: TrainConfig,
) -> TrainingData:
    """Choose, render, tokenise and check the pairs of a run.

    Raises:
        JobFailed: a pair's tokens break a rule that training depends on, or none is left.
    """
    chosen = spread_over_topics([p for p in pairs if not p.held_out], config.max_pairs)
    held_out = spread_over_topics([p for p in pairs if p.held_out], config.max_held_out)
    tokenised = {
        pair.id: tokenise(pair, cards[pair.reader_id], tokenizer) for pair in [*chosen, *held_out]
    }
    fits = {key: ex for key, ex in tokenised.items() if ex.longest <= config.max_length}
    train = [pair for pair in chosen if pair.id in fits]
    if not train:
        raise JobFailed(
            f"No pair fits into {config.max_length} tokens.",
            "Raise max_length, or shorten the profile.",
        )
    return TrainingData(
        train=tuple(fits[pair.id] for pair in train),
        held_out=tuple(fits[pair.id] for pair in held_out if pair.id in fits),
        rows=tuple(conversational(pair, cards[pair.reader_id]) for pair in train),
        too_long=tuple(key for key in tokenised if key not in fits),
    )


def conversational(pair: PreferencePair, card: str) -> dict[str, object]:
    """A pair as TRL's conversational preference row."""
    messages = [vars(message) for message in for_reader(card, pair.prompt)]
    return {
        "prompt": messages,
        "chosen": [{"role": "assistant", "content": pair.chosen}],
        "rejected": [{"role": "assistant", "content": pair.rejected}],
    }


def tokenise(pair: PreferencePair, card: str, tokenizer: PreTrainedTokenizerBase) -> Example:
    """Render and tokenise one pair.

    Raises:
        JobFailed: the prompt is not a prefix of the whole, or special tokens are not as they must.
    """
    row = conversational(pair, card)
    prompt = rendered(tokenizer, row["prompt"], generation_prompt=True)
    sides = []
    for side in ("chosen", "rejected"):
        whole = rendered(tokenizer, [*messages_of(row["prompt"]), *messages_of(row[side])])
        _check(pair, side, prompt, whole, tokenizer)
        sides.append(tuple(whole[len(prompt) :]))
    return Example(pair.id, tuple(prompt), sides[0], sides[1])


def rendered(
    tokenizer: PreTrainedTokenizerBase, messages: object, generation_prompt: bool = False
) -> list[int]:
    """Token ids of a conversation under the model's own chat template."""
    encoded = tokenizer.apply_chat_template(
        messages_of(messages),
        add_generation_prompt=generation_prompt,
        tokenize=True,
        return_dict=True,
    )
    assert isinstance(encoded, BatchEncoding)
    return list(encoded["input_ids"])


def messages_of(value: object) -> list[dict[str, str]]:
    """The messages of one column of a conversational row."""
    assert isinstance(value, list)
    return value


def _check(
    pair: PreferencePair,
    side: str,
    prompt: list[int],
    whole: list[int],
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    completion = whole[len(prompt) :]
    bos, eos = tokenizer.bos_token_id, tokenizer.eos_token_id
    broken = ""
    if whole[: len(prompt)] != prompt:
        broken = "the prompt's tokens are not the beginning of the whole"
    elif not pair.chosen.strip() or not pair.rejected.strip() or not completion:
        broken = "the completion is empty"
    elif (
        bos is not None
        and bos != eos
        and whole[1:].count(bos)
        and tokenizer.bos_token not in str(tokenizer.chat_template)
    ):
        broken = "the begin token stands inside the text"
    elif eos is not None and completion.count(eos) != 1:
        broken = f"the completion has {completion.count(eos)} end tokens, not one"
    if broken:
        raise JobFailed(
            f"Pair {pair.id} ({side}) cannot be trained on: {broken}.",
            "Look for template tokens in its text, edit or drop it.",
        )
