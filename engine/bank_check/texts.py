"""Texts side by side: how long, how like the statement, how they begin, whom they name."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

_NEGATION = re.compile(
    r"\b(?:not|no|never|nobody|nothing|none|without|neither|nor|cannot|\w+n['\u2019]t)\b", re.I
)
_PLEASURE = re.compile(
    r"\b(?:laugh\w*|smil\w*|happ(?:y|ily|ier)|glad\w*|pleas(?:ed|ure|ures)|proud\w*|delight\w*|"
    r"warm\w*|love[ds]?|enjoy\w*|content|best|sweet\w*|beam\w*|cheer\w*|good)\b",
    re.I,
)
_NAME = re.compile(
    r"(?<![.!?:\u201d\"]\s)(?<!^)(?<![\"'\u201c\u2018])\b[A-Z][a-z\u00c0-\u024f]{2,}\b"
)
_DATES = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|"
    r"(?:Septem|Octo|Novem|Decem)ber|Christmas|Easter|New|Year"
)


def words(text: str) -> int:
    return len(text.split())


def ratio(texts: Iterable[str]) -> float:
    """Words of the longest by those of the shortest, 1 or more."""
    lengths = [words(text) for text in texts]
    return max(lengths) / min(lengths)


def negations(text: str) -> int:
    return len(_NEGATION.findall(text))


def pleasure(text: str) -> int:
    """Words of pleasure and praise: crude, and only to see that no side has more of them."""
    return len(_PLEASURE.findall(text))


def shares_four_words(text: str, other: str) -> bool:
    """Whether four words in a row of one stand in the other."""
    return bool(_fours(text) & _fours(other))


def _fours(text: str) -> set[tuple[str, ...]]:
    tokens = _tokens(text)
    return set(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))


def _tokens(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()


def first_word(text: str) -> str:
    return _tokens(text)[0]


def names(text: str) -> set[str]:
    """Capitalised words inside sentences: people and places."""
    return {name for name in _NAME.findall(text) if not _DATES.fullmatch(name)}


def commonest(found: Iterable[str]) -> tuple[str, float]:
    """The commonest word and its share of all."""
    counted = Counter(found)
    word, times = counted.most_common(1)[0]
    return word, times / counted.total()


def same_texts(texts: Mapping[str, str]) -> list[str]:
    """Entries whose text is that of another, but for case and signs."""
    seen: dict[str, str] = {}
    return list(_repeats(texts, seen))


def _repeats(texts: Mapping[str, str], seen: dict[str, str]) -> Iterator[str]:
    for key, text in texts.items():
        plain = " ".join(_tokens(text))
        if plain in seen:
            yield f"{key} = {seen[plain]}"
        seen.setdefault(plain, key)
