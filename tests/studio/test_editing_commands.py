"""The commands that correct a profile, question it, forget a review, and begin one by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from tests.studio.command_line import command, document
from tests.studio.conftest import PAIRS

POWER, OPENNESS = "schwartz.power_resources", "ocean.openness"


def test_accept_set_unknown_and_unset_tell_whose_word_it_is(data_dir: Path) -> None:
    accepted = command(
        data_dir, "profile", "accept", "Ana Lima", OPENNESS, "--reason", "as I know her"
    )
    assert "+0.50" in accepted.stdout
    assert "(accepted by the editor: as I know her)" in accepted.stdout
    marked = command(data_dir, "profile", "unknown", "ana", OPENNESS)
    assert marked.stdout.startswith("unknown: ")
    assert "marked unknown by the editor" in marked.stdout
    told = document(data_dir, "profile", "set", "ana", OPENNESS, "-0.25")["trait"]
    assert (told["override"]["kind"], told["override"]["score"]) == ("set", -0.25)
    assert "override" not in document(data_dir, "profile", "unset", "ana", OPENNESS)["trait"]


def test_a_fact_takes_a_value(data_dir: Path) -> None:
    done = command(data_dir, "profile", "set", "ana", "demographics.age", "--value", "41")
    assert done.stdout.startswith("41: Age")
    refused = command(data_dir, "profile", "set", "ana", "demographics.age", "0.5")
    assert refused.exit_code == 2
    assert "--value" in refused.stderr


def test_what_the_editor_marked_unknown_is_listed_with_all(data_dir: Path) -> None:
    command(data_dir, "profile", "unknown", "ana", OPENNESS)
    assert OPENNESS + "]" not in command(data_dir, "profile", "show", "ana").stdout
    assert "marked unknown" in command(data_dir, "profile", "show", "ana", "--all").stdout


def test_carried_names_the_review_and_the_trait(data_dir: Path) -> None:
    assert (
        document(data_dir, "profile", "carried", "ana")["carried"]["hofstede.power_distance"]
        == "r3"
    )
    assert "r3: " in command(data_dir, "profile", "carried", "ana").stdout


def test_influence_lists_what_a_fact_would_be_without_each_review(data_dir: Path) -> None:
    told = document(data_dir, "profile", "influence", "ana", "demographics.age")
    assert told == {"reader": "ana", "trait": "demographics.age", "influence": []}
    told_so = command(data_dir, "profile", "influence", "ana", "demographics.age").stdout
    assert told_so == "No review bears on this trait.\n"


def test_a_review_is_forgotten_only_when_that_is_confirmed(data_dir: Path) -> None:
    declined = command(data_dir, "profile", "forget-review", "ana", "r3", stdin="n\n")
    assert declined.exit_code == 1
    assert len(desk.reviews(data_dir, "ana")) == 3
    told = document(data_dir, "profile", "forget-review", "ana", "r3", "--yes")
    assert [change["id"] for change in told["changed"]] == ["hofstede.power_distance"]
    assert told["changed"][0]["after"]["status"] == "unknown"
    assert [review.id for review, _ in desk.reviews(data_dir, "ana")] == ["r1", "r2"]


def test_forgetting_says_what_changed_and_what_to_do_about_the_pairs(data_dir: Path) -> None:
    """Pairs on what no statement asks rest on their trait itself."""
    with opened(data_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ana", [replace(pair, topic=f"mine.{pair.id}") for pair in PAIRS])
    told = command(data_dir, "profile", "forget-review", "ana", "r1", "--yes").stdout
    assert "Review r1 is forgotten, for good." in told
    assert f"[{POWER}] It rested on a review that was forgotten" in told
    assert "before -0.62" in told
    assert "3 pairs no longer follow from the profile" in told
    assert "pairs build ana" in told


def test_a_reader_by_hand_and_a_clone_are_listed_and_can_make_pairs(data_dir: Path) -> None:
    assert document(data_dir, "profile", "new", "Olu Ade")["id"] == "olu-ade"
    clone = document(data_dir, "profile", "clone", "ana", "Bea")
    assert clone["id"] == "bea"
    known = sum(trait.is_known for trait in desk.built_profile(data_dir, "ana").traits)
    assert clone["known"] == known
    assert {reader.id for reader in desk.readers(data_dir)} == {"ana", "bea", "jo", "olu-ade"}
    assert document(data_dir, "pairs", "build", "bea")["pairs"] > 0
    assert "Undone: Clone a reader" not in command(data_dir, "undo").stdout


def test_a_clone_differs_from_its_original_once_it_is_changed(data_dir: Path) -> None:
    command(data_dir, "profile", "clone", "ana", "Bea")
    same = command(data_dir, "profile", "compare", "ana", "bea")
    assert same.stdout == "Nothing tells these two apart.\n"
    command(data_dir, "profile", "set", "bea", OPENNESS, "-0.5")
    told = document(data_dir, "profile", "compare", "Ana Lima", "bea")["differences"]
    assert (told[0]["id"], told[0]["gap"]) == (OPENNESS, 1.0)
    assert (told[0]["a"]["score"], told[0]["b"]["score"]) == (0.5, -0.5)


def test_the_timeline_of_a_trait_is_in_order_and_its_text_cannot_steer_the_terminal(
    data_dir: Path,
) -> None:
    told = document(data_dir, "profile", "timeline", "ana", "--trait", POWER)["quotes"]
    assert [quote["review_id"] for quote in told] == ["r1", "r2"]
    assert "\x1b" not in command(data_dir, "profile", "timeline", "ana").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("accept", "ana", "ocean.charm"), "no trait 'ocean.charm'"),
        (("influence", "ana", POWER), "Build it again"),
        (("forget-review", "ana", "r9", "--yes"), "no review 'r9'"),
        (("clone", "ana", "Ana Lima"), "already"),
        (("compare", "ana", "jo"), "no profile yet"),
        (("new", " "), "needs a name"),
    ],
)
def test_bad_input_is_told_in_a_sentence_and_ends_with_2(
    data_dir: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = command(data_dir, "profile", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
