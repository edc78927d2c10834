"""Tokens of the common chat formats, as they are spelt: within a text they end a turn too early."""

import re
from collections.abc import Iterable

_KNOWN = (
    r"<\|[^|<>]{1,40}\|>",  # ChatML, Llama 3, Phi, OLMo
    r"<\uff5c[^\uff5c<>]{1,40}\uff5c>",  # DeepSeek
    r"</?s>|\[/?INST\]|<</?SYS>>",  # Llama 2, Mistral
    r"\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]",  # Mistral
    r"<(?:start|end)_of_(?:turn|image)>|<(?:bos|eos|pad|unk)>",  # Gemma
)


def token_pattern(special_tokens: Iterable[str] = ()) -> re.Pattern[str]:
    """What counts as a template token.

    Args:
        special_tokens: a base's own, which count beside those of the common formats.
    """
    # A token of one sign, or one that is a plain word, would be found in every text.
    own = [re.escape(token) for token in special_tokens if len(token) > 2 and not token.isalnum()]
    return re.compile("|".join([*sorted(own, key=len, reverse=True), *_KNOWN]))
