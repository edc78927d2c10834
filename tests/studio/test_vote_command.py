"""The commands of blind votes: what they print before and after the sides are shown."""

import csv
from pathlib import Path

import pytest

from engine.votes import rounds
from engine.votes.ballot import TAGS
from tests.studio.command_line import command, document
from tests.voting import SECRETS, described, keep, with_texts

HOSTILE = "<script>alert(1)</script> [x](http://evil.example) **bold** \x1b[31m & “more”"


@pytest.fixture
def round_dir(data_dir: Path) -> Path:
    """Ana has a round of two ballots."""
    with_texts(data_dir)
    assert command(data_dir, "vote", "new", "ana", "--of", "base", "--of", "tuned").exit_code == 0
    return data_dir


def codes(data_dir: Path) -> list[str]:
    return [one.code for one in rounds.ballots(data_dir, rounds.round_of(data_dir, "ana"), "x")]


def fill_in(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["code,vote,why,voter", *rows]) + "\n", encoding="utf-8")
    return path


def test_without_contestants_it_tells_which_there_are(data_dir: Path) -> None:
    with_texts(data_dir)
    told = command(data_dir, "vote", "new", "ana").output
    assert "tuned (ana-q4.gguf bbbb2222): 2 books" in told


def test_what_is_printed_before_the_reveal_names_nobody(round_dir: Path, tmp_path: Path) -> None:
    first = codes(round_dir)[0]
    page = tmp_path / "page.html"
    printed = [
        command(round_dir, *arguments, *flags).output
        for arguments in (
            ("vote", "next", "ana"),
            ("vote", "cast", first, "left", "--why", "fits"),
            ("vote", "list", "ana"),
            ("vote", "back", first),
            ("vote", "sheet", "ana", str(page), "--force"),
        )
        for flags in ((), ("--json",))
    ]
    assert "voice 1" in printed[0]
    seen = [*printed, page.read_text()]
    assert not [secret for secret in SECRETS for text in seen if secret in text]


def test_votes_are_cast_changed_and_counted(round_dir: Path) -> None:
    one, two = codes(round_dir)
    for code, choice in ((one, "left"), (two, "tie"), (one, "right")):
        document(round_dir, "vote", "cast", code.lower(), choice, "--voter", "eva")
    assert document(round_dir, "vote", "next", "ana", "--voter", "eva")["ballot"] is None
    told = document(round_dir, "vote", "reveal", "ana")
    (pair,) = told["verdict"]["pairs"]
    assert (pair["a"], pair["b"]) == ("base", "tuned")
    assert pair["overall"]["wins"] + pair["overall"]["losses"] == 1
    assert pair["overall"]["ties"] == 1
    assert {side for seat in told["ballots"] for side in (seat["left"], seat["right"])} == {
        "base",
        "tuned",
    }


def test_a_verdict_is_told_with_its_interval_and_what_it_lacks(round_dir: Path) -> None:
    for code in codes(round_dir):
        command(round_dir, "vote", "cast", code, "tie", "--voter", "eva")
    told = command(round_dir, "vote", "reveal", "ana").output
    assert "base over tuned: no vote prefers one, 2 ties" in told
    assert "about 4 more votes for one at 95 %" in told
    assert "assumes that those to come fall as those so far did" in told
    again = command(round_dir, "vote", "cast", codes(round_dir)[0], "left")
    assert again.exit_code == 2
    assert "would not be blind" in again.output


def test_a_table_of_votes_is_read_back(round_dir: Path, tmp_path: Path) -> None:
    form = tmp_path / "form.csv"
    command(round_dir, "vote", "sheet", "ana", str(form))
    rows = list(csv.DictReader(form.open()))
    assert [row["code"] for row in rows] == codes(round_dir)
    one, two = codes(round_dir)
    filled = fill_in(form, f"{one},LEFT,fits; voice,eva", f"{two.lower()},both bad,,ben")
    told = document(round_dir, "vote", "load", str(filled))
    assert (told["votes"], told["added"], told["skipped"]) == (2, 2, [])
    again = document(round_dir, "vote", "load", str(filled))
    assert (again["added"], again["changed"]) == (0, 0)
    (first, _) = rounds.ballots(round_dir, told["rounds"][0], "eva")
    assert first.vote is not None
    assert first.vote.tags == ("fits", "voice")


