"""The letters of many texts: nothing that is there is ruled out, and little is left to be read."""

import random
from collections.abc import Sequence

import pytest

from engine.workbench.letters import GROUP, LetterIndex

SIGNS = "abcdefghijkß ,.é“”—語\n"


def _texts(number: int) -> list[bytes]:
    """Made-up texts of 0 to 60 signs, the same every time."""
    chance = random.Random(3)
    return ["".join(chance.choices(SIGNS, k=chance.randint(0, 60))).encode() for _ in range(number)]


def _whole(texts: Sequence[bytes]) -> LetterIndex:
    index = LetterIndex(texts)
    index.grow(60)
    assert index.is_whole
    return index


@pytest.mark.parametrize("number", [0, 1, 7, 8, 9, GROUP, 2 * GROUP + 13])
def test_no_text_that_has_the_words_is_ruled_out(number: int) -> None:
    texts = _texts(number)
    index = _whole(texts)
    chance = random.Random(4)
    for _ in range(200):
        words = ["".join(chance.choices(SIGNS, k=chance.randint(1, 5))).encode() for _ in range(2)]
        for asked in (words[:1], words):
            has = [all(word in text for word in asked) for text in texts]
            may = index.may_have(asked).tolist()
            assert [one and other for one, other in zip(has, may, strict=True)] == has


def test_most_texts_without_the_word_are_ruled_out() -> None:
    texts = [f"{n} lamps and a river".encode() for n in range(3000)]
    index = _whole(texts)
    assert not index.may_have([b"zq"]).any()
    assert index.may_have([b"1234"]).sum() < 30


@pytest.mark.parametrize("changed", [1, GROUP, GROUP + 1])
def test_changed_texts_are_found_by_their_new_letters(changed: int) -> None:
    texts = [b"lamp"] * (2 * GROUP)
    index = _whole(texts)
    rows = list(range(5, 5 + changed))
    for row in rows:
        texts[row] = b"a river"
    index.update(rows)
    index.grow(60)
    may = index.may_have([b"river"])
    assert may[rows].all()
    assert may.sum() == changed


def test_a_text_that_changes_while_others_are_taken_in_is_found() -> None:
    texts = [b"lamp"] * (3 * GROUP)
    index = LetterIndex(texts)
    index.grow(0)
    assert not index.is_whole
    texts[-1] = b"a river"
    index.update([3 * GROUP - 1])
    index.grow(60)
    assert index.may_have([b"river"]).nonzero()[0].tolist() == [3 * GROUP - 1]
