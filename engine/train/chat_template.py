"""What a base's chat template makes of conversations, and what it puts around their words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jinja2 import TemplateError
from transformers import BatchEncoding, PreTrainedTokenizerBase

from engine.domain import PreferencePair
from engine.prompts import for_persona, for_reader
from engine.prompts.taking import taking
from models.chat import Message
from models.errors import JobFailed


@dataclass(frozen=True)
class Frame:
    """What the chat template itself puts around a reader's card, a question and an answer."""

    special: frozenset[int]
    """Ids that are no text."""
    tokens: tuple[int, ...]
    """Those of them that stand in a conversation of plain words, in order."""
    end: int
    """The one that ends an answer."""


class ChatTemplate:
    """The chat template of a tokenizer; knows which turns it takes, and its frames."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.takes = taking(self.text)
        self._frames: dict[tuple[Message, ...], Frame] = {}

    def asked(
        self,
        pair: PreferencePair,
        card: str,
        near: Sequence[str] = (),
        before: Sequence[Message] = (),
    ) -> tuple[Message, ...]:
        """The conversation of a pair, up to where the answer begins.

        Args:
            near: what the reader would say; of a dataset's pair the one persona, or none.
            before: turns of other conversations that come first.
        """
        if pair.track == "personas":
            persona = near[0] if near else ""
            return for_persona(pair.prompt, persona, before, self.takes)
        return (*before, *for_reader(card, pair.prompt, near))

    def text(self, messages: Sequence[Message], asks: bool = False) -> str:
        """The text of a conversation.

        Args:
            asks: end where the model is to go on.

        Raises:
            TemplateError: the template refuses it.
        """
        rows = [vars(message) for message in messages]
        return str(
            self.tokenizer.apply_chat_template(rows, add_generation_prompt=asks, tokenize=False)
        )

    def frame(self, asked: Sequence[Message], shared: int) -> Frame:
        """The frame of all conversations that begin like one and have turns of the same roles.

        Args:
            shared: how many messages are the beginning; of the others only the roles count.

        Raises:
            JobFailed: the template would begin a conversation twice, or never end an answer.
        """
        turns = (replace(message, content="Question") for message in asked[shared:])
        plain = (*asked[:shared], *turns)
        if plain not in self._frames:
            self._frames[plain] = _frame_of(plain, self.tokenizer)
        return self._frames[plain]


def _frame_of(plain: Sequence[Message], tokenizer: PreTrainedTokenizerBase) -> Frame:
    asked = [vars(message) for message in plain]
    prompt = rendered(tokenizer, asked, generation_prompt=True)
    whole = rendered(tokenizer, [*asked, {"role": "assistant", "content": "Answer"}])
    added = tokenizer.added_tokens_decoder.items()
    special = {number for number, token in added if token.special} | {*tokenizer.all_special_ids}
    special.discard(tokenizer.unk_token_id)
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    ends = [token for token in whole[len(prompt) :] if token in special]
    if end not in ends and len(ends) == 1:
        (end,) = ends  # gemma's <end_of_turn>, where <eos> ends documents
    if ends.count(end) != 1:
        raise JobFailed(
            f"The base's chat template ends an answer with {ends.count(end)} end tokens, not one.",
            "Take a base made for conversation, such as an `Instruct` model.",
        )
    if begin is not None and whole[:2] == [begin, begin]:
        raise JobFailed(
            "The base's chat template begins a conversation twice.", "Fetch a newer copy of it."
        )
    return Frame(frozenset(special), tuple(t for t in whole if t in special), end)


def rendered(
    tokenizer: PreTrainedTokenizerBase, messages: object, generation_prompt: bool = False
) -> list[int]:
    """Token ids of a conversation under the model's own chat template.

    Raises:
        JobFailed: the template refuses such a conversation.
    """
    try:
        encoded = tokenizer.apply_chat_template(
            messages_of(messages),
            add_generation_prompt=generation_prompt,
            tokenize=True,
            return_dict=True,
        )
    except TemplateError as error:
        raise JobFailed(
            f"The base's chat template refuses a reader's conversation: {error}.",
            "Take a base whose template has a system message, which the card is put into.",
        ) from error
    assert isinstance(encoded, BatchEncoding)
    return list(encoded["input_ids"])


def messages_of(value: object) -> list[dict[str, str]]:
    """The messages of one column of a conversational row."""
    assert isinstance(value, list)
    return value
