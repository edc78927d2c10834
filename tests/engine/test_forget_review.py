"""Forgetting one review: its words go from every file, and what still carries it is named."""

import fcntl
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk, editing, jobs, runs, workbench
from engine.domain import Book, Profile, Reader, Run, RunKind
from engine.frameworks import all_statements
from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.record import finding_as_json, profile_as_json, record_profile
from engine.store import cards as card_rows
from engine.store import forgotten as forgotten_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import runs as run_rows
from engine.store.database import change, opened
from engine.train.config import config_for
from engine.training_input import training_input
from models.errors import BadInput, JobFailed
from models.events import Finished, to_line
from tests.engine.conftest import WHEN, a_profile, a_review, fill, known, read
from tests.voting import described, keep

STATEMENT, OTHER = "schwartz.face.1", "schwartz.hedonism.1"
MARKER = "Valparaiso"
TEXTS = (
    f"I guard my good name in {MARKER} before all else, and nobody has ever shaken that.",
    "Pleasure first, that is how I live, and I sleep well.",
    "Pleasure first, I said it before and I say it again.",
)
FOUND = ((STATEMENT, 0, 1.0), (OTHER, 1, 1.0), (OTHER, 2, 1.0))


def a_run(data_dir: Path, run_id: str, kind: RunKind, **settings: object) -> Path:
    """The directory of a run of ann's that has ended."""
    directory = jobs.prepare(runs.run_dir(data_dir, run_id).path, kind, settings)
    with opened(data_dir) as db:
        run_rows.add(db, Run(run_id, kind, "ann", f"{kind} for ann", WHEN))
    return directory.path


def trained(data_dir: Path, run_id: str) -> None:
    """A training run on the pairs and the card that ann has now, and an export of it."""
    _, files = training_input(data_dir, ["ann"], config_for("quick", "embedded", {}))
    path = a_run(data_dir, run_id, "train", reader_ids=["ann"])
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    a_run(data_dir, f"export-of-{run_id}", "export", reader_ids=["ann"], train_run_id=run_id)


def files_with(data_dir: Path, word: str) -> list[str]:
    return [
        str(path.relative_to(data_dir))
        for path in data_dir.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    ]


def known_in(profile: Profile | None) -> set[str]:
    assert profile is not None
    return {trait.id for trait in profile.traits if trait.is_known}


