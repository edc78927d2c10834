"""`bank check` on the command line: one JSON document, and an exit code that holds CI to it."""

from pathlib import Path

from tests.studio.command_line import document


def test_bank_check_tells_every_measure(tmp_path: Path) -> None:
    told = document(tmp_path, "bank", "check")
    assert told["holds"] is True
    names = {measure["name"] for measure in told["measures"]}
    assert {"learnable.plain", "giveaway.meaning", "texts.nearness", "scenes.ratio"} <= names
