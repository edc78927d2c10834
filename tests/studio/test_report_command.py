"""The editor's sheet: what stands on it, and that nothing in it is read as anything but text."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.domain import Book
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.votes import making, rounds
from engine.votes.rounds import Said
from tests.studio.command_line import command, document
from tests.studio.conftest import HOSTILE, REVIEW_1
from tests.voting import MADE_AT, described, keep, with_texts

ATTACK = '"><script src="http://evil.example/x.js"></script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture
def sheet_dir(data_dir: Path) -> Path:
    with_texts(data_dir)
    return data_dir


def voted(data_dir: Path, prefers: str) -> str:
    made = making.make_round(data_dir, "ana", ("base", "tuned"), ["v1"])
    (ballot,) = rounds.ballots(data_dir, made.id, "eva")
    rounds.cast(data_dir, "eva", Said(ballot.code, "left" if prefers in ballot.left else "right"))
    rounds.reveal(data_dir, made.id)
    return made.id


def test_the_sheet_has_both_texts_the_quotes_the_vote_and_the_hashes(sheet_dir: Path) -> None:
    round_id = voted(sheet_dir, "voice 1")
    told = document(sheet_dir, "report", "ana", "--book", "v1")
    assert told["chosen"].endswith("voice 1, at length.")
    assert told["chosen_because"] == f"preferred in the blind round {round_id}"
    assert told["original"] == "A quarry town."
    (power,) = [one for one in told["reasons"] if one["trait_id"] == "schwartz.power_resources"]
    assert {one["quote"] for one in power["quotes"]} == {
        "thinks he bought their souls",
        "lunch with the poor dad any Sunday!",
    }
    assert power["quotes"][0]["book"] == "The House of the Spirits"
    assert dict(told["made_by"])["model (sha256)"] == "aaaa1111"
    assert len(dict(told["made_by"])["profile card (sha256)"]) == 64
    (blind,) = told["blind"]
    assert (blind["round_id"], blind["voters"]) == (round_id, 1)


def test_what_the_editor_accepted_goes_before_votes(sheet_dir: Path) -> None:
    accepted = described("v1", "tuned", "By the model.")
    keep(sheet_dir, replace(accepted, edited_text="By the editor.", accepted_at=MADE_AT))
    voted(sheet_dir, "voice 1")
    told = document(sheet_dir, "report", "ana", "--book", "v1")
    assert (told["chosen"], told["was_edited"]) == ("By the editor.", True)


def test_a_sheet_waits_while_a_round_with_its_book_is_blind(sheet_dir: Path) -> None:
    making.make_round(sheet_dir, "ana", ("base", "tuned"), ["v1"])
    refused = command(sheet_dir, "report", "ana", "--book", "v1")
    assert refused.exit_code == 2
    assert "still blind" in refused.output
    assert command(sheet_dir, "report", "ana", "--book", "v2").exit_code == 0


def test_without_a_text_there_is_no_sheet(sheet_dir: Path) -> None:
    with opened(sheet_dir) as db, change(db, "Import"):
        reader_rows.save_books(db, [Book("v7", "Untold", description="Facts.")])
    refused = command(sheet_dir, "report", "ana", "--book", "v7")
    assert refused.exit_code == 2
    assert "Nothing was written" in refused.output


def test_the_page_takes_nothing_that_people_wrote_for_html(sheet_dir: Path, tmp_path: Path) -> None:
    book = Book("v8", f"Salt {ATTACK}", ATTACK, description=f"{HOSTILE} {ATTACK}")
    with opened(sheet_dir) as db, change(db, "Import"):
        reader_rows.save_books(db, [book])
    keep(sheet_dir, replace(described("v8", "tuned", f"{ATTACK}\n{HOSTILE}"), near=(ATTACK,)))
    page = tmp_path / "sheet.html"
    assert command(sheet_dir, "report", "ana", str(page), "--book", "v8").exit_code == 0
    told = page.read_text()
    seen = Tags()
    seen.feed(told)
    assert not seen.names & {"script", "img", "link", "iframe", "object", "b\x1b"}
    assert not seen.attributes & {"src", "href", "onerror", "onload", "style"}
    assert "default-src 'none'" in told
    assert "svg" in seen.names
    assert "&lt;script src=&quot;http://evil.example" in told
    assert "\x1b" not in told
    assert "url(" not in told


def test_markdown_takes_nothing_that_people_wrote_for_markup(
    sheet_dir: Path, tmp_path: Path
) -> None:
    text = f"# Not a heading\n\n- no list [a](http://b.c) `code` {ATTACK}"
    keep(sheet_dir, described("v2", "tuned", text))
    page = tmp_path / "sheet.md"
    assert command(sheet_dir, "report", "ana", str(page), "--book", "v2").exit_code == 0
    told = page.read_text()
    assert "> \\# Not a heading" in told
    assert "> \\- no list \\[a\\](http\\://b.c)" in told
    assert not re.search(r"(?<!\\)<", told)
    assert "thinks he bought their souls" in told
    assert REVIEW_1 not in told


def test_a_sheet_is_not_replaced_unasked(sheet_dir: Path, tmp_path: Path) -> None:
    page = tmp_path / "sheet.md"
    for expected, force in ((0, ()), (2, ()), (0, ("--force",))):
        done = command(sheet_dir, "report", "ana", str(page), "--book", "v1", *force)
        assert done.exit_code == expected
    assert command(sheet_dir, "report", "ana", "x.pdf", "--book", "v1").exit_code == 2


def test_on_standard_output_it_is_markdown(sheet_dir: Path) -> None:
    told = command(sheet_dir, "report", "ana", "--book", "v1").stdout
    assert told.startswith("# Salt \\[and\\] Stone, Ada Marsh\n")
    assert "Nobody has voted on this book" in told
