"""Pairs in words for people."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.pairs.build import PairsReport
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.workbench import FieldChange
from studio.pair_words import built, field_told, writer
from tests.studio.conftest import PAIRS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.studio.conftest import OpenWindow

NAMES = {"schwartz.face.1": "Keeping face"}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("bank", "the bank"),
        ("bank: tiny.gguf", "tiny.gguf, for the bank"),
        ("embedded", "the embedded model"),
        ("endpoint:desk", "endpoint:desk"),
    ],
)
def test_who_wrote_a_text(made: str, told: str) -> None:
    assert writer(made) == told


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (("flagged", "no", "yes"), "flagged"),
        (("dropped", "yes", "no"), "taken back in"),
        (("made", "bank", "embedded"), "written by the embedded model, before that by the bank"),
        (("trait_id", "", "schwartz.face.1"), "trait: Keeping face, before none"),
        (("stance", "+0.00", "-0.62"), "score that decided the sides: -0.62, before +0.00"),
    ],
)
def test_what_a_change_did_in_plain_words(field: tuple[str, str, str], told: str) -> None:
    assert field_told(FieldChange(*field), NAMES) == told


def test_a_building_tells_what_was_made_kept_held_out_and_left_out() -> None:
    left_out = {"faint": 4, "unknown": 1200}
    report = PairsReport("ana", 9, 8, 2, 1, {"values": 9}, 3, left_out, 2)
    assert list(built(report)) == [
        "8 pairs made. 2 pairs of yours kept as they were.",
        "In use now: 9 (9 values).",
        "Held out of training: 3 of these. Dropped: 1.",
        "2 pairs rest on texts accepted into the bank.",
        "No pair from statements and questions: 1,200 unknown, 4 with a score below the threshold.",
    ]


async def test_an_imported_pair_says_that_the_file_decided(
    data_dir: "Path", open_window: "OpenWindow"
) -> None:
    imported = replace(PAIRS[0], trait_id="", origin="theirs.csv", made="imported")
    with opened(data_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ana", [imported])
    async with open_window(data_dir, "pairs") as window:
        assert window.text("#why") == (
            "Because of: no trait; whoever made the file chose the sides  (imported)  "
            "From: theirs.csv"
        )
