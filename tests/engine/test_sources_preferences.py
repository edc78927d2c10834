"""Preference data: prompts, and the chosen and rejected answers to them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.sources.dialogue import last_request
from engine.sources.importing import ImportedPreferences, read_preferences
from engine.sources.preferences import Keep
from models.errors import BadInput


def imported(path: Path, *rows: dict[str, object]) -> ImportedPreferences:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_preferences(path, None, None)


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ASKED = message("user", "Why?")
BECAUSE = message("assistant", "Because.")
SO = message("assistant", "So.")


def test_plain_trl_rows_are_kept_word_for_word(tmp_path: Path) -> None:
    read = imported(tmp_path / "set.jsonl", {"prompt": "Why? ", "chosen": " B", "rejected": "C\n"})
    assert (read.format, read.dataset) == ("trl", "set")
    (example,) = read.examples
    assert (example.prompt, example.chosen, example.rejected) == ("Why? ", " B", "C\n")
    assert example.dataset_id == "set"


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": [ASKED], "chosen": [BECAUSE], "rejected": [SO]},
        {"chosen": [ASKED, BECAUSE], "rejected": [ASKED, SO]},
        {"prompt": "Why?", "chosen": [ASKED, BECAUSE], "rejected": [ASKED, SO]},
        {"prompt": [ASKED], "chosen": [ASKED, BECAUSE], "rejected": [ASKED, SO]},
    ],
)
def test_conversational_trl_row_has_one_prompt_however_it_is_written(
    tmp_path: Path, row: dict[str, object]
) -> None:
    read = imported(tmp_path / "set.jsonl", row)
    assert read.format == "trl"
    (example,) = read.examples
    assert (example.prompt, example.chosen, example.rejected) == ("Why?", "Because.", "So.")


def test_longer_conversation_becomes_turns_in_the_prompt(tmp_path: Path) -> None:
    prompt = [message("system", "Be brief."), ASKED, SO, message("user", "And?")]
    read = imported(
        tmp_path / "set.jsonl",
        {"prompt": prompt, "chosen": [BECAUSE], "rejected": [message("assistant", "No.")]},
    )
    assert (
        read.examples[0].prompt
        == "System: Be brief.\n\nHuman: Why?\n\nAssistant: So.\n\nHuman: And?"
    )


def test_hh_rlhf_dialogues_are_split_at_the_last_answer(tmp_path: Path) -> None:
    first = "\n\nHuman: Why?\n\nAssistant:"
    longer = first + " So.\n\nHuman: And?\n\nAssistant:"
    read = imported(
        tmp_path / "hh.jsonl",
        {"chosen": first + " Because.", "rejected": first + " So."},
        {"chosen": longer + " Yes.", "rejected": longer + " No."},
    )
    assert read.format == "hh_rlhf"
    assert [(row.prompt, row.chosen, row.rejected) for row in read.examples] == [
        ("Why?", "Because.", "So."),
        ("Human: Why?\n\nAssistant: So.\n\nHuman: And?", "Yes.", "No."),
    ]
    assert [last_request(row.prompt) for row in read.examples] == ["Why?", "And?"]


def test_example_ids_tell_datasets_apart(tmp_path: Path) -> None:
    row: dict[str, object] = {"prompt": "a", "chosen": "b", "rejected": "c"}
    path = tmp_path / "set.jsonl"
    first = imported(path, row)
    again = read_preferences(path, "trl", "set")
    other = read_preferences(path, "trl", "other")
    assert first.examples == again.examples
    assert first.examples[0].id != other.examples[0].id


HH = "\n\nHuman: Why?\n\nAssistant: So."


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"chosen": HH, "rejected": HH}, "The chosen and the rejected answer are the same."),
        (
            {"chosen": HH, "rejected": HH.replace("Why", "When")},
            "The two dialogues part before their last Assistant turn.",
        ),
        (
            {"chosen": HH + "\n\nHuman: And?", "rejected": HH},
            "The chosen dialogue does not end with an Assistant turn.",
        ),
        ({"chosen": HH[:-4], "rejected": HH}, "The chosen text is empty."),
        ({"chosen": HH}, "The field 'rejected' is missing."),
    ],
)
def test_hh_rlhf_row_without_a_common_prompt_and_two_answers_is_skipped(
    tmp_path: Path, row: dict[str, object], reason: str
) -> None:
    read = imported(tmp_path / "hh.jsonl", {"chosen": HH, "rejected": HH + " No."}, row)
    assert len(read.examples) == 1
    assert [(skipped.line, skipped.reason) for skipped in read.skipped] == [(2, reason)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "a", "chosen": "b"}, "The field 'rejected' is missing."),
        ({"prompt": " ", "chosen": "b", "rejected": "c"}, "The prompt text is empty."),
        (
            {"prompt": [ASKED], "chosen": [BECAUSE], "rejected": "c"},
            "The field 'rejected' should be a list of messages but is 'c'.",
        ),
        (
            {"prompt": [ASKED], "chosen": [BECAUSE], "rejected": [SO, ASKED]},
            "Chosen and rejected do not each end in one assistant message of their own.",
        ),
        (
            {"prompt": [ASKED], "chosen": [BECAUSE], "rejected": [message("tool", "x")]},
            "The field 'rejected' has a message whose role should be system, user or assistant "
            "but is 'tool'.",
        ),
    ],
)
def test_trl_row_that_prefers_nothing_is_skipped(
    tmp_path: Path, row: dict[str, object], reason: str
) -> None:
    good: dict[str, object] = {"prompt": "a", "chosen": "b", "rejected": "c"}
    read = imported(tmp_path / "set.jsonl", good, row)
    assert len(read.examples) == 1
    assert [(skipped.line, skipped.reason) for skipped in read.skipped] == [(2, reason)]


def shp_row(**other: object) -> dict[str, object]:
    row: dict[str, object] = {
        "history": "Why?",
        "human_ref_A": "A says so.",
        "human_ref_B": "B says so.",
        "labels": 0,
        "score_A": 12,
        "score_B": 40,
    }
    return row | other


def test_shp_prefers_what_its_label_says_and_leaves_out_few_upvotes(tmp_path: Path) -> None:
    path = tmp_path / "shp.jsonl"
    read = imported(path, shp_row(), shp_row(score_A=9), shp_row(labels=1, history="Who?"))
    assert read.format == "shp"
    assert [(one.prompt, one.chosen) for one in read.examples] == [
        ("Why?", "B says so."),
        ("Who?", "A says so."),
    ]
    assert [(row.line, row.reason) for row in read.skipped] == [
        (2, "An answer has fewer than 10 upvotes.")
    ]
    assert len(read_preferences(path, keep=Keep(min_upvotes=0)).examples) == 2
    assert not read_preferences(path, keep=Keep(min_upvotes=9)).skipped


def safe_row(**other: object) -> dict[str, object]:
    row: dict[str, object] = {
        "prompt": "How?",
        "response_0": "So.",
        "response_1": "Thus.",
        "is_response_0_safe": True,
        "is_response_1_safe": True,
        "better_response_id": 1,
        "safer_response_id": 0,
    }
    return row | other


def test_beavertails_drops_a_harmful_rejected_answer(tmp_path: Path) -> None:
    path = tmp_path / "beaver.jsonl"
    read = imported(path, safe_row(), safe_row(prompt="Who?", is_response_0_safe=False))
    assert read.format == "beavertails"
    assert [(one.chosen, one.rejected) for one in read.examples] == [("Thus.", "So.")]
    assert read.skipped[0].reason == "The rejected answer is labelled harmful."
    assert len(read_preferences(path, keep=Keep(harmful=True)).examples) == 2


def answer(text: str, *ratings: str, overall: float = 5.0) -> dict[str, object]:
    aspects = dict(enumerate(ratings))
    return {
        "response": text,
        "overall_score": overall,
        "annotations": {str(name): {"Rating": rating} for name, rating in aspects.items()},
    }


def test_ultrafeedback_pairs_the_best_with_the_worst_by_the_mean_rating(tmp_path: Path) -> None:
    """Means 4, 4.5 and 1; the overall score of the last, 10, is the known slip of that edition."""
    answers = [answer("a", "3", "5"), answer("b", "5", "4"), answer("c", "1", "N/A", overall=10)]
    alike = [answer("a", "3"), answer("b", "3")]
    read = imported(
        tmp_path / "uf.jsonl",
        {"instruction": "Why?", "completions": answers},
        {"instruction": "Who?", "completions": alike},
    )
    assert read.format == "ultrafeedback"
    assert [(one.chosen, one.rejected) for one in read.examples] == [("b", "c")]
    assert read.skipped[0].reason == "All answers are rated alike."


def test_argillas_two_forms_are_read(tmp_path: Path) -> None:
    two: dict[str, object] = {
        "instruction": "Why?",
        "chosen_response": "a",
        "rejected_response": "b",
    }
    read = imported(tmp_path / "a.jsonl", two)
    assert (read.format, read.examples[0].chosen) == ("argilla", "a")
    listed: dict[str, object] = {
        "input": "Why?",
        "generations": ["a", "b", "c"],
        "rating": [2.0, None, 4.0],
    }
    read = imported(tmp_path / "b.jsonl", listed)
    assert read.format == "generations"
    assert (read.examples[0].chosen, read.examples[0].rejected) == ("c", "a")


def test_binarised_ultrafeedback_repeats_its_prompt_in_the_messages(tmp_path: Path) -> None:
    row = {"prompt": "Why?", "chosen": [ASKED, BECAUSE], "rejected": [ASKED, SO]}
    read = imported(tmp_path / "b.jsonl", row | {"score_chosen": 8.0, "score_rejected": 3.0})
    assert (read.examples[0].prompt, read.examples[0].chosen) == ("Why?", "Because.")


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"prompt": [ASKED], "chosen": [BECAUSE], "rejected": [SO]}, "trl"),
        ({"chosen": [ASKED, BECAUSE], "rejected": [ASKED, SO]}, "trl"),
        ({"chosen": f"{HH}\n\nHuman: And?\n\nAssistant: A", "rejected": HH}, "hh_rlhf"),
        (safe_row(), "beavertails"),
        (
            {"instruction": "Why?", "completions": [answer("a", "1"), answer("b", "2")]},
            "ultrafeedback",
        ),
    ],
)
def test_parquet_is_read_like_json_lines(tmp_path: Path, row: dict[str, object], name: str) -> None:
    """The second row of each file is good in any format, so that a bad first one is listed."""
    lines, columns = tmp_path / "set.jsonl", tmp_path / "set.parquet"
    good = {"chosen": HH, "rejected": HH + "!"} if name == "hh_rlhf" else row
    lines.write_text("".join(json.dumps(one) + "\n" for one in (row, good)))
    pq.write_table(pa.Table.from_pylist([row, good]), columns)
    from_lines, from_columns = read_preferences(lines), read_preferences(columns)
    assert from_columns.format == from_lines.format == name
    assert from_columns.examples == from_lines.examples
    assert from_columns.skipped == from_lines.skipped


def test_parquet_of_something_else_is_refused_with_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "set.parquet"
    pq.write_table(pa.Table.from_pylist([{"title": "a", "stars": 3}]), path)
    with pytest.raises(BadInput, match=r"no format known for preferences.*'title', 'stars'"):
        read_preferences(path)
