"""What is never trained on, by the model as it stands in training: a description of one book, or,
of a dataset's run, the answers to one held-out prompt for two opposed personas.

The request is the previews', card first, and so is the way of writing: greedy, against repeats.
Nothing is judged here; the editor reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import cast

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    RepetitionPenaltyLogitsProcessor,
    StoppingCriteriaList,
)

from engine.prompts import description_request, for_reader
from engine.sources.dialogue import last_request
from engine.tailoring.sets import is_dataset
from engine.train.chat_template import ChatTemplate, rendered
from engine.train.input_files import (
    read_book,
    read_config,
    read_near,
    read_near_book,
    read_opposite,
    read_pairs,
)

SAMPLE_TOKENS = 120
"""Three sentences or four; the embedded model writes them in seconds."""
REPEAT_PENALTY = 1.1
"""The previews'; of what it wrote itself, so that it may use the words of the facts."""


@dataclass(frozen=True)
class SampleRequest:
    """The book to describe, or the prompt to answer, and the tokens that ask for it."""

    book_id: str
    """A book's, or a pair's of a dataset."""
    title: str
    prompt_ids: tuple[int, ...]
    opposed_ids: tuple[int, ...] = ()
    """The same for the opposed persona; empty where a book is described."""


def sample_request(
    run: Path, cards: Mapping[str, str], tokenizer: PreTrainedTokenizerBase
) -> SampleRequest | None:
    """The request of a run's directory, for the first of its readers; None where it has none."""
    book = read_book(run)
    if book is None:
        return _of_dataset(run, tokenizer) if any(map(is_dataset, cards)) else None
    card = next(iter(cards.values()))
    asked = for_reader(card, description_request(book), read_near_book(run))
    messages = [vars(message) for message in asked]
    ids = rendered(tokenizer, messages, generation_prompt=True)
    return SampleRequest(book.id, book.title, tuple(ids))


def _of_dataset(run: Path, tokenizer: PreTrainedTokenizerBase) -> SampleRequest | None:
    """The first held-out prompt with both personas; None where there is none, or none is wanted."""
    pairs, _ = read_pairs(run)
    near, opposed = read_near(run), read_opposite(run).near
    both = near.keys() & opposed.keys()
    pair = next((one for one in pairs if one.held_out and one.id in both), None)
    if pair is None or read_config(run).sample_book == "none":
        return None
    template = ChatTemplate(tokenizer)
    own, other = (
        [vars(message) for message in template.asked(pair, "", said[pair.id])]
        for said in (near, opposed)
    )
    return SampleRequest(
        pair.id,
        last_request(pair.prompt),
        tuple(rendered(tokenizer, own, generation_prompt=True)),
        tuple(rendered(tokenizer, other, generation_prompt=True)),
    )


def write_sample(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    request: SampleRequest,
    asked_to_stop: Flag,
    opposed: bool = False,
) -> list[int]:
    """The tokens of a text, without the end token; fewer where it was asked to stop.

    Args:
        model: the causal model, in eval mode.
        opposed: write the answer for the opposed persona.
    """
    prompt = request.opposed_ids if opposed else request.prompt_ids
    return write_greedily(model, tokenizer, prompt, SAMPLE_TOKENS, REPEAT_PENALTY, asked_to_stop)


@torch.no_grad()
def write_greedily(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompt_ids: Sequence[int],
    max_tokens: int,
    repeat_penalty: float,
    asked_to_stop: Flag,
) -> list[int]:
    """The likeliest next tokens, one after the other, without the end token.

    Args:
        model: the causal model, in eval mode.
        repeat_penalty: 1 is none; of what it wrote itself.
    """
    device = next(model.parameters()).device
    prompt = torch.tensor([prompt_ids], device=device)
    ends = model.generation_config.eos_token_id if model.generation_config else None
    as_settings: Callable[..., GenerationConfig] = GenerationConfig  # it has no types
    settings = as_settings(
        max_new_tokens=max_tokens,
        do_sample=False,
        eos_token_id=ends if ends is not None else tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
        repetition_penalty=1.0,
    )
    penalty = RepetitionPenaltyLogitsProcessor(repeat_penalty, prompt_ignore_length=len(prompt_ids))

    def is_asked_to_stop(ids: Tensor, scores: Tensor, **_: object) -> Tensor:
        return torch.full((len(ids),), asked_to_stop.is_set(), device=ids.device)

    write = cast(Callable[..., Tensor], model.generate)
    written = write(
        inputs=prompt,
        attention_mask=torch.ones_like(prompt),
        generation_config=settings,
        logits_processor=LogitsProcessorList([penalty]),
        stopping_criteria=StoppingCriteriaList([is_asked_to_stop]),
        use_cache=True,
    )
    ids = written[0, len(prompt_ids) :].tolist()
    special = set(tokenizer.all_special_ids)
    return [token for token in ids if token not in special]


def repeated_share(text: str) -> float:
    """The share of runs of three words that stood in the text before, 0 to 1."""
    words = text.lower().split()
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