def test_no_byte_under_the_data_directory_holds_a_word_of_it(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    profile_run = a_run(data_dir, "profile-1", "profile", reader="ann")
    (profile_run / "reviews.jsonl").write_text(TEXTS[0], encoding="utf-8")
    told = profile_as_json(desk.built_profile(data_dir, "ann"))
    (profile_run / "events.jsonl").write_text(to_line(Finished(told)), encoding="utf-8")
    with opened(data_dir) as db:
        judgement = ("r0", "some-model", "1", json.dumps(TEXTS[0]), 0, 0, 1, 1)
        db.execute("insert into judgement values (?, ?, ?, ?, ?, ?, ?, ?)", judgement)
        db.execute("commit") if db.conn.in_transaction else None
    assert files_with(data_dir, MARKER)
    editing.forget_review(data_dir, "ann", "r0")
    assert files_with(data_dir, MARKER) == []
    assert desk.undo(data_dir) is None


def test_the_profile_is_what_the_other_reviews_tell_and_the_override_stays(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    before = desk.built_profile(data_dir, "ann")
    editing.set_trait(data_dir, "ann", STATEMENT, -0.4, "met her")
    editing.mark_unknown(data_dir, "ann", "schwartz.face")
    forgotten = editing.forget_review(data_dir, "ann", "r0")
    after = desk.built_profile(data_dir, "ann")
    statement, other = after.trait(STATEMENT), after.trait(OTHER)
    assert statement is not None
    assert (statement.status, statement.evidence, statement.effective_score) == (
        "unknown",
        (),
        -0.4,
    )
    assert other == before.trait(OTHER)
    assert forgotten.changed == ()
    assert (after.provider, after.built_at) == (before.provider, before.built_at)


def test_traits_that_changed_are_told_with_what_they_were(data_dir: Path) -> None:
    """One quote of stance 1 scores 1 / 1.5 = 0.67; without its only quote a trait is unknown."""
    read(data_dir, TEXTS, FOUND)
    changed = {one.id: one for one in editing.forget_review(data_dir, "ann", "r0").changed}
    assert set(changed) == {STATEMENT, "schwartz.face"}
    assert changed[STATEMENT].before.score == pytest.approx(1 / 1.5)
    assert changed[STATEMENT].after.status == "unknown"


def test_importing_the_file_again_does_not_bring_it_back(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    editing.forget_review(data_dir, "ann", "r0")
    with opened(data_dir) as db, change(db, "Import reviews"):
        added = reader_rows.save(
            db,
            [Reader("ann", "Ann", "jsonl")],
            [Book("b1", "The Long Boat")],
            [a_review("r0", text=TEXTS[0]), a_review("r9", text="A new one.")],
        )
    assert added == 1
    assert [review.id for review, _ in desk.reviews(data_dir, "ann")] == ["r1", "r2", "r9"]


def test_pairs_and_models_that_rest_on_it_are_named_and_left_alone(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    pairs = desk.pairs(data_dir, "ann")
    resting = [pair.id for pair in pairs if pair.trait_id == STATEMENT]
    workbench.act(data_dir, "swap", resting[:1])
    trained(data_dir, "train-1")
    forgotten = editing.forget_review(data_dir, "ann", "r0")
    assert set(forgotten.pairs) == set(resting)
    assert forgotten.edited_pairs == (resting[0],)
    assert {run.id for run in forgotten.runs} == {"train-1", "export-of-train-1"}
    assert len(desk.pairs(data_dir, "ann")) == len(pairs)
    assert len(runs.runs(data_dir)) == 2


def test_a_run_whose_pairs_and_card_do_not_rest_on_it_is_not_named(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    editing.mark_unknown(data_dir, "ann", STATEMENT)
    editing.mark_unknown(data_dir, "ann", "schwartz.face")
    desk.build_pairs(data_dir, "ann")
    trained(data_dir, "train-1")
    forgotten = editing.forget_review(data_dir, "ann", "r0")
    assert (forgotten.pairs, forgotten.runs) == ((), ())


def test_a_run_whose_directory_was_deleted_carries_nothing(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    trained(data_dir, "train-1")
    shutil.rmtree(data_dir / "runs")
    assert editing.forget_review(data_dir, "ann", "r0").runs == ()


def test_a_run_is_named_for_its_card_alone(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    pairs = desk.pairs(data_dir, "ann")
    workbench.act(data_dir, "drop", [pair.id for pair in pairs if pair.trait_id == STATEMENT])
    trained(data_dir, "train-1")
    forgotten = editing.forget_review(data_dir, "ann", "r0")
    assert forgotten.pairs == ()
    assert "train-1" in {run.id for run in forgotten.runs}


def test_words_of_it_in_the_editors_own_texts_are_named(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    desk.build_pairs(data_dir, "ann")
    pair = desk.pairs(data_dir, "ann")[-1]
    desk.edit_pair(data_dir, pair.id, chosen=f"As she says: “{TEXTS[0][:60]}”")
    editing.set_trait(data_dir, "ann", OTHER, 0.5, f"She wrote: {TEXTS[0]}")
    with opened(data_dir) as db, change(db, "Edit the card"):
        card_rows.save(db, profile_rows.built(db, "ann"), f"Says: {TEXTS[0].upper()}")
    quoting = replace(
        described("b1", "base", "Nothing of it."), reader_id="ann", edited_text=TEXTS[0][:60]
    )
    plain = replace(quoting, edited_text=None)
    keep(data_dir, quoting, plain, replace(plain, near=(all_statements()[STATEMENT].text,)))
    mentions = editing.forget_review(data_dir, "ann", "r0").mentions
    assert {(mention.kind, mention.id) for mention in mentions} == {
        ("card", "ann"),
        ("pair", pair.id),
        ("description", "1"),
        ("description", "3"),
        ("reason", OTHER),
    }
    assert {mention.book_id for mention in mentions} == {"", "b1"}


def test_a_profile_whose_findings_were_not_kept_loses_what_quotes_it(data_dir: Path) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.5)), reviews=[a_review(), a_review("r2")])
    editing.forget_review(data_dir, "ann", "r1")
    (trait,) = desk.built_profile(data_dir, "ann").traits
    assert (trait.status, trait.evidence) == ("unknown", ())
    assert "forgotten" in trait.note


def test_a_review_of_a_reader_without_a_profile_is_forgotten_too(data_dir: Path) -> None:
    fill(data_dir)
    assert editing.forget_review(data_dir, "ann", "r1").changed == ()
    assert desk.reviews(data_dir, "ann") == []


def test_a_review_that_is_not_there_is_refused_and_nothing_is_lost(data_dir: Path) -> None:
    fill(data_dir)
    with pytest.raises(BadInput, match="no review 'r7'"):
        editing.forget_review(data_dir, "ann", "r7")
    assert desk.undo(data_dir) is not None


def test_a_profile_that_is_being_built_from_it_is_not_pulled_away(data_dir: Path) -> None:
    read(data_dir, TEXTS, FOUND)
    path = a_run(data_dir, "profile-1", "profile", reader="ann")
    with (path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="being built"):
            editing.forget_review(data_dir, "ann", "r0")
    assert len(desk.reviews(data_dir, "ann")) == 3


def test_a_profile_that_quotes_it_is_not_recorded_any_more(data_dir: Path) -> None:
    """A chat model that was reading while the review was forgotten brings it back otherwise."""
    read(data_dir, TEXTS, FOUND)
    quote = Finding(STATEMENT, "r0", Span(0, len(TEXTS[0]), TEXTS[0]), 1.0)
    late = {
        **profile_as_json(a_profile(known(OTHER, 0.5))),
        "traits": [],
        "findings": [finding_as_json(quote)],
    }
    editing.forget_review(data_dir, "ann", "r0")
    with pytest.raises(JobFailed, match="forgotten"):
        record_profile(data_dir, None, late)
    assert files_with(data_dir, MARKER) == []


def test_what_others_wrote_about_the_book_stays(data_dir: Path) -> None:
    fill(data_dir, reviews=[a_review("r1"), a_review("r2", "bo", "Bo liked it.")])
    editing.forget_review(data_dir, "ann", "r1")
    ((review, book),) = desk.reviews(data_dir, "bo")
    assert (review.id, book.title) == ("r2", "The Long Boat")
    editing.forget_review(data_dir, "bo", "r2")
    with opened(data_dir) as db:
        assert reader_rows.find_book(db, "b1") is None
        assert forgotten_rows.review_ids(db) == {"r1", "r2"}
