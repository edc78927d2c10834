"""Personas written by the editor, and as files: ours and those that others published."""

import json
from pathlib import Path

import pytest

from engine import desk
from engine.personas import editing
from engine.personas.domain import Persona
from engine.personas.files import NO_PAIR, export_personas, load_personas
from engine.store import personas as persona_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.persona_rows import a_check, examples, fill_dataset, store_personas
from tests.persona_model import PLAIN, THOROUGH


def texts(data_dir: Path, dataset: str = "letters") -> list[dict[str, str]]:
    return [
        {side: one.text for side, one in entry.personas.items()}
        for entry in editing.entries(data_dir, dataset)
    ]


def persona(data_dir: Path, example_id: str) -> Persona:
    return editing.entry(data_dir, example_id).personas["chosen"]


def written(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_editors_word_is_kept_with_the_rule_it_breaks(data_dir: Path) -> None:
    store_personas(data_dir, 1)
    kept = editing.write_persona(data_dir, "l00", "chosen", " The user is brief\nand prefers yes. ")
    assert kept.persona.text == "The user is brief and prefers yes."
    assert "It has 7 words" in kept.remark
    assert (persona(data_dir, "l00").origin, persona(data_dir, "l00").state) == (
        "edited",
        "unchecked",
    )
    assert editing.write_persona(data_dir, "l00", "chosen", PLAIN).remark == ""


def test_the_same_words_again_are_no_change(data_dir: Path) -> None:
    store_personas(data_dir, 1)
    mark = desk.newest_change(data_dir)
    editing.write_persona(data_dir, "l00", "chosen", PLAIN)
    assert desk.newest_change(data_dir) == mark
    assert persona(data_dir, "l00").origin == "inferred"


@pytest.mark.parametrize(("text", "why"), [(" ", "cannot be empty"), ("a" * 1001, "no sentence")])
def test_an_unusable_sentence_is_refused(data_dir: Path, text: str, why: str) -> None:
    store_personas(data_dir, 1)
    with pytest.raises(BadInput, match=why):
        editing.write_persona(data_dir, "l00", "chosen", text)


def test_a_persona_that_is_not_there_cannot_be_taken_away(data_dir: Path) -> None:
    fill_dataset(data_dir, 1)
    with pytest.raises(BadInput, match="no persona of its rejected answer"):
        editing.remove_persona(data_dir, "l00", "rejected")


def test_what_is_exported_is_loaded_where_the_same_pairs_are(
    data_dir: Path, tmp_path: Path
) -> None:
    store_personas(data_dir, 2)
    path = tmp_path / "personas.jsonl"
    assert export_personas(data_dir, "letters", path, False, False) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    desk.undo(data_dir)
    assert texts(data_dir) == [{}, {}]
    report = load_personas(data_dir, path, "letters")
    assert (report.personas, report.skipped) == (4, ())
    assert texts(data_dir) == [{"chosen": PLAIN, "rejected": THOROUGH}] * 2
    assert persona(data_dir, "l00").origin == "imported"


def test_only_passed_personas_are_written_where_that_is_asked_for(
    data_dir: Path, tmp_path: Path
) -> None:
    store_personas(data_dir, 2)
    path = tmp_path / "personas.jsonl"
    with pytest.raises(BadInput, match="No persona of the dataset 'letters' passed its check"):
        export_personas(data_dir, "letters", path, True, False)
    with opened(data_dir) as db, change(db, "Check personas"):
        persona_rows.save_checks(db, {("l01", "rejected"): a_check(THOROUGH)})
    assert export_personas(data_dir, "letters", path, True, False) == 1
    (row,) = map(json.loads, path.read_text().splitlines())
    assert (row["example_id"], row["persona_rejected"]) == ("l01", THOROUGH)
    assert "persona_chosen" not in row


def test_published_personas_find_their_pair_by_its_prompt(data_dir: Path, tmp_path: Path) -> None:
    fill_dataset(data_dir, 2)
    path = written(
        tmp_path / "published.jsonl",
        {"prompt": f"Human: {examples()[1].prompt} ", "persona_chosen": PLAIN},
        {
            "prompt": examples()[0].prompt,
            "chosen_persona_gold": PLAIN,
            "chosen": "Another answer.",
            "rejected": "And another.",
        },
        {"prompt": "Never asked", "persona_rejected": THOROUGH},
        {"prompt": "No persona"},
    )
    report = load_personas(data_dir, path, "letters")
    assert texts(data_dir) == [{}, {"chosen": PLAIN}]
    assert [(row.line, row.reason) for row in report.skipped][:2] == [(2, NO_PAIR), (3, NO_PAIR)]
    assert report.skipped[2].line == 4


def test_rows_with_answers_of_their_own_become_pairs(data_dir: Path, tmp_path: Path) -> None:
    path = written(
        tmp_path / "published.jsonl",
        {
            "prompt": "Human: Why?",
            "persona_chosen": PLAIN,
            "persona_rejected": THOROUGH,
            "dpo_response_to_chosen_persona": " Because.<|end_of_text|> rest",
            "dpo_response_to_rejected_persona": " There are three reasons.<|end_of_text|>",
        },
    )
    report = load_personas(data_dir, path, "published", with_pairs=True)
    assert (report.pairs_added, report.personas) == (1, 2)
    (entry,) = editing.entries(data_dir, "published")
    assert (entry.example.prompt, entry.example.chosen) == ("Why?", "Because.")
    desk.undo(data_dir)
    assert desk.datasets(data_dir) == {}


def test_a_row_that_makes_no_pair_is_listed_once(data_dir: Path, tmp_path: Path) -> None:
    row: dict[str, object] = {"prompt": "Why?", "persona_chosen": PLAIN}
    path = written(
        tmp_path / "p.jsonl",
        row | {"chosen": "Because.", "rejected": "So."},
        row | {"prompt": "Who?", "chosen": "Same.", "rejected": "Same."},
    )
    report = load_personas(data_dir, path, "published", with_pairs=True)
    assert [(one.line, one.reason) for one in report.skipped] == [
        (2, "The chosen and the rejected answer are the same.")
    ]


def test_loading_leaves_what_the_editor_wrote(data_dir: Path, tmp_path: Path) -> None:
    store_personas(data_dir, 1)
    editing.write_persona(data_dir, "l00", "chosen", THOROUGH)
    row: dict[str, object] = {
        "prompt": examples()[0].prompt,
        "persona_chosen": PLAIN,
        "persona_rejected": THOROUGH,
    }
    report = load_personas(data_dir, written(tmp_path / "p.jsonl", row), "letters")
    assert (report.personas, report.unchanged, report.edited_kept) == (0, 1, 1)
    assert persona(data_dir, "l00").text == THOROUGH


def test_of_two_rows_for_one_pair_the_first_counts_and_the_other_is_listed(
    data_dir: Path, tmp_path: Path
) -> None:
    """The third line has a new side, which is taken, and the fourth says the same again."""
    fill_dataset(data_dir, 2)
    first, second = (one.prompt for one in examples(2))
    path = written(
        tmp_path / "p.jsonl",
        {"prompt": first, "persona_chosen": PLAIN, "persona_rejected": THOROUGH},
        {"prompt": second, "persona_chosen": PLAIN},
        {"prompt": second, "persona_chosen": THOROUGH, "persona_rejected": THOROUGH},
        {"prompt": first, "persona_chosen": PLAIN},
        {"prompt": first, "persona_chosen": THOROUGH, "persona_rejected": PLAIN},
    )
    report = load_personas(data_dir, path, "letters")
    assert texts(data_dir) == [{"chosen": PLAIN, "rejected": THOROUGH}] * 2
    assert report.personas == 4
    assert [(one.line, one.reason) for one in report.skipped] == [
        (
            3,
            "Its chosen persona is left out: an earlier row of this pair says something else.",
        ),
        (
            5,
            "Its chosen and rejected personas are left out: an earlier row of this pair says "
            "something else.",
        ),
    ]


def test_a_file_that_fits_nothing_stores_nothing(data_dir: Path, tmp_path: Path) -> None:
    fill_dataset(data_dir, 1)
    path = written(tmp_path / "p.jsonl", {"prompt": "Never asked", "persona_chosen": PLAIN})
    with pytest.raises(BadInput, match="No row of the file fits a pair of the dataset 'letters'"):
        load_personas(data_dir, path, "letters")
    assert texts(data_dir) == [{}]


@pytest.mark.parametrize(
    ("text", "why"),
    [("\x01\x02", "It has no persona"), ("a" * 1001, "over 1,000 characters")],
)
def test_a_row_whose_persona_is_no_sentence_is_listed(
    data_dir: Path, tmp_path: Path, text: str, why: str
) -> None:
    fill_dataset(data_dir, 2)
    first, second = (one.prompt for one in examples(2))
    path = written(
        tmp_path / "p.jsonl",
        {"prompt": first, "persona_chosen": text},
        {"prompt": second, "persona_chosen": PLAIN},
    )
    report = load_personas(data_dir, path, "letters")
    assert texts(data_dir) == [{}, {"chosen": PLAIN}]
    (skipped,) = report.skipped
    assert (skipped.line, why in skipped.reason) == (1, True)