def test_wrong_rows_are_told_by_line_and_the_good_ones_kept(
    round_dir: Path, tmp_path: Path
) -> None:
    one, two = codes(round_dir)
    filled = fill_in(
        tmp_path / "votes.csv",
        f"{one},left,,eva",
        "ZZZZZZ,left,,eva",
        f"{two},middle,,eva",
        f"{two},right,pretty,eva",
        f"{two},right,,",
        f"{one},right,,eva",
        f"{two},,,eva",
        f"{two},right",
    )
    told = document(round_dir, "vote", "load", str(filled))
    reasons = {row["line"]: row["reason"] for row in told["skipped"]}
    assert told["votes"] == 1
    assert told["blank"] == 1
    assert reasons.keys() == {3, 4, 5, 6, 7, 9}
    assert "no ballot 'ZZZZZZ'" in reasons[3]
    assert "'middle' is no vote" in reasons[4]
    assert "'pretty' is no reason" in reasons[5]
    assert "does not say who votes" in reasons[6]
    assert "line 2 already" in reasons[7]
    assert "2 cells" in reasons[9]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "no column 'code'"),
        ("code,vote\n", "has no rows"),
        ("code,vote\nABC234,\n", "No vote is filled in"),
        ("code,vote,voter\nABC234,left,eva\n", "Line 2: There is no ballot 'ABC234'"),
    ],
)
def test_a_table_without_votes_is_refused(
    round_dir: Path, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    refused = command(round_dir, "vote", "load", str(path))
    assert refused.exit_code == 2
    assert told in refused.output


def test_votes_of_a_round_that_was_shown_are_not_loaded(round_dir: Path, tmp_path: Path) -> None:
    one, _ = codes(round_dir)
    command(round_dir, "vote", "reveal", "ana", "--early")
    refused = command(round_dir, "vote", "load", str(fill_in(tmp_path / "f", f"{one},left,,eva")))
    assert refused.exit_code == 2
    assert "takes no more votes" in refused.output


def test_a_sheet_escapes_what_people_wrote_and_loads_nothing(
    data_dir: Path, tmp_path: Path
) -> None:
    with_texts(data_dir)
    keep(data_dir, described("v1", "base", HOSTILE), described("v1", "tuned", f"Not {HOSTILE}"))
    command(data_dir, "vote", "new", "ana", "--of", "base", "--of", "tuned", "--book", "v1")
    page, plain = tmp_path / "s.html", tmp_path / "s.md"
    for path in (page, plain):
        assert command(data_dir, "vote", "sheet", "ana", str(path)).exit_code == 0
    told = page.read_text()
    assert "<script>" not in told
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
    assert "default-src 'none'" in told
    assert not [
        attribute for attribute in ("src=", "href=", "@import", "url(") if attribute in told
    ]
    quoted = plain.read_text()
    assert "\\<script\\>" in quoted
    assert "[x](" not in quoted
    assert "\x1b" not in quoted + told


def test_a_sheet_is_not_replaced_unasked_and_wants_a_known_ending(
    round_dir: Path, tmp_path: Path
) -> None:
    page = tmp_path / "s.html"
    command(round_dir, "vote", "sheet", "ana", str(page))
    assert command(round_dir, "vote", "sheet", "ana", str(page)).exit_code == 2
    refused = command(round_dir, "vote", "sheet", "ana", str(tmp_path / "s.docx"))
    assert refused.exit_code == 2
    assert ".html, .md, .csv" in refused.output


def test_reasons_are_listed(data_dir: Path) -> None:
    assert document(data_dir, "vote", "reasons")["reasons"] == TAGS


def test_a_round_of_another_reader_is_refused(round_dir: Path) -> None:
    round_id = rounds.round_of(round_dir, "ana")
    refused = command(round_dir, "vote", "next", "jo", "--round", round_id)
    assert refused.exit_code == 2
    assert "not one of 'jo'" in refused.output


def test_a_sheet_tells_who_the_reader_is_where_that_is_asked_for(
    round_dir: Path, tmp_path: Path
) -> None:
    for suffix in ("html", "md"):
        bare, told = tmp_path / f"bare.{suffix}", tmp_path / f"told.{suffix}"
        command(round_dir, "vote", "sheet", "ana", str(bare))
        command(round_dir, "vote", "sheet", "ana", str(told), "--with-card")
        assert "Seeks out: literary fiction" in told.read_text()
        assert "Seeks out" not in bare.read_text()
