"""One rule for case: of the texts that are looked through, and of what is looked for in them.

Capitals do not matter, as Unicode folds them: ß is ss, and the two small sigmas are one. Turkish i
with and without a dot is one letter, since I and İ are its capitals. A letter with its accent is
one sign, however it was stored.
"""

from unicodedata import normalize

import regex

_DOTTED, _DOTLESS = "i\N{COMBINING DOT ABOVE}", "\N{LATIN SMALL LETTER DOTLESS I}"


def folded(text: str) -> str:
    """A text in which case does not matter any more."""
    if text.isascii():
        return text.lower()
    return normalize("NFC", text.casefold().replace(_DOTTED, "i").replace(_DOTLESS, "i"))


def folded_bytes(text: str) -> bytes:
    """The same in UTF-8, which takes half the room and is looked through faster."""
    return folded(text).encode()


def compiled(expression: str) -> "regex.Pattern[str]":
    """A regular expression for texts that are folded.

    Raises:
        Exception: whatever `regex` raises for what is no expression.
    """
    return regex.compile(
        normalize("NFC", expression).replace(_DOTLESS, "i"),
        regex.IGNORECASE | regex.FULLCASE | regex.MULTILINE,
    )
