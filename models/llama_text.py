"""Between conversations, text and token ids, as one GGUF file's template and vocabulary have it."""

import ctypes
import re
from collections.abc import Sequence
from typing import cast

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_types import ChatCompletionRequestMessage

from models.chat import Message
from models.errors import UserError

SEAM = "\ufdd0"
"""A Unicode noncharacter: no text holds it."""


class LlamaText:
    """The chat template and the vocabulary of a loaded model."""

    def __init__(self, llama: llama_cpp.Llama, template: str) -> None:
        self._llama = llama
        self._vocab = llama_cpp.llama_model_get_vocab(llama.model)
        self._bos = self._text_of(llama_cpp.llama_vocab_bos(self._vocab))
        self._formatter = Jinja2ChatFormatter(
            template=template,
            bos_token=self._bos,
            eos_token=self._text_of(llama_cpp.llama_vocab_eos(self._vocab)),
        )
        self._control = self._control_tokens()

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The token ids of a conversation, up to where the assistant's turn begins.

        Text that spells a control token (`<|im_end|>`) stays text: a review cannot end its turn.
        One beginning-of-text token comes first where the model wants one.

        Raises:
            UserError: the template refuses these messages.
        """
        inert = [
            {"role": m.role, "content": self._control.sub(_with_seam, m.content)} for m in messages
        ]
        try:
            turns = cast(list[ChatCompletionRequestMessage], inert)
            prompt = self._formatter(messages=turns).prompt
        except Exception as error:
            # A template is a program of the model's maker: it may raise anything.
            raise UserError(
                f"The model's chat template refuses these messages: {error}.",
                "Some models take no system message; others want turns that alternate.",
            ) from error
        first, *rest = prompt.split(SEAM)
        wants_bos = llama_cpp.llama_vocab_get_add_bos(self._vocab)
        has_bos = bool(self._bos) and first.startswith(self._bos)
        tokens = self.tokens(first, add_bos=wants_bos and not has_bos)
        return tokens + [token for part in rest for token in self.tokens(part)]

    def tokens(self, text: str, add_bos: bool = False) -> list[int]:
        """The ids of a text, in which control tokens are themselves."""
        return self._llama.tokenize(text.encode(errors="replace"), add_bos=add_bos, special=True)

    def bytes_of(self, token: int) -> bytes:
        """What a token stands for, possibly half a letter; nothing for a control token."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            written = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if written >= 0:
                return buffer.raw[:written]
            size = -written

    def ends_turn(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def _text_of(self, token: int) -> str:
        if token < 0:
            return ""
        text: bytes = llama_cpp.llama_vocab_get_text(self._vocab, token)
        return text.decode("utf-8", "replace")

    def _control_tokens(self) -> re.Pattern[str]:
        kinds = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
        texts = [
            self._text_of(token)
            for token in range(self._llama.n_vocab())
            if llama_cpp.llama_vocab_get_attr(self._vocab, token) & kinds
        ]
        longest_first = sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _with_seam(token: re.Match[str]) -> str:
    """The text of a control token, cut where its halves are tokenised apart."""
    return token[0][0] + SEAM + token[0][1:]
