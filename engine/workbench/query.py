"""What an editor wants to see of a reader's pairs, as a value and as one line of text.

The line is the same in the window and on the command line:
`track:values is:flagged not:dropped trait:schwartz strength:>0.5 sort:-strength /regex/ words`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, cast, get_args

from engine.domain import TRACKS, Track
from models.errors import BadInput

Status = Literal[
    "open", "train", "accepted", "dropped", "flagged", "edited", "held_out", "imported"
]
STATUSES: tuple[Status, ...] = get_args(Status)
STATUS_WORDS: Mapping[Status, str] = {
    "open": "not yet accepted or dropped",
    "train": "to train on: neither held out nor dropped",
    "accepted": "accepted",
    "dropped": "dropped",
    "flagged": "flagged, to come back to",
    "edited": "changed by hand or by a provider",
    "held_out": "held out of training",
    "imported": "imported from a file",
}
SortKey = Literal["built", "track", "trait", "strength", "longer"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
SORT_WORDS: Mapping[SortKey, str] = {
    "built": "in the order they were built",
    "track": "by track",
    "trait": "by trait",
    "strength": "by strength, the weakest first",
    "longer": "by how much longer the chosen answer is",
}
FIELDS = ("track", "trait", "is", "not", "strength", "sort", "like", "id")
SYNTAX = (
    'Write words, "a phrase", /an expression/, or track:values, trait:schwartz.face, is:flagged, '
    "not:dropped, strength:>0.5, sort:-strength, like:ID."
)


@dataclass(frozen=True)
class PairQuery:
    """Which pairs, in which order; one that says nothing lets all through as they were built."""

    words: tuple[str, ...] = ()
    """Each must stand in the trait's name, the prompt or an answer; capitals do not matter."""
    pattern: str = ""
    """A regular expression that must be found in one of these; capitals do not matter."""
    tracks: frozenset[Track] = frozenset()
    """Any of these; all where empty."""
    traits: tuple[str, ...] = ()
    """The trait's id begins with any of these, or its name has it, spaces as _; all where empty."""
    having: frozenset[Status] = frozenset()
    """All of these are true of the pair."""
    lacking: frozenset[Status] = frozenset()
    """None of these is."""
    strength: tuple[float, float] = (0.0, 1.0)
    """The least and the most |stance|."""
    sort: SortKey = "built"
    descending: bool = False
    like: str = ""
    """A pair's id: those most like it, in that order where no other is asked for."""
    ids: tuple[str, ...] = ()
    """Only these pairs; all where empty."""


_TERM = re.compile(
    r"""\s*(?:
        "(?P<phrase>[^"]*)"?
      | /(?P<pattern>(?:\\.|[^/\\]|/(?!\s|$))*\\?)(?:/(?=\s|$)|$)
      | (?P<field>[A-Za-z]+):(?P<value>"[^"]*"?|\S*)
      | (?P<word>\S+)
    )\s*""",
    re.VERBOSE,
)


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
        phrase, word = found["phrase"], found["word"]
        if found["field"]:
            query = _with_field(query, found["field"].lower(), found["value"].strip('"'))
        elif found["pattern"] is not None:
            query = _with_pattern(query, found["pattern"])
        elif said := (phrase if phrase is not None else word):
            query = replace(query, words=(*query.words, said))
    return query


def query_text(query: PairQuery) -> str:
    """The line of text that `parse_query` reads back into this query."""
    terms = [_quoted(word) for word in query.words]
    terms += [f"/{query.pattern}/"] if query.pattern else []
    terms += [f"track:{','.join(track for track in TRACKS if track in query.tracks)}"] * bool(
        query.tracks
    )
    terms += [f"trait:{','.join(query.traits)}"] if query.traits else []
    terms += [f"is:{status}" for status in STATUSES if status in query.having]
    terms += [f"not:{status}" for status in STATUSES if status in query.lacking]
    terms += [f"like:{query.like}"] if query.like else []
    terms += [f"id:{','.join(query.ids)}"] if query.ids else []
    if query.strength != (0.0, 1.0):
        low, high = query.strength
        terms.append(f"strength:{low:g}..{high:g}")
    if (query.sort, query.descending) != ("built", False):
        terms.append(f"sort:{'-' if query.descending else ''}{query.sort}")
    return " ".join(terms)


