"""What the trained model in torch, and each GGUF through llama.cpp, make of held-out pairs.

One model is in memory at a time. Torch reads packs of pairs by the forward of the training,
llama.cpp the same token ids. Nothing is judged here (`engine.truth`).
"""

import gc
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from threading import Event as Flag

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from engine.export_files import ExportPlan
from engine.train import shared_prefix
from engine.train.chat_template import ChatTemplate, rendered
from engine.train.choosing import to_look_at
from engine.train.data import Example, tokenise
from engine.train.device import Place, choose_place
from engine.train.input_files import PAIRS, read_config, read_near, read_pairs
from engine.train.samples import write_greedily
from engine.train.scoring import PairLogps, score_pairs
from engine.truth import Seen, Trained
from models.chat import Message
from models.events import Event, Note, Step
from models.hardware import available_ram_bytes
from models.llama import LlamaChat
from models.merge import merged_size_bytes
from models.room import check_memory
from models.torch_base import load_base

QUESTION = (Message("user", "What makes a book worth reading? Answer in one sentence."),)
ANSWER_TOKENS = 32
LEAST_CONTEXT = 512
ASKED_PAIRS = 12
"""Held-out pairs that every model reads: a processor takes a second for each (0.12 billion
parameters)."""
TO_CHOOSE_FROM = 6 * ASKED_PAIRS


@dataclass(frozen=True)
class Asked:
    """What every model is asked."""

    tokenizer: PreTrainedTokenizerBase
    examples: tuple[Example, ...]
    """Of held-out pairs, those that begin alike together."""
    conversations: Mapping[str, tuple[Message, ...]]
    """The prompts, by pair id."""
    question: tuple[int, ...]

    @property
    def context(self) -> int:
        """Tokens that the longest prompt takes with both of its answers."""
        sizes = [ex.longest + len(ex.chosen_ids) + len(ex.rejected_ids) for ex in self.examples]
        return max([LEAST_CONTEXT, *sizes])


def asked_of(plan: ExportPlan, tokenizer: PreTrainedTokenizerBase) -> Asked:
    """The question, and the shortest held-out pairs of every track as training tokenised them.

    The models are held against each other on the same pairs, so it may choose them by their cost.

    Raises:
        JobFailed: a pair could not have been trained on.
    """
    path = plan.trained.path
    pairs, cards = read_pairs(path) if (path / PAIRS).exists() else ([], {})
    near, most = read_near(path), read_config(path).max_length
    held_out = to_look_at([pair for pair in pairs if pair.held_out], TO_CHOOSE_FROM)
    template = ChatTemplate(tokenizer)
    examples = [
        tokenise(pair, cards[pair.reader_id], template, near.get(pair.id, ())) for pair in held_out
    ]
    tracks = {pair.id: pair.track for pair in held_out}
    examples = _shortest([ex for ex in examples if ex.longest <= most], tracks)
    question = [vars(message) for message in QUESTION]
    return Asked(
        tokenizer=tokenizer,
        examples=tuple(sorted(examples, key=lambda example: example.prompt_ids)),
        conversations={
            pair.id: template.asked(pair, cards[pair.reader_id], near.get(pair.id, ()))
            for pair in held_out
        },
        question=tuple(rendered(tokenizer, question, generation_prompt=True)),
    )


def _shortest(examples: Sequence[Example], tracks: Mapping[str, str]) -> list[Example]:
    """About `ASKED_PAIRS`: of each track as many as of the others, those of the fewest tokens."""
    by_length = sorted(examples, key=lambda ex: ex.longest)
    own = [[ex for ex in by_length if tracks[ex.pair_id] == track] for track in {*tracks.values()}]
    return [ex for each in own for ex in each[: ceil(ASKED_PAIRS / len(own))]]


