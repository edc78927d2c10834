"""Finding among many pairs: what a filter lets through, a stretch at a time, and what is alike."""

import time
from pathlib import Path

import pytest

from engine import desk
from engine.workbench import Search, found, load_index, parse_query, refreshed, similar
from models.errors import BadInput
from tests.engine.workbench_pairs import FACE, a_pair, ids_found, many, stored, with_anns_pairs


@pytest.fixture
def ann(data_dir: Path) -> Path:
    return with_anns_pairs(data_dir)


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("", "abcd"),
        ("LIGHT", "ad"),
        ("light kayak", "a"),
        ('"the kayak by"', "ab"),
        ("été", "d"),
        ("/^(wire|bup)/", "ab"),
        ("/bread.*bread/ salt", "c"),
        ("/kayak/ /river|lighthouse$/", "b"),
        ("/kayak/ /bread/", ""),
        ("track:int", "c"),
        ("not:held_out light", "a"),
        ("strength:>=0.5", "acd"),
        ("strength:<0.4", "b"),
        ("sort:-strength", "acdb"),
        ("sort:strength", "bcda"),
        ("sort:track", "cabd"),
        ("sort:-longer", "cabd"),
        ("trait:ocean", ""),
        ("id:d,b,zzz", "bd"),
        ("like:a", "ab"),
        ("like:a sort:strength", "ba"),
        ("is:train", "abc"),
        ("trait:schwartz,ocean", "abcd"),
    ],
)
def test_a_filter_finds(line: str, ids: str, ann: Path) -> None:
    """The answers' lengths less the rejected one's 27: a 14, b 9, c 26, d -2."""
    assert "".join(ids_found(load_index(ann, "ann"), line)) == ids


def test_the_name_of_the_trait_is_searched_too(ann: Path) -> None:
    name = desk.trait_names()[FACE]
    assert ids_found(load_index(ann, "ann"), f'"{name[:30]}"') == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("id:ab", ["ab12", "ab34"]),
        ("id:ab1,ef", ["ab12", "ef"]),
        ("id:ef", ["ef"]),
        ("id:xyz", []),
        ("like:ab1", ["ab12", "ab34"]),
        ("like:ef", ["ef", "ef56"]),
    ],
)
def test_the_beginning_of_an_id_will_do(line: str, ids: list[str], data_dir: Path) -> None:
    texts = {"ab12": "A kayak.", "ab34": "A kayak.", "ef": "The salt.", "ef56": "The salt."}
    pairs = [a_pair(pair_id, text, "") for pair_id, text in texts.items()]
    assert ids_found(stored(data_dir, pairs), line) == ids


def test_the_beginning_of_several_ids_is_like_none_of_them(data_dir: Path) -> None:
    index = stored(data_dir, [a_pair("ab12", "A kayak."), a_pair("ab34", "A kayak.")])
    with pytest.raises(BadInput, match="like:ab could be ab12, ab34"):
        ids_found(index, "like:ab")


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("schwartz.fase", "Did you mean trait:schwartz.face or "),
        ("literary_fcition", "Did you mean trait:interests.literary_fiction"),
        ("Altruizm", "trait:ocean.agreeableness.altruism"),
        ("qqqq", "Of its name or the beginning of its id"),
    ],
)
def test_a_trait_that_nobody_knows_is_told_with_those_called_much_the_same(
    said: str, hint: str, ann: Path
) -> None:
    index = load_index(ann, "ann")
    with pytest.raises(BadInput, match=f"There is no trait '{said}'") as raised:
        ids_found(index, f"trait:{said}")
    assert hint in raised.value.hint
    with pytest.raises(BadInput, match="There is no trait"):
        ids_found(index, f"trait:schwartz,{said}")


@pytest.mark.parametrize("line", ["lamp", "lamp 29", '"a lamp of 2"', "a", "zq", "É", "/lamp/ 77"])
def test_a_filter_finds_the_same_before_and_after_the_letters_are_taken_in(
    line: str, data_dir: Path
) -> None:
    index = stored(data_dir, [*many(3000), a_pair("e", "Été zqz")])
    before = ids_found(index, line)
    index.letters.grow(60)
    assert ids_found(index, line) == before != []


def test_a_changed_text_is_found_by_its_new_letters(ann: Path) -> None:
    index = load_index(ann, "ann")
    index.letters.grow(60)
    desk.edit_pair(ann, "c", chosen="Nothing but quartz.")
    refreshed(ann, index)
    assert ids_found(index, "quartz") == ["c"]


def test_the_first_page_comes_before_all_is_searched_and_the_rest_after(data_dir: Path) -> None:
    index = stored(data_dir, many(3000))
    search = Search(index, parse_query("lamp"))
    first = search.take(20)
    assert 20 <= len(first) < 200
    assert not search.is_over
    rest = search.take()
    assert [*first, *rest] == list(range(2, 3000, 3))
    assert search.is_over


def test_a_search_that_has_found_nothing_in_time_can_be_carried_on(data_dir: Path) -> None:
    search = Search(stored(data_dir, many(3000)), parse_query("/of 2999/"))
    assert len(search.take(20, within_s=0)) == 0
    assert not search.is_over
    assert search.take(20, within_s=60).tolist() == [2999]
    assert search.is_over


def test_a_slow_expression_ends_the_search_soon(data_dir: Path) -> None:
    """Each text takes the limit of one, a fifth of a second; all of them would take ten minutes."""
    index = stored(data_dir, [a_pair(f"{n}", "a" * 3000 + "!") for n in range(3000)])
    began = time.monotonic()
    with pytest.raises(BadInput, match="takes too long"):
        ids_found(index, "/(a|aa)+$/ /x/")
    assert time.monotonic() - began < 10


def test_a_narrower_search_goes_on_from_what_wasids_found(data_dir: Path) -> None:
    index = stored(data_dir, many(3000))
    before = found(index, parse_query("lamp"))
    narrowed = Search(index, parse_query("lamp 299"), within=before).take()
    assert narrowed.tolist() == found(index, parse_query("lamp 299")).tolist() != []


def test_a_stopped_search_ends(data_dir: Path) -> None:
    search = Search(stored(data_dir, many(3000)), parse_query("lamp"))
    search.stopped = True
    assert len(search.take()) == 0


def test_similar_ranks_by_the_rare_words_that_are_shared(ann: Path) -> None:
    likest = similar(load_index(ann, "ann"), "a")
    assert [one.pair_id for one in likest] == ["b"]
    assert set(likest[0].shared) == {"kayak", "mends"}
    assert 0 < likest[0].likeness < 1
    with pytest.raises(BadInput, match="No pair 'bo'"):
        similar(load_index(ann, "ann"), "bo")


def test_similar_sees_a_text_that_was_changed(ann: Path) -> None:
    index = load_index(ann, "ann")
    similar(index, "a")
    desk.edit_pair(ann, "c", chosen="She mends another kayak by the lighthouse.")
    refreshed(ann, index)
    assert [one.pair_id for one in similar(index, "a")] == ["c", "b"]


def test_an_empty_reader_has_an_index_too(data_dir: Path) -> None:
    index = stored(data_dir, ())
    assert (ids_found(index, ""), ids_found(index, "x"), index.counts().pairs) == ([], [], 0)
