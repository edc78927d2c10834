"""Preference data: prompts, and the chosen and rejected answers to them."""

import json
from pathlib import Path

import pytest

from engine.sources.importing import ImportedPreferences, read_preferences


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
