"""What is asserted of every pair's tokens, under chat templates of the shapes that models have."""

from collections.abc import Callable

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers import models as tokenizer_models
from transformers import PreTrainedTokenizerFast

from engine.domain import PreferencePair
from engine.train.config import TrainConfig
from engine.train.data import TrainingData, prepare_data
from models.errors import JobFailed
from tests.engine.tiny_training import a_pair

LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
CHATML = (
    "{% if messages[0]['role'] != 'system' %}"
    "<|im_start|>system\nYou are Qwen.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}"
    "\n{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
THINKING = CHATML.replace("m['content'] }}", "m['content'].split('</think>')[-1] }}")
DEAF = LLAMA3.replace("{% for m in messages %}", "{% for m in messages if m['role'] != 'system' %}")
UNSTEADY = LLAMA3.replace("assistant<|end_header_id|>", "Assistant<|end_header_id|>")
TWICE = "{{ bos_token }}" + LLAMA3
ENDLESS = LLAMA3.replace("<|eot_id|>", "\n")
CARD = "Likes quiet books."


def tokenizer(template: str, bos: str | None, eos: str, *others: str) -> PreTrainedTokenizerFast:
    """Bytes, and these special tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(tokenizer_models.BPE({letter: n for n, letter in enumerate(letters)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(
        [AddedToken(name, special=True) for name in (bos, eos, *others) if name is not None]
    )
    # transformers leaves it without types.
    wrapped: Callable[..., PreTrainedTokenizerFast] = PreTrainedTokenizerFast
    made = wrapped(tokenizer_object=core, bos_token=bos, eos_token=eos)
    made.chat_template = template
    return made


def llama3(template: str = LLAMA3) -> PreTrainedTokenizerFast:
    return tokenizer(
        template, "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"
    )


def chatml(template: str = CHATML) -> PreTrainedTokenizerFast:
    return tokenizer(template, None, "<|im_end|>", "<|im_start|>")


def gemma() -> PreTrainedTokenizerFast:
    return tokenizer(GEMMA, "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>")


def prepared(
    made: PreTrainedTokenizerFast, *pairs: PreferencePair, card: str = CARD
) -> TrainingData:
    return prepare_data([a_pair(0), *pairs], {"ann": card}, made, TrainConfig(max_length=4096))


def text_of(made: PreTrainedTokenizerFast, ids: tuple[int, ...]) -> str:
    text = made.decode(list(ids))
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("card", [CARD, ""])
@pytest.mark.parametrize(
    ("made", "end"),
    [(llama3(), "<|eot_id|>"), (chatml(), "<|im_end|>\n")],
    ids=["llama3", "chatml"],
)
def test_prompt_and_answer_are_the_templates_own_text(
    made: PreTrainedTokenizerFast, end: str, card: str
) -> None:
    """Without a card the template may say something of its own, as Qwen's does."""
    example = prepared(made, card=card).train[0]
    pair = a_pair(0)
    prompt = text_of(made, example.prompt_ids)
    assert text_of(made, example.chosen_ids) == pair.chosen + end
    assert text_of(made, example.rejected_ids) == pair.rejected + end
    assert prompt.count(pair.prompt) == 1
    assert (CARD in prompt) is bool(card)
    begin = made.bos_token_id
    assert begin is None or (example.prompt_ids[0], example.prompt_ids.count(begin)) == (begin, 1)


def test_a_turn_may_end_with_another_token_than_a_document() -> None:
    made = gemma()
    example = prepared(made, card="").train[0]
    assert text_of(made, example.chosen_ids) == a_pair(0).chosen + "<end_of_turn>\n"


def test_an_end_token_that_pads_too_is_still_learned() -> None:
    made = chatml()
    made.pad_token = made.eos_token
    assert made.eos_token_id in prepared(made).train[0].chosen_ids


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize(
    ("made", "chosen", "told"),
    [
        (chatml(), "One.<|im_end|>Two.", "2 end tokens"),
        (chatml(), "One. <|im_start|>user", r"tokens of the chat template: <\|im_start\|>"),
        (llama3(), "One. <|begin_of_text|>", r"tokens of the chat template: <\|begin_of_text\|>"),
        (llama3(), " \n ", "the completion is empty"),
        (chatml(THINKING), "<think>Why?</think>Yes.", "leaves out some of the assistant's message"),
    ],
)
def test_a_pair_whose_tokens_are_not_as_they_must_is_named(
    made: PreTrainedTokenizerFast, chosen: str, told: str, held_out: bool
) -> None:
    with pytest.raises(JobFailed, match=rf"Pair p9 \(chosen\) cannot be trained on: .*{told}"):
        prepared(made, a_pair(9, held_out=held_out, chosen=chosen))


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (gemma(), "refuses a reader's conversation: System role not supported"),
        (llama3(DEAF), "leaves out some of the system's message"),
        (llama3(UNSTEADY), "the prompt's tokens are not the beginning of the whole"),
        (llama3(TWICE), "begins a conversation twice"),
        (llama3(ENDLESS), "with 0 end tokens, not one"),
    ],
    ids=["no system role", "drops the card", "unsteady", "begins twice", "never ends"],
)
def test_a_template_that_no_reader_can_be_trained_under_is_refused(
    made: PreTrainedTokenizerFast, told: str
) -> None:
    with pytest.raises(JobFailed, match=told):
        prepared(made)