def is_narrower(new: PairQuery, old: PairQuery) -> bool:
    """Whether all that `new` finds was found by `old` too, in the same order."""
    return (
        (new.sort, new.descending, new.like) == (old.sort, old.descending, old.like)
        and old.pattern in ("", new.pattern)
        and all(any(o.casefold() in n.casefold() for n in new.words) for o in old.words)
        and (not old.tracks or (bool(new.tracks) and new.tracks <= old.tracks))
        and (
            not old.traits
            or (bool(new.traits) and all(n.startswith(old.traits) for n in new.traits))
        )
        and (not old.ids or (bool(new.ids) and set(new.ids) <= set(old.ids)))
        and new.having >= old.having
        and new.lacking >= old.lacking
        and old.strength[0] <= new.strength[0]
        and new.strength[1] <= old.strength[1]
    )


def _with_pattern(query: PairQuery, pattern: str) -> PairQuery:
    if query.pattern and pattern:
        raise BadInput(
            "There are two expressions between slashes.", "Join them: /one.*other|other.*one/."
        )
    return replace(query, pattern=pattern or query.pattern)


def _with_field(query: PairQuery, field: str, value: str) -> PairQuery:
    if field not in FIELDS:
        raise BadInput(
            f"{field}: is no part of a filter; there are {', '.join(f'{f}:' for f in FIELDS)}.",
            f'Look for the words themselves as "{field}:{value}".',
        )
    if not value:
        raise BadInput(f"{field}: wants a value after the colon.", _EXAMPLES[field])
    if field == "strength":
        return replace(query, strength=_strength(value, query.strength))
    if field == "sort":
        key = _named(value.removeprefix("-"), SORT_KEYS, "sort")
        return replace(query, sort=key, descending=value.startswith("-"))
    if field == "like":
        return replace(query, like=value)
    parts = [part for part in value.split(",") if part]
    if field == "trait":
        return replace(query, traits=(*query.traits, *parts))
    if field == "id":
        return replace(query, ids=(*query.ids, *parts))
    if field == "track":
        return replace(query, tracks=query.tracks | {_named(p, TRACKS, field) for p in parts})
    statuses = {_named(part.replace("-", "_"), STATUSES, field) for part in parts}
    if field == "is":
        return replace(query, having=query.having | statuses)
    return replace(query, lacking=query.lacking | statuses)


_EXAMPLES = {
    "track": f"One of {', '.join(TRACKS)}.",
    "trait": "Of its name or the beginning of its id: trait:altruism, trait:schwartz.face.",
    "is": f"One of {', '.join(STATUSES)}.",
    "not": f"One of {', '.join(STATUSES)}.",
    "strength": "Such as strength:>0.5, strength:<0.3 or strength:0.2..0.6.",
    "sort": f"One of {', '.join(SORT_KEYS)}; sort:-strength turns it round.",
    "like": "The id of a pair.",
    "id": "The ids of pairs, with commas between them.",
}
Name = TypeVar("Name", bound=str)


def _named(said: str, names: Sequence[Name], field: str) -> Name:
    """The one name that begins with what was said."""
    if said in names:
        return cast(Name, said)
    found = [name for name in names if said and name.startswith(said.lower())]
    if len(found) != 1:
        what = f"could be {' or '.join(found)}" if found else "is not known"
        raise BadInput(f"{field}:{said} {what}.", _EXAMPLES[field])
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
        raise BadInput(f"strength:{value} is no range.", _EXAMPLES["strength"]) from error
    low, high = max(low, given[0]), min(high, given[1])
    if not low <= high <= 1:
        raise BadInput(f"No pair has strength:{value}; it runs from 0 to 1.", _EXAMPLES["strength"])
    return low, high


def _quoted(word: str) -> str:
    is_plain = not re.search(r'[\s":]', word) and not word.startswith("/")
    return word if is_plain else f'"{word}"'
