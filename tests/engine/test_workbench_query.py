"""The filter line: what it means, what it refuses, and that it is read back as it was written."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from engine.domain import TRACKS
from engine.workbench import SORT_KEYS, STATUSES, PairQuery, is_narrower, parse_query, query_text
from engine.workbench.folding import folded
from engine.workbench.pattern import matcher
from models.errors import BadInput

Name = TypeVar("Name", bound=str)


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("", PairQuery()),
        ("sea 'salt", PairQuery(words=("sea", "'salt"))),
        ('"by the sea" and/or', PairQuery(words=("by the sea", "and/or"))),
        ('"by the', PairQuery(words=("by the",))),
        ("track:val,int", PairQuery(tracks=frozenset(["values", "interests"]))),
        ("TRACK:v", PairQuery(tracks=frozenset(["values"]))),
        ("trait:schwartz.face", PairQuery(traits=("schwartz.face",))),
        (
            "is:flagged is:ed not:held-out",
            PairQuery(having=frozenset(["flagged", "edited"]), lacking=frozenset(["held_out"])),
        ),
        ("strength:>0.5", PairQuery(strength=(0.5, 1.0))),
        ("strength:>=.2 strength:<0.6", PairQuery(strength=(0.2, 0.6))),
        ("strength:0.2..0.6", PairQuery(strength=(0.2, 0.6))),
        ("sort:-strength", PairQuery(sort="strength", descending=True)),
        ("/a b|c/ d", PairQuery(words=("d",), patterns=("a b|c",))),
        ("/a/ d /b/", PairQuery(words=("d",), patterns=("a", "b"))),
        (r"/and\/or/ /a\/ b\//", PairQuery(patterns=("and/or", "a/ b/"))),
        ("/and/or", PairQuery(patterns=("and/or",))),
        ("/half typ", PairQuery(patterns=("half typ",))),
        ("/x/i /y/gm z", PairQuery(words=("z",), patterns=("x", "y"))),
        ("/a.b/si", PairQuery(patterns=("(?s)a.b",))),
        ("like:p1 id:p2,p3", PairQuery(like="p1", ids=("p2", "p3"))),
        ('id:"a b","c,d"', PairQuery(ids=("a b", "c,d"))),
        ('trait:"power through"', PairQuery(traits=("power through",))),
        ('is:"held out"', PairQuery(having=frozenset(["held_out"]))),
        (r'"she said \"no\"" 5"', PairQuery(words=('she said "no"', '5"'))),
        (r'"C:\dir\\"', PairQuery(words=("C:\\dir\\",))),
        (
            "“by the sea” „zum Meer“ «à la mer",
            PairQuery(words=("by the sea", "zum Meer", "à la mer")),
        ),
        ('"“No"', PairQuery(words=("“No",))),
        ("trait:“power through”,face", PairQuery(traits=("power through", "face"))),
        ("strength:0.1234567890123..1", PairQuery(strength=(0.1234567890123, 1.0))),
        ("strength:<0.0000001", PairQuery(strength=(0.0, 1e-7))),
    ],
)
def test_a_line_is_read(line: str, query: PairQuery) -> None:
    assert parse_query(line) == query
    assert parse_query(query_text(query)) == query


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("track:", "track: wants a value"),
        ("track:x", "track:x is not known. One of interests, values"),
        ("is:f,d,x", "is:x is not known"),
        ("is:e is:", "is: wants a value"),
        ("strength:0.5", "strength:0.5 is no range"),
        ("strength:>1.2.3", "is no range"),
        ("strength:>2", "runs from 0 to 1"),
        ("strength:>0.5 strength:<0.2", "No pair has"),
        ("sort:size", "sort:size is not known"),
        ("http://x", 'Look for the words themselves as "http://x"'),
        ("trait:,", "trait: wants a value"),
    ],
)
def test_what_means_nothing_is_told_in_a_sentence(line: str, told: str) -> None:
    with pytest.raises(BadInput, match=told) as raised:
        parse_query(line)
    assert raised.value.hint


def test_a_name_cut_too_short_names_what_it_could_be() -> None:
    with pytest.raises(BadInput, match="sort:tra could be track or trait"):
        parse_query("sort:tra")


@pytest.mark.parametrize(
    ("new", "old", "is_so"),
    [
        ("light", "lig", True),
        ("Light", "lig", True),
        ("light sea", "sea", True),
        ("lig", "light", False),
        ("light is:flagged", "light", True),
        ("light", "light is:flagged", False),
        ("track:values", "", True),
        ("", "track:values", False),
        ("trait:schwartz.face", "trait:schwartz", True),
        ("trait:schwartz,ocean", "trait:schwartz", False),
        ("strength:>0.6", "strength:>0.5", True),
        ("strength:>0.4", "strength:>0.5", False),
        ("light sort:strength", "light", False),
        ("/a/ light", "/a/", True),
        ("/ab/", "/a/", False),
        ("/b/ /a/", "/a/", True),
        ("/a/", "/b/ /a/", False),
        ("STRASSE", "straß", True),
        ("id:a", "id:a,b", True),
        ("", "id:a", False),
    ],
)
def test_only_a_narrower_query_may_go_on_from_what_was_found(
    new: str, old: str, is_so: bool
) -> None:
    assert is_narrower(parse_query(new), parse_query(old)) is is_so


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "missing \\)"),
        ("[a", "character set"),
        ("\\", "bad escape"),
        ("x" * 501, "501 characters"),
        ("(?:(?:a{999}){999}){999}", "over 10,000"),
        ("a{,99999}", "over 10,000"),
        ("(ab{200,}){200}", "over 10,000"),
        ("x(?-i:The)", "asks for capitals"),
    ],
)
def test_what_is_no_expression_or_would_fill_the_memory_is_refused(pattern: str, told: str) -> None:
    with pytest.raises(BadInput, match=told) as raised:
        matcher(pattern)
    assert raised.value.hint


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?R)", "(a|aa)+$"])
def test_a_hostile_expression_ends_in_a_sentence(pattern: str) -> None:
    is_found = matcher(pattern)
    began = time.monotonic()
    with pytest.raises(BadInput, match="takes too long"):
        is_found("a" * 3000 + "!")
    assert time.monotonic() - began < 5


def test_an_expression_minds_lines_and_not_capitals() -> None:
    assert matcher(r"^KIND\b")("one\nkind words")
    assert not matcher("^words")("kind words")
    assert matcher(r"\w{2,20} \w{2,20}")("été doux")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("Straße", "In der STRASSE"),
        ("STRASSE", "in der Straße"),
        ("İstanbul", "istanbul"),
        ("istanbul", "in İstanbul"),
        ("I\u0307stanbul", "İstanbul"),
        ("SIKINTI", "s\u0131k\u0131nt\u0131"),
        ("s\u0131k\u0131nt\u0131", "SIKINTI"),
        ("ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        ("ﬁnd", "FIND"),
        ("caf\u00e9", "CAFE\u0301"),
        ("cafe\u0301", "Caf\u00e9"),
    ],
)
def test_words_and_expressions_have_one_rule_for_case(wanted: str, text: str) -> None:
    assert folded(wanted) in folded(text)
    assert matcher(wanted)(folded(text))
    assert matcher(f"({wanted}|x)$")(folded(text))


WRITTEN = ["kit", '"', "“", "”", "/", "\\", ",", ":", " ", "\t", "\n", ">", "0.3", "..", "i", "é"]
WRITTEN += ["trait:", "id:", "like:", "is:e", "not:held_out", "track:val", "strength:", "sort:-tra"]


def test_what_a_line_means_can_be_written_down_and_read_back() -> None:
    """20,000 lines of the signs that the language is made of, the same ones every time."""
    chance = random.Random(5)
    read = 0
    for _ in range(20_000):
        line = "".join(chance.choices(WRITTEN, k=chance.randint(1, 12)))
        try:
            query = parse_query(line)
        except BadInput:
            continue
        written = query_text(query)
        assert parse_query(written) == query, (line, written)
        assert query_text(parse_query(written)) == written
        read += 1
    assert read > 10_000


SIGNS = 'aß5 "\\/,:“”«»[]()<>.-_\tİ\U0001f4d6'


def test_a_query_can_be_written_down_and_read_back() -> None:
    """5,000 queries, the same ones every time."""
    chance = random.Random(7)

    def text() -> str:
        return "".join(chance.choices(SIGNS, k=chance.randint(1, 8)))

    def some(names: Sequence[Name]) -> frozenset[Name]:
        return frozenset(name for name in names if chance.random() < 0.2)

    for _ in range(5_000):
        low, high = sorted((chance.random() ** 9, chance.random()))
        query = PairQuery(
            words=tuple(text() for _ in range(chance.randint(0, 3))),
            patterns=tuple(f"{text()}|x" for _ in range(chance.randint(0, 3))),
            tracks=some(TRACKS),
            traits=tuple(text() for _ in range(chance.randint(0, 2))),
            having=some(STATUSES),
            lacking=some(STATUSES),
            strength=chance.choice([(0.0, 1.0), (low, high)]),
            sort=chance.choice(SORT_KEYS),
            descending=chance.random() < 0.5,
            like=chance.choice(["", text()]),
            ids=tuple(text() for _ in range(chance.randint(0, 2))),
        )
        once = parse_query(query_text(query))
        assert parse_query(query_text(once)) == once
        assert replace(once, patterns=()) == replace(query, patterns=())
        assert [_without_slashes(one) for one in once.patterns] == [
            _without_slashes(one) for one in query.patterns
        ]


def _without_slashes(pattern: str) -> str:
    """An expression may come back with a backslash less before a slash: it means the same."""
    return pattern.replace("\\/", "/")
