"""Blind rounds: what they are made of, what a voter sees, and what is kept."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.domain import Book, PreferencePair, Reader
from engine.store import pairs as pair_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened, rows
from engine.votes import making, rounds
from engine.votes.ballot import Choice, voter_name
from engine.votes.drawing import drawn
from engine.votes.rounds import Said
from engine.votes.verdict import Verdict, verdict_of
from models.errors import BadInput
from tests.voting import BOOKS, SECRETS, described, keep, with_texts

BOTH = ("base", "tuned")


@pytest.fixture
def voted_dir(data_dir: Path) -> Path:
    """A reader for whom two books were described by two models."""
    with opened(data_dir) as db, change(db, "Import"):
        reader_rows.add(db, Reader("ana", "Ana", "jsonl"))
        reader_rows.add(db, Reader("jo", "Jo", "jsonl"))
    with_texts(data_dir)
    return data_dir


def vote_for(data_dir: Path, round_id: str, voter: str, contestant: str) -> None:
    """Vote on every ballot for one contestant, as somebody who can see through paper."""
    with opened(data_dir) as db:
        sides = {
            str(row["code"]): "left" if row["left_side"] == contestant else "right"
            for row in rows(db, "select * from ballot where round_id = ?", round_id)
        }
    for code, side in sides.items():
        choice: Choice = "left" if side == "left" else "right"
        rounds.cast(data_dir, voter, Said(code, choice))


def verdict(data_dir: Path, round_id: str) -> Verdict:
    return verdict_of(rounds.reveal(data_dir, round_id))


def test_a_round_has_a_ballot_for_each_book_and_both_texts(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    assert (set(made.books), made.ballots, made.left_out) == ({"v1", "v2"}, 2, ())
    shown = rounds.ballots(voted_dir, made.id, "eva")
    assert [one.number for one in shown] == [1, 2]
    texts = {text for one in shown for text in (one.left, one.right)}
    assert "Salt [and] Stone as told by voice 2, at length." in texts
    assert len(texts) == 4


def test_three_contestants_meet_in_pairs(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", ("original", *BOTH))
    assert made.ballots == 6
    assert len({one.code for one in rounds.ballots(voted_dir, made.id, "eva")}) == 6


def test_nothing_a_voter_sees_names_a_model_a_pane_or_a_file(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", ("original", *BOTH))
    shown = rounds.ballots(voted_dir, made.id, "eva")
    rounds.cast(voted_dir, "eva", Said(shown[0].code, "left", ("fits",)))
    seen = [
        *(one.as_json() for one in rounds.ballots(voted_dir, made.id, "eva")),
        *(line.as_json() for line in rounds.rounds(voted_dir, "ana")),
    ]
    assert not [secret for secret in SECRETS if secret in repr(seen)]


def test_each_contestant_is_on_the_left_as_often_as_on_the_right() -> None:
    books = [f"b{n}" for n in range(20)]
    for seed in range(5):
        seats = drawn(books, ("a", "b", "c"), seed)
        left = Counter((seat.left, seat.right) for seat in seats)
        assert len(seats) == 60
        assert set(left.values()) == {10}
        assert [seat.book_id for seat in seats] != sorted(seat.book_id for seat in seats)


def test_which_side_has_one_more_is_drawn() -> None:
    lefts = {drawn(["one"], ("a", "b"), seed)[0].left for seed in range(20)}
    assert lefts == {"a", "b"}


def test_a_seed_draws_the_same_round_again(voted_dir: Path) -> None:
    assert drawn(["x", "y", "z"], BOTH, 7) == drawn(["x", "y", "z"], BOTH, 7)


def test_the_verdict_counts_for_the_contestant_whatever_its_side(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    vote_for(voted_dir, made.id, "eva", "tuned")
    vote_for(voted_dir, made.id, "ben", "tuned")
    (pair,) = verdict(voted_dir, made.id).pairs
    assert (pair.a, pair.b) == BOTH
    assert (pair.overall.wins, pair.overall.losses) == (0, 4)
    assert pair.by_genre.keys() == {"Travel", "Fantasy"}
    assert {kind: rate.losses for kind, rate in pair.by_kind.items()} == {
        "fiction": 2,
        "non-fiction": 2,
    }
    assert pair.by_voter.keys() == {"eva", "ben"}


def test_preference_gain_and_first_places(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", ("original", *BOTH))
    vote_for(voted_dir, made.id, "eva", "tuned")
    found = verdict(voted_dir, made.id)
    gains = {name: rate.share for name, rate in found.preference_gain().items()}
    # Base against original was voted right on both books, whoever stood there.
    assert gains["tuned"] == 1.0
    assert found.top_1["tuned"].share == 1.0
    assert found.top_1["tuned"].rankings == 2
    assert found.top_1["original"].share == 0.0


def test_a_ranking_counts_only_where_all_ballots_of_the_book_were_voted_on(
    voted_dir: Path,
) -> None:
    made = making.make_round(voted_dir, "ana", ("original", *BOTH))
    first = rounds.ballots(voted_dir, made.id, "eva")[0]
    rounds.cast(voted_dir, "eva", Said(first.code, "tie"))
    assert verdict_of(rounds.reveal(voted_dir, made.id, early=True)).top_1 == {}


def test_a_vote_can_be_changed_and_taken_back_until_the_reveal(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    code = rounds.ballots(voted_dir, made.id, "eva")[0].code
    rounds.cast(voted_dir, "eva", Said(code, "left"))
    again = rounds.cast(voted_dir, "eva", Said(code, "both_bad", ("generic",)))
    assert again.vote is not None
    assert (again.vote.choice, again.vote.tags) == ("both_bad", ("generic",))
    rounds.take_back(voted_dir, "eva", code)
    assert rounds.ballots(voted_dir, made.id, "eva")[0].vote is None


def test_nobody_votes_after_the_reveal(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    vote_for(voted_dir, made.id, "eva", "base")
    rounds.reveal(voted_dir, made.id)
    code = rounds.ballots(voted_dir, made.id, "eva")[0].code
    with pytest.raises(BadInput, match="would not be blind"):
        rounds.cast(voted_dir, "ben", Said(code, "left"))
    with pytest.raises(BadInput, match="would not be blind"):
        rounds.take_back(voted_dir, "eva", code)


def test_a_reveal_waits_for_whoever_has_begun(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    with pytest.raises(BadInput, match="nobody has voted"):
        rounds.reveal(voted_dir, made.id)
    code = rounds.ballots(voted_dir, made.id, "eva")[0].code
    rounds.cast(voted_dir, "eva", Said(code, "left"))
    with pytest.raises(BadInput, match="eva 1 of 2"):
        rounds.reveal(voted_dir, made.id)
    assert rounds.reveal(voted_dir, made.id, early=True).revealed_at is not None


def test_undo_takes_a_vote_back_and_never_a_reveal(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    vote_for(voted_dir, made.id, "eva", "base")
    rounds.reveal(voted_dir, made.id)
    undone = desk.undo(voted_dir)
    assert undone is not None
    assert undone.title == "Vote on two texts"
    whole = rounds.revealed(voted_dir, made.id)
    assert len(whole.votes) == 1
    desk.undo(voted_dir)
    desk.undo(voted_dir)
    assert rounds.rounds(voted_dir, "ana") == []
    for _ in range(3):
        desk.redo(voted_dir)
    assert rounds.revealed(voted_dir, made.id).texts == whole.texts
    assert len(rounds.revealed(voted_dir, made.id).votes) == 2


def test_forgetting_the_reader_deletes_rounds_texts_and_votes(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    vote_for(voted_dir, made.id, "eva", "base")
    desk.forget(voted_dir, "ana")
    with opened(voted_dir) as db:
        for table in ("vote_round", "vote_text", "ballot", "vote"):
            assert not rows(db, f"select * from {table}")


def test_forgetting_whose_card_it_was_deletes_the_texts_written_from_it(voted_dir: Path) -> None:
    other = replace(described("v1", "control", "Told for somebody else."), card_of="jo")
    keep(voted_dir, other)
    made = making.make_round(voted_dir, "ana", ("tuned", "control"))
    assert made.ballots == 1
    desk.forget(voted_dir, "jo")
    assert rounds.ballots(voted_dir, made.id, "eva") == ()


def test_a_later_edit_of_a_description_changes_no_ballot(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    before = rounds.ballots(voted_dir, made.id, "eva")
    with opened(voted_dir) as db, change(db, "Edit"):
        db.execute("update descriptions set text = 'Another text altogether.'")
    assert rounds.ballots(voted_dir, made.id, "eva") == before


def test_of_a_pane_whose_model_changed_only_the_newest_models_texts_count(
    voted_dir: Path,
) -> None:
    keep(voted_dir, described("v1", "tuned", "By the newer weights.", sha256="dddd4444"))
    made = making.make_round(voted_dir, "ana", BOTH)
    assert made.books == ("v1",)
    assert [one.book_id for one in made.left_out] == ["v2"]


def test_a_text_that_was_stopped_is_not_voted_on(voted_dir: Path) -> None:
    keep(voted_dir, replace(described("v1", "tuned", "Half a"), stopped="asked"))
    made = making.make_round(voted_dir, "ana", BOTH)
    shown = rounds.ballots(voted_dir, made.id, "eva")
    assert "Half a" not in {text for one in shown for text in (one.left, one.right)}


def test_two_texts_that_are_the_same_make_no_ballot(voted_dir: Path) -> None:
    keep(voted_dir, described("v1", "tuned", " Salt [and] Stone as told by  voice 1, at length."))
    made = making.make_round(voted_dir, "ana", BOTH)
    assert made.books == ("v2",)
    assert made.left_out[0].reason == "Two of its texts are the same."


def test_a_book_whose_voted_texts_are_trained_on_is_left_out(voted_dir: Path) -> None:
    pair = PreferencePair(
        "x1", "ana", "descriptions", "", "book.v1", "Q", "A", "B", "vote.ABC234", made="votes"
    )
    with opened(voted_dir) as db, change(db, "Votes to pairs"):
        pair_rows.save(db, "ana", [pair])
    made = making.make_round(voted_dir, "ana", BOTH)
    assert made.books == ("v2",)
    assert "trained on" in made.left_out[0].reason


@pytest.mark.parametrize(
    ("contestants", "books", "told"),
    [
        (("base",), (), "two contestants or more"),
        (("base", "base"), (), "two contestants or more"),
        (("base", "ghost"), (), "no text by 'ghost'"),
        (BOTH, ("nowhere",), "no book to vote on"),
    ],
)
def test_what_makes_no_round_is_told(
    voted_dir: Path, contestants: tuple[str, ...], books: tuple[str, ...], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        making.make_round(voted_dir, "ana", contestants, books)
    assert rounds.rounds(voted_dir, "ana") == []


def test_what_is_on_offer_names_the_models(voted_dir: Path) -> None:
    found = making.offered(voted_dir, "ana")
    assert [one.contestant.id for one in found] == ["tuned", "base", "original"]
    assert found[0].contestant.told == "tuned (ana-q4.gguf bbbb2222)"
    assert set(found[2].books) == {book.id for book in BOOKS}


def test_a_book_of_the_bank_says_for_itself_whether_it_is_fiction(voted_dir: Path) -> None:
    from engine.bank import books

    book = next(one for one in books() if one.use == "preview")
    keep(
        voted_dir,
        described(book.id, "base", "One way to tell it."),
        described(book.id, "tuned", "Another way to tell it."),
    )
    made = making.make_round(voted_dir, "ana", BOTH, [book.id])
    (seat,) = rounds.reveal(voted_dir, made.id, early=True).seats
    assert seat.fiction is book.fiction
    assert seat.title == book.title


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "ana\x1b[31m"])
def test_a_vote_takes_a_name(voted_dir: Path, name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        voter_name(name)


def test_an_unknown_ballot_or_reason_is_refused(voted_dir: Path) -> None:
    made = making.make_round(voted_dir, "ana", BOTH)
    code = rounds.ballots(voted_dir, made.id, "eva")[0].code
    with pytest.raises(BadInput, match="no ballot 'NOSUCH'"):
        rounds.cast(voted_dir, "eva", Said("NOSUCH", "left"))
    with pytest.raises(BadInput, match="'pretty' is no reason"):
        rounds.cast(voted_dir, "eva", Said(code, "left", ("pretty",)))


def test_a_book_without_a_genre_is_neither_fiction_nor_not(voted_dir: Path) -> None:
    with opened(voted_dir) as db, change(db, "Import books"):
        reader_rows.save_books(db, [Book("v3", "Untold", description="Nobody knows.")])
    keep(voted_dir, described("v3", "base", "One."), described("v3", "tuned", "Two."))
    made = making.make_round(voted_dir, "ana", BOTH, ["v3"])
    vote_for(voted_dir, made.id, "eva", "base")
    (pair,) = verdict(voted_dir, made.id).pairs
    assert pair.overall.wins == 1
    assert (pair.by_genre, pair.by_kind) == ({}, {})
