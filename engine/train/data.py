"""From preference pairs to token ids, checked before the first step.

The chat template is applied once, to messages built the one way previews build them too. What
does not fit is left out and said, never cut.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerBase

from engine.domain import PreferencePair
from engine.train.chat_template import ChatTemplate, Frame, messages_of, rendered
from engine.train.choosing import is_made_up, spread_over_topics, to_train_on
from engine.train.config import TrainConfig
from engine.train.input_files import MIRRORED, NOBODY, NOTHING_NEAR, Near, Opposite
from models.chat import Message
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
    """A pair's mirror image, where it has one, right behind it."""
    held_out: tuple[Example, ...]
    rows: tuple[dict[str, object], ...]
    """The training pairs in TRL's conversational form, in the order of `train`."""
    too_long: tuple[str, ...]
    """Ids of the pairs over `max_length`, left out."""
    made_up: frozenset[str] = frozenset()
    """Ids of the training pairs of made-up readers, without their mirror images."""

    @property
    def own(self) -> tuple[Example, ...]:
        """The training pairs of readers, without mirror images."""
        return tuple(
            ex
            for ex in self.train
            if not ex.pair_id.endswith(MIRRORED) and ex.pair_id not in self.made_up
        )

    @property
    def images(self) -> int:
        """How many mirror images there are, those of made-up readers' pairs among them."""
        return sum(ex.pair_id.endswith(MIRRORED) for ex in self.train)


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
    near: Near = NOTHING_NEAR,
    opposite: Opposite = NOBODY,
) -> TrainingData:
    """Choose, render, tokenise and check the pairs of a run, with their mirror images.

    Raises:
        JobFailed: a pair's tokens break a rule that training depends on, or none is left.
    """
    chosen = to_train_on(pairs, config.max_pairs)
    held_out = spread_over_topics([p for p in pairs if p.held_out], config.max_held_out)
    if config.mirror:
        mirror, cards, near = mirrored(chosen, cards, near, opposite)
    else:
        mirror = {}
    template = ChatTemplate(tokenizer)
    tokenised = {
        pair.id: tokenise(pair, cards[pair.reader_id], template, near.get(pair.id, ()))
        for pair in [*chosen, *mirror.values(), *held_out]
    }
    fits = {key: ex for key, ex in tokenised.items() if ex.longest <= config.max_length}
    both = ([pair, mirror[pair.id]] if pair.id in mirror else [pair] for pair in chosen)
    train = [pair for told in both if all(one.id in fits for one in told) for pair in told]
    if not train:
        raise JobFailed(
            f"No pair fits into {config.max_length} tokens.",
            "Raise max_length, or shorten the profile.",
        )
    return TrainingData(
        train=tuple(fits[pair.id] for pair in train),
        held_out=tuple(fits[pair.id] for pair in held_out if pair.id in fits),
        rows=tuple(
            conversational(pair, template.asked(pair, cards[pair.reader_id], near.get(pair.id, ())))
            for pair in train
        ),
        too_long=tuple(
            dict.fromkeys(key.removesuffix(MIRRORED) for key in tokenised if key not in fits)
        ),
        made_up=frozenset(pair.id for pair in chosen if is_made_up(pair) and pair.id in fits),
    )


def mirrored(
    pairs: Sequence[PreferencePair], cards: dict[str, str], near: Near, opposite: Opposite
) -> tuple[dict[str, PreferencePair], dict[str, str], Near]:
    """The pairs as the opposite reader has them, sides swapped: what both raise or lower alike
    cancels out in a step, and only what follows from the card is left to learn.

    Returns:
        By the id of the pair whose mirror image it is; and cards and sentences for all, those of
        opposite readers under ids that end with `MIRRORED`.
    """
    made = {
        pair.id: replace(
            pair,
            id=pair.id + MIRRORED,
            reader_id=pair.reader_id + MIRRORED,
            chosen=pair.rejected,
            rejected=pair.chosen,
        )
        for pair in pairs
        if pair.id in opposite.near
    }
    said = {image.id: opposite.near[key] for key, image in made.items()}
    turned = {reader_id + MIRRORED: card for reader_id, card in opposite.cards.items()}
    return made, cards | turned, {**near, **said}


def conversational(pair: PreferencePair, asked: Sequence[Message]) -> dict[str, object]:
    """A pair as TRL's conversational preference row.

    Args:
        asked: its conversation, as `ChatTemplate.asked` has it.
    """
    return {
        "prompt": [vars(message) for message in asked],
        "chosen": [{"role": "assistant", "content": pair.chosen}],
        "rejected": [{"role": "assistant", "content": pair.rejected}],
    }


def tokenise(
    pair: PreferencePair,
    card: str,
    template: ChatTemplate,
    near: Sequence[str] = (),
    before: Sequence[Message] = (),
) -> Example:
    """Render and tokenise one pair.

    Args:
        before: turns of other conversations that come first.

    Raises:
        JobFailed: the prompt is not a prefix of the whole, special tokens are not as they must, or
            the template leaves out what was written.
    """
    tokenizer, messages = template.tokenizer, template.asked(pair, card, near, before)
    frame = template.frame(messages, shared=len(before) + bool(card))
    row = conversational(pair, messages)
    asked = messages_of(row["prompt"])
    prompt = rendered(tokenizer, asked, generation_prompt=True)
    sides = []
    for side in ("chosen", "rejected"):
        spoken = [*asked, *messages_of(row[side])]
        whole = rendered(tokenizer, spoken)
        completion = whole[len(prompt) :]
        if whole[: len(prompt)] != prompt:
            broken = "the prompt's tokens are not the beginning of the whole"
        else:
            broken = _in_tokens(whole, completion, tokenizer, frame) or _in_text(spoken, tokenizer)
        if broken:
            raise JobFailed(
                f"Pair {pair.id} ({side}) cannot be trained on: {broken}.",
                "Look for template tokens in its text, edit or drop it.",
            )
        sides.append(tuple(completion))
    return Example(pair.id, tuple(prompt), sides[0], sides[1])


def _in_tokens(
    whole: list[int], completion: list[int], tokenizer: PreTrainedTokenizerBase, frame: Frame
) -> str:
    """What is wrong with a pair's special tokens; empty where nothing is."""
    ends = completion.count(frame.end)
    if ends != 1:
        return f"the completion has {ends} end tokens, not one"
    found = [token for token in whole if token in frame.special]
    if tuple(found) != frame.tokens:
        extra = Counter(found) - Counter(frame.tokens)
        names = ", ".join(map(str, tokenizer.convert_ids_to_tokens(list(extra))))
        return f"its text holds tokens of the chat template: {names or 'in another order'}"
    return ""


def _in_text(messages: list[dict[str, str]], tokenizer: PreTrainedTokenizerBase) -> str:
    """What of the messages the template leaves out; empty where it leaves out nothing."""
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    for message in messages:
        written = message["content"].strip()
        if not written and message["role"] == "assistant":
            return "the completion is empty"
        if written not in str(text):
            return f"the chat template leaves out some of the {message['role']}'s message"
    return ""