def in_torch(plan: ExportPlan, base_gguf: Path, asked: Asked) -> Generator[Event, None, Trained]:
    """Score with the trained model and with its base: in float32 where that fits, as bfloat16 alone
    puts a tuned model's answers nats off; else in the precision of the training.

    Raises:
        JobFailed: the memory is too small for the base in torch.
    """
    place = choose_place()
    weights = torch.float32
    if merged_size_bytes(base_gguf) * 2 > _free_bytes(place.device):
        weights = place.dtype
        yield Note(f"There is no room for float32: the truth check is done in {weights}.")
    if place.device == "cpu":
        needed_bytes = merged_size_bytes(base_gguf) * weights.itemsize // 2
        check_memory(needed_bytes, "The truth check of the trained model")
    four_bit = place.device == "cuda" and read_config(plan.trained.path).four_bit
    try:
        if plan.is_whole:
            base = Seen({}, ())
            if asked.examples:
                alone, _ = load_base(plan.base, plan.cache_dir, weights, four_bit)
                base = yield from _seen_by(alone, place, asked, "base in torch")
                del alone
            made = AutoModelForCausalLM.from_pretrained(plan.trained.model, dtype=weights)
            tuned = yield from _seen_by(made, place, asked, _TRAINED, answers=True)
            del made
        else:
            under, _ = load_base(plan.base, plan.cache_dir, weights, four_bit)
            model = PeftModel.from_pretrained(under, str(plan.trained.adapter))
            with model.disable_adapter():
                base = yield from _seen_by(model, place, asked, "base in torch")
            tuned = yield from _seen_by(model, place, asked, _TRAINED, answers=True)
            del under, model
    finally:
        # The forward that reads trees refers to its model: only this frees it.
        gc.collect()
        if place.device == "cuda":
            torch.cuda.empty_cache()
    return Trained(tuned, base, is_rough=four_bit or weights != torch.float32)


_TRAINED = "trained model in torch"


def _free_bytes(device: str) -> int:
    return torch.cuda.mem_get_info()[0] if device == "cuda" else available_ram_bytes()


def _seen_by(
    model: PreTrainedModel | PeftModel,
    place: Place,
    asked: Asked,
    name: str,
    answers: bool = False,
) -> Generator[Event, None, Seen]:
    causal = shared_prefix.causal_of(model)
    torch.nn.Module.to(causal, place.device)
    if not shared_prefix.is_installed(causal):
        shared_prefix.install(causal)
    torch.nn.Module.train(causal, False)
    logps: dict[str, PairLogps] = {}
    for batch in score_pairs(causal, asked.examples):
        logps |= batch
        yield Step(len(logps), len(asked.examples), f"truth check, {name}:")
    answer: list[int] = []
    if answers:
        answer = write_greedily(causal, asked.tokenizer, asked.question, ANSWER_TOKENS, 1.0, Flag())
    return Seen(logps, tuple(answer))


def in_file(gguf: Path, name: str, asked: Asked) -> Generator[Event, None, Seen]:
    """Score with a GGUF through llama.cpp, and have it answer.

    Raises:
        UserError: llama.cpp does not take the file.
    """
    logps: dict[str, PairLogps] = {}
    with closing(LlamaChat(gguf, asked.context)) as chat:
        other = [] if chat.prompt_tokens(QUESTION) == [*asked.question] else ["the question"]
        for example in asked.examples:
            if chat.prompt_tokens(asked.conversations[example.pair_id]) != [*example.prompt_ids]:
                other.append(example.pair_id)
            sides = (example.chosen_ids, example.rejected_ids)
            chosen, rejected = chat.score_tokens(example.prompt_ids, sides, _goes_on)
            logps[example.pair_id] = PairLogps(chosen.logprob, rejected.logprob)
            yield Step(len(logps), len(asked.examples), f"truth check, {name}:")
        answer = chat.greedy_tokens(asked.question, ANSWER_TOKENS)
    return Seen(logps, tuple(answer), tuple(other))


def _goes_on() -> bool:
    """Whether a pair's scoring shall be cut short: a stop waits for the pair."""
    return False
