"""Votes and accepted edits as pairs of the next round, and what never becomes one."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.bank import books as bank_books
from engine.domain import Book, PreferencePair, Reader
from engine.pairs.split import shelves
from engine.prompts import description_request
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.train.config import TrainConfig
from engine.training_input import training_texts
from engine.votes import making, rounds
from engine.votes.next_round import pairs_of_votes
from engine.votes.rounds import Said
from tests.engine.conftest import a_profile
from tests.voting import BOOKS, MADE_AT, described, keep, with_texts

BOTH = ("base", "tuned")


@pytest.fixture
def voted_dir(data_dir: Path) -> Path:
    with opened(data_dir) as db, change(db, "Import"):
        reader_rows.add(db, Reader("ana", "Ana", "jsonl"))
    with_texts(data_dir)
    return data_dir


def voted(data_dir: Path, *book_ids: str, prefers: str = "voice 2") -> None:
    """A round of these books, voted on by one person and shown."""
    made = making.make_round(data_dir, "ana", BOTH, book_ids)
    for ballot in rounds.ballots(data_dir, made.id, "eva"):
        rounds.cast(
            data_dir, "eva", Said(ballot.code, "left" if prefers in ballot.left else "right")
        )
    rounds.reveal(data_dir, made.id)


def on_shelf(data_dir: Path, book: Book) -> None:
    with opened(data_dir) as db, change(db, "Import books"):
        reader_rows.save_books(db, [book])
    keep(data_dir, *(described(book.id, pane, f"By voice {n}.") for n, pane in enumerate(BOTH, 1)))


def test_a_vote_becomes_a_pair_that_says_where_it_came_from(voted_dir: Path) -> None:
    voted(voted_dir, "v1")
    made = pairs_of_votes(voted_dir, "ana")
    assert (made.added, made.by_votes, made.none) == (1, 1, ())
    (pair,) = desk.pairs(voted_dir, "ana")
    assert pair.chosen.endswith("voice 2, at length.")
    assert pair.rejected.endswith("voice 1, at length.")
    assert pair.prompt == description_request(BOOKS[0])
    assert pair.origin.startswith("vote.")
    assert (pair.track, pair.topic, pair.made, pair.held_out) == (
        "descriptions",
        "book.v1",
        "votes",
        False,
    )


def test_a_pair_carries_what_its_texts_were_written_with(voted_dir: Path) -> None:
    """Not what another reader would say; where only one of the two was told something, that."""
    book = Book("v3", "Tides", description="Mud and moon.")
    with opened(voted_dir) as db, change(db, "Import books"):
        reader_rows.save_books(db, [book])
    told = replace(described("v3", "base", "By voice 1."), near=("I like the sea.",))
    other = replace(described("v3", "tuned", "By voice 2."), near=("I hate the sea.",))
    with opened(voted_dir) as db, change(db, "Import"):
        reader_rows.add(db, Reader("bo", "Bo", "jsonl"))
    keep(voted_dir, told, replace(other, card_of="bo"))
    voted(voted_dir, "v1", "v3")
    pairs_of_votes(voted_dir, "ana")
    near = {pair.topic: pair.near for pair in desk.pairs(voted_dir, "ana")}
    assert near == {"book.v1": (), "book.v3": ("I like the sea.",)}


def test_training_tells_a_voted_pair_what_its_texts_were_written_with(voted_dir: Path) -> None:
    edited = replace(
        described("v1", "tuned", "The modle wrote this."),
        near=("I like the sea.",),
        edited_text="The editor wrote this.",
        accepted_at=MADE_AT,
    )
    keep(voted_dir, edited)
    pairs_of_votes(voted_dir, "ana")
    with opened(voted_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, replace(a_profile(), reader_id="ana"))
    (pair,) = desk.pairs(voted_dir, "ana")
    config = replace(TrainConfig(), companion_pairs=0)
    assert training_texts(voted_dir, ["ana"], config).near[pair.id] == ("I like the sea.",)


def test_the_same_votes_make_their_pairs_once_and_edits_of_these_stay(voted_dir: Path) -> None:
    voted(voted_dir, "v1")
    pairs_of_votes(voted_dir, "ana")
    (pair,) = desk.pairs(voted_dir, "ana")
    desk.edit_pair(voted_dir, pair.id, chosen="Mended by hand.")
    again = pairs_of_votes(voted_dir, "ana")
    assert (again.added, again.there) == (0, 1)
    assert desk.pairs(voted_dir, "ana")[0].chosen == "Mended by hand."


def test_one_undo_takes_them_all_away(voted_dir: Path) -> None:
    voted(voted_dir)
    assert pairs_of_votes(voted_dir, "ana").added == 2
    undone = desk.undo(voted_dir)
    assert undone is not None
    assert undone.title == "Make pairs of votes and edits"
    assert desk.pairs(voted_dir, "ana") == []


def test_a_round_that_is_still_blind_makes_none(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    for ballot in rounds.ballots(voted_dir, made.id, "eva"):
        rounds.cast(voted_dir, "eva", Said(ballot.code, "left"))
    assert pairs_of_votes(voted_dir, "ana").added == 0


def test_what_most_did_not_prefer_makes_none(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH, ["v1"])
    (ballot,) = rounds.ballots(voted_dir, made.id, "eva")
    rounds.cast(voted_dir, "eva", Said(ballot.code, "left"))
    rounds.cast(voted_dir, "ben", Said(ballot.code, "right"))
    rounds.reveal(voted_dir, made.id)
    found = pairs_of_votes(voted_dir, "ana")
    assert found.added == 0
    assert found.none[0].reason == "Most votes prefer neither text."


def test_an_accepted_edit_is_preferred_to_what_the_model_wrote(voted_dir: Path) -> None:
    mended = replace(
        described("v2", "tuned", "The modle wrote this."),
        edited_text="The editor wrote this.",
        accepted_at=MADE_AT,
    )
    keep(
        voted_dir,
        mended,
        replace(mended, accepted_at=None, edited_text="Not accepted."),
        replace(mended, edited_text="The  modle wrote this. "),
        replace(mended, edited_text=None),
    )
    made = pairs_of_votes(voted_dir, "ana")
    assert (made.added, made.by_edits) == (1, 1)
    assert [one.reason for one in made.none] == ["The edit changed nothing."]
    (pair,) = desk.pairs(voted_dir, "ana")
    assert (pair.chosen, pair.rejected) == ("The editor wrote this.", "The modle wrote this.")
    assert (pair.made, pair.origin.partition(".")[0]) == ("edit", "edit")


def test_no_book_kept_for_previews_is_trained_on(voted_dir: Path) -> None:
    book = next(one for one in bank_books() if one.use == "preview")
    keep(
        voted_dir,
        *(described(book.id, pane, f"By voice {n}.") for n, pane in enumerate(BOTH, 1)),
    )
    voted(voted_dir, book.id)
    made = pairs_of_votes(voted_dir, "ana")
    assert made.added == 0
    assert "kept for previews" in made.none[0].reason


def test_no_author_who_is_held_out_is_trained_on(voted_dir: Path) -> None:
    author = shelves()[1][0].author
    on_shelf(voted_dir, Book("v9", "Another of theirs", author, description="Facts."))
    voted(voted_dir, "v9")
    made = pairs_of_votes(voted_dir, "ana")
    assert made.added == 0
    assert made.none[0].reason == "Its author is held out."


@pytest.mark.parametrize(
    "held",
    [
        {"topic": "book.v1"},
        {"prompt": description_request(BOOKS[0])},
        {"chosen": "Salt [and] Stone as told by voice 1, at length."},
        {"rejected": "Salt [and] Stone as told by voice 2, at length."},
    ],
)
def test_nothing_that_a_held_out_pair_is_about_is_trained_on(
    voted_dir: Path, held: dict[str, str]
) -> None:
    told = {"topic": "book.other", "prompt": "Q", "chosen": "A", "rejected": "B", **held}
    pair = PreferencePair(
        id="h1",
        reader_id="ana",
        track="descriptions",
        trait_id="",
        topic=told["topic"],
        prompt=told["prompt"],
        chosen=told["chosen"],
        rejected=told["rejected"],
        origin="file",
        held_out=True,
        made="imported",
    )
    with opened(voted_dir) as db, change(db, "Load"):
        pair_rows.save(db, "ana", [pair])
    voted(voted_dir, "v1")
    made = pairs_of_votes(voted_dir, "ana")
    assert made.added == 0
    assert "held-out pair" in made.none[0].reason


def test_building_pairs_again_leaves_those_of_votes(voted_dir: Path) -> None:
    voted(voted_dir, "v1")
    pairs_of_votes(voted_dir, "ana")
    with opened(voted_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ana", [])
    assert [pair.made for pair in desk.pairs(voted_dir, "ana")] == ["votes"]


def test_a_book_that_is_trained_on_is_not_voted_on_again(voted_dir: Path) -> None:
    voted(voted_dir, "v1")
    pairs_of_votes(voted_dir, "ana")
    assert making.make_round(voted_dir, "ana", BOTH).books == ("v2",)
