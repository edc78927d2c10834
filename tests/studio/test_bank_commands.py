"""The commands that extend the bank: what they tell, what they ask, and a kill in between."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.frameworks import all_dimensions, all_statements
from tests.bank_writer import SHOES, SHOP, SOUP, Writer, draft, writing
from tests.engine.test_bank_decisions import SCENE, keep
from tests.studio.command_line import command, document
from tests.studio.test_cli import process

FACE = "schwartz.face"


@pytest.fixture
def writer() -> Iterator[Writer]:
    with writing(Writer(all_dimensions()[FACE].high)) as writer:
        yield writer


def extend(writer: Writer, *more: str) -> list[str]:
    return ["bank", "extend", "statements", "--for", FACE, "--provider", writer.provider, *more]


def test_a_killed_call_keeps_what_was_done_and_the_same_call_goes_on(
    tmp_path: Path, writer: Writer
) -> None:
    """Killed at the second gate of the second statement: six controls, six for the first, three."""
    writer.drafts += map(draft, (SHOP, SHOES, SOUP))
    writer.waits_at = 6 + 6 + 2
    child = process(tmp_path, *extend(writer, "--count", "2", "--yes"))
    assert writer.is_waiting.wait(120), "it never came so far"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    before = document(tmp_path, "bank", "candidates", "--all")["candidates"]
    assert [one["entry"]["text"] for one in before] == [SHOP[0]]
    writer.waits_at = None
    writer.goes_on.set()
    result = document(tmp_path, *extend(writer, "--count", "2", "--yes"))
    assert (result["passed"], result["missing"]) == (1, 0)
    after = document(tmp_path, "bank", "candidates", "--all")["candidates"]
    assert after[0] == before[0]
    assert [one["entry"]["text"] for one in after] == [SHOP[0], SOUP[0]]


def test_what_is_accepted_says_whether_it_takes_part(tmp_path: Path) -> None:
    new = replace(all_statements()["schwartz.face.1"], id="schwartz.face.x1")
    keep(tmp_path, new, SCENE)
    assert "takes no part in pairs" in command(tmp_path, "bank", "accept", new.id).stdout
    told = command(tmp_path, "bank", "accept", SCENE.id).stdout
    assert "`persona-studio pairs build READER` uses it" in told
    assert "takes no part" not in told
    document(tmp_path, "bank", "reject", new.id)
    listed = document(tmp_path, "bank", "candidates", "--state", "accepted")["candidates"]
    assert [one["id"] for one in listed] == [SCENE.id]


def test_what_the_gates_refused_is_listed_with_the_reason(tmp_path: Path) -> None:
    keep(tmp_path, SCENE, refused="The aligned says \x1b[2J four words in a row.")
    for listing in (
        ["candidates", "--state", "refused"],
        ["extend", "scenes", "--for", SCENE.statement, "--rejected"],
    ):
        told = command(tmp_path, "bank", *listing).stdout
        assert SCENE.aligned in told
        assert "␛[2J four words" in told, "a reason is a model's words and steers no terminal"
    assert SCENE.id not in command(tmp_path, "bank", "candidates").stdout


def test_nothing_is_asked_before_a_yes(tmp_path: Path, writer: Writer) -> None:
    told = command(tmp_path, *extend(writer), stdin="n\n")
    assert told.exit_code == 1
    assert "Missing: 1 statement. 12 requests if each passes at once" in told.stderr
    assert document(tmp_path, *extend(writer, "--dry-run"))["calls"] == 12
    assert writer.asked == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["scenes", "--for", "schwartz.fase"], "No statement 'schwartz.fase'"),
        (["questions", "--grade", "plain"], "Only scenes have a grade"),
        (["scenes", "--count", "0"], "--count"),
        (["novels"], "novels"),
        (["scenes", "--provider", "nobody"], "'nobody' names no language model"),
    ],
)
def test_a_wrong_order_is_a_sentence_and_exit_code_2(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    done = command(tmp_path, "bank", "extend", *arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_the_list_of_an_empty_bank_is_empty(tmp_path: Path) -> None:
    assert document(tmp_path, "bank", "candidates") == {"candidates": []}
    assert "0 candidates" in command(tmp_path, "bank", "extend", "scenes", "--rejected").stdout


def test_a_word_on_what_is_not_there_is_refused(tmp_path: Path) -> None:
    done = command(tmp_path, "bank", "accept", "nothing")
    assert done.exit_code == 2
    assert "No candidate 'nothing' here" in done.stderr
