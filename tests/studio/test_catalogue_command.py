"""The commands `catalogue …`: what they take, what they print, what they refuse."""

from pathlib import Path

import pytest

from tests.studio.catalogue_data import CSV, TEXTS, catalogue_of
from tests.studio.command_line import command, document


def test_a_row_is_shown_accepted_edited_skipped_and_handed_out(
    data_dir: Path, tmp_path: Path
) -> None:
    catalogue_id = catalogue_of(data_dir)
    told = document(data_dir, "catalogue", "review", catalogue_id)
    assert [(row["row"], row["flags"] > 0) for row in told["listed"]] == [(2, True), (3, False)]
    assert told["counts"] == {
        "accepted": 1,
        "waiting": 2,
        "to_write": 2,
        "skipped": 0,
        "same": 0,
        "trouble": 1,
    }
    shown = document(data_dir, "catalogue", "show", catalogue_id, "2")
    assert shown["text"] == TEXTS[1]
    assert shown["original"] == "A farm in winter and the woman who stays on it."
    assert {flag["kind"] for flag in shown["found"]} == {"length", "number", "mention"}
    assert document(data_dir, "catalogue", "accept", catalogue_id, "--unflagged") == {"changed": 1}
    words = tmp_path / "words.txt"
    words.write_text("A farm. A winter. A woman.\n", encoding="utf-8")
    document(data_dir, "catalogue", "edit", catalogue_id, "2", str(words))
    document(data_dir, "catalogue", "skip", catalogue_id, "3")
    out = tmp_path / "out.csv"
    done = document(data_dir, "catalogue", "out", catalogue_id, str(out))
    assert (done["new"], done["rows"]) == (2, 6)
    expected = CSV.replace("Two smiths share one forge in a town by the sea.", f'"{TEXTS[0]}"')
    expected = expected.replace(
        "A farm in winter and the woman who stays on it.", "A farm. A winter. A woman."
    )
    assert out.read_text(encoding="utf-8") == expected
    (line,) = document(data_dir, "catalogue", "list", "--reader", "ana")["catalogues"]
    assert (line["id"], line["name"], line["pane_id"]) == (catalogue_id, "spring.csv", "base")
    document(data_dir, "catalogue", "remove", catalogue_id)
    assert document(data_dir, "catalogue", "list") == {"catalogues": []}


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("write", "{file}"), "is to be described for whom, and by what?"),
        (("write", "{file}", "--reader", "ana", "--model", "nobody"), "has no pane 'nobody'"),
        (("write", "{file}", "--reader", "ana", "--model", "base", "--column", "x"), "no column"),
        (("write", "gone.csv"), "No catalogues begin with 'gone.csv'."),
        (("write", "gone.csv", "--reader", "ana", "--model", "base"), "no file gone.csv"),
        (("review", "ffff"), "No catalogues begin with 'ffff'."),
        (("accept", "{id}"), "Which rows?"),
        (("accept", "{id}", "5"), "Row 5 has no description yet."),
        (("show", "{id}", "4"), "Row 4 cannot be described."),
        (("show", "{id}", "77"), "has no row 77"),
        (("out", "{id}", "{file}"), "is there already"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    data_dir: Path, arguments: tuple[str, ...], refusal: str
) -> None:
    catalogue_id = catalogue_of(data_dir)
    file = data_dir / "spring.csv"
    given = [one.format(id=catalogue_id, file=file) for one in arguments]
    answer = command(data_dir, "catalogue", *given)
    assert answer.exit_code == 2
    assert refusal in answer.stderr
