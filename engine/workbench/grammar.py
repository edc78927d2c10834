"""The filter as one line of text, the same in the window and on the command line.

`track:values is:flagged not:dropped trait:schwartz strength:>0.5 sort:-strength /regex/ words`.
What a query means is in `query`; this only reads and writes it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, cast

import numpy as np

from engine.domain import TRACKS
from engine.workbench.query import SORT_KEYS, STATUSES, PairQuery
from models.errors import BadInput

FIELDS = ("track", "trait", "is", "not", "strength", "sort", "like", "id")
EXAMPLES = {
    "track": f"One of {', '.join(TRACKS)}.",
    "trait": "Of its name or the beginning of its id: trait:altruism, trait:schwartz.face.",
    "is": f"One of {', '.join(STATUSES)}.",
    "not": f"One of {', '.join(STATUSES)}.",
    "strength": "Such as strength:>0.5, strength:<0.3 or strength:0.2..0.6.",
    "sort": f"One of {', '.join(SORT_KEYS)}; sort:-strength turns it round.",
    "like": "The id of a pair, or the beginning of it.",
    "id": "The ids of pairs or the beginnings of them, with commas between.",
}
_FLAGS = "gimsux"
"""After an expression, as in other tools. Capitals (i) do not matter and ^ is a line's beginning
(m) as it is; s and x are what they are in Python."""
_QUOTED = r"""(?: "(?:\\["\\]|[^"])*(?:"|\Z) | [“”„«][^“”»]*[“”»]? )"""
_TERM = re.compile(
    rf"""\s*(?:
        (?P<phrase>{_QUOTED})
      | /(?P<pattern>(?:\\.|[^/\\]|/(?![{_FLAGS}]*(?:\s|\Z)))*\\?)(?:/(?P<flags>[{_FLAGS}]*)|\Z)
      | (?P<field>[A-Za-z]+):(?P<value>(?:{_QUOTED}|[^\s"“”„«])*)
      | (?P<word>\S+)
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
_PART = re.compile(rf"""(?:{_QUOTED}|[^,"“”„«])+""", re.VERBOSE)
_PIECE = re.compile(_QUOTED, re.VERBOSE)


def parse_query(text: str) -> PairQuery:
    """The query that a line of text means. A name may be cut short where it stays clear.

    Raises:
        BadInput: a part of it means nothing; says which.
    """
    query = PairQuery()
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TERM.match(text, at)
        assert found is not None, "any other text is a word"
        at = found.end()
        if found["field"]:
            query = _with_field(query, found["field"].lower(), found["value"])
        elif pattern := found["pattern"]:
            query = replace(query, patterns=(*query.patterns, _read(pattern, found["flags"] or "")))
        elif said := found["word"] or _unquoted(found["phrase"] or ""):
            query = replace(query, words=(*query.words, said))
    return query


def query_text(query: PairQuery) -> str:
    """The line of text that `parse_query` reads back into this query."""
    tracks = [track for track in TRACKS if track in query.tracks]
    terms = [_word(word) for word in query.words]
    terms += [f"track:{','.join(tracks)}"] if tracks else []
    terms += [f"trait:{','.join(map(_value, query.traits))}"] if query.traits else []
    terms += [f"is:{status}" for status in STATUSES if status in query.having]
    terms += [f"not:{status}" for status in STATUSES if status in query.lacking]
    terms += [f"like:{_value(query.like)}"] if query.like else []
    terms += [f"id:{','.join(map(_value, query.ids))}"] if query.ids else []
    if query.strength != (0.0, 1.0):
        terms.append("strength:" + "..".join(map(decimal, query.strength)))
    if (query.sort, query.descending) != ("built", False):
        terms.append(f"sort:{'-' if query.descending else ''}{query.sort}")
    terms += map(_slashed, query.patterns)
    return " ".join(terms)


def decimal(number: float) -> str:
    """A number with all its digits and no exponent, as a filter takes it."""
    return np.format_float_positional(number, trim="-")


def _read(pattern: str, flags: str) -> str:
    """An expression without what only the slashes around it asked for."""
    plain = re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], pattern, flags=re.S)
    asked = "".join(flag for flag in "sx" if flag in flags)
    return f"(?{asked}){plain}" if asked else plain


def _slashed(pattern: str) -> str:
    """An expression between slashes, none of which could be taken for its end but the last.

    One that ends in a backslash with nothing behind it, which is no expression yet, stays open.
    """
    inner = re.sub(
        rf"\\.|/(?=[{_FLAGS}]*(?:\s|\Z))",
        lambda found: r"\/" if found[0] == "/" else found[0],
        pattern,
        flags=re.S,
    )
    is_half = len(pattern) - len(pattern.rstrip("\\")) & 1
    return f"/{inner}" if is_half else f"/{inner}/"


def _with_field(query: PairQuery, field: str, value: str) -> PairQuery:
    if field not in FIELDS:
        raise BadInput(
            f"{field}: is no part of a filter; there are {', '.join(f'{f}:' for f in FIELDS)}.",
            f'Look for the words themselves as "{field}:{_unquoted(value)}".',
        )
    parts = [part for part in map(_unquoted, _PART.findall(value)) if part]
    if not parts:
        raise BadInput(f"{field}: wants a value after the colon.", EXAMPLES[field])
    whole = _unquoted(value)
    if field == "strength":
        return replace(query, strength=_strength(whole, query.strength))
    if field == "sort":
        key = _named(whole.removeprefix("-"), SORT_KEYS, "sort")
        return replace(query, sort=key, descending=whole.startswith("-"))
    if field == "like":
        return replace(query, like=whole)
    if field == "trait":
        return replace(query, traits=(*query.traits, *parts))
    if field == "id":
        return replace(query, ids=(*query.ids, *parts))
    if field == "track":
        return replace(query, tracks=query.tracks | {_named(p, TRACKS, field) for p in parts})
    statuses = {_named(re.sub(r"[- ]", "_", part), STATUSES, field) for part in parts}
    if field == "is":
        return replace(query, having=query.having | statuses)
    return replace(query, lacking=query.lacking | statuses)


Name = TypeVar("Name", bound=str)


def _named(said: str, names: Sequence[Name], field: str) -> Name:
    """The one name that begins with what was said."""
    if said in names:
        return cast(Name, said)
    found = [name for name in names if said and name.startswith(said.lower())]
    if len(found) != 1:
        what = f"could be {' or '.join(found)}" if found else "is not known"
        raise BadInput(f"{field}:{said} {what}.", EXAMPLES[field])
    return found[0]


_BOUND = re.compile(r"(?P<side>[<>])=?(?P<one>[\d.]+)|(?P<low>[\d.]+?)\.\.(?P<high>[\d.]+)")


def _strength(value: str, given: tuple[float, float]) -> tuple[float, float]:
    """The range that one more bound leaves."""
    found = _BOUND.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        if found["one"]:
            bound = float(found["one"])
            low, high = (bound, 1.0) if found["side"] == ">" else (0.0, bound)
        else:
            low, high = float(found["low"]), float(found["high"])
    except ValueError as error:
        raise BadInput(f"strength:{value} is no range.", EXAMPLES["strength"]) from error
    low, high = max(low, given[0]), min(high, given[1])
    if not low <= high <= 1:
        raise BadInput(f"No pair has strength:{value}; it runs from 0 to 1.", EXAMPLES["strength"])
    return low, high


def _word(word: str) -> str:
    """A word, in quotes where it could be taken for something else."""
    is_plain = not re.search(r'[\s":]', word) and word[0] not in "/“”„«"
    return word if is_plain else _in_quotes(word)


def _value(part: str) -> str:
    return _in_quotes(part) if re.search(r'[\s,"“”„«]', part) else part


def _in_quotes(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _unquoted(text: str) -> str:
    """A text without its quotes; in straight ones a backslash keeps a quote or a backslash."""
    return _PIECE.sub(lambda piece: _inside(piece[0]), text)


def _inside(quoted: str) -> str:
    if not quoted.startswith('"'):
        return quoted[1:].rstrip("“”»")
    inside = re.match(r'"((?:\\["\\]|[^"])*)', quoted)
    assert inside is not None, "it begins with a quote"
    return re.sub(r'\\(["\\])', r"\1", inside[1])
