"""The filter line: what it means, what it refuses, and that it is read back as it was written."""

import time

import pytest

from engine.workbench import PairQuery, is_narrower, parse_query, query_text
from engine.workbench.pattern import matcher
from models.errors import BadInput


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
        ("/a b|c/ d", PairQuery(words=("d",), pattern="a b|c")),
        (r"/and\/or/", PairQuery(pattern=r"and\/or")),
        ("/and/or", PairQuery(pattern="and/or")),
        ("/half typ", PairQuery(pattern="half typ")),
        ("like:p1 id:p2,p3", PairQuery(like="p1", ids=("p2", "p3"))),
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
        ("/a/ /b/", "two expressions"),
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
