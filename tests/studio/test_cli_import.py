"""`import reviews`, `import look` and `import books` as a person types them."""

import json
from pathlib import Path

import pytest

from tests.studio.command_line import command


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """1,100 readers with one review each, and Ada with three."""
    path = tmp_path / "many.jsonl"
    readers = [f"R{number}" for number in range(1100)] + ["ada"] * 3
    rows = ({"user": who, "book": f"B{n}", "rating": 4} for n, who in enumerate(readers))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_file_of_many_readers_names_the_options_and_ends_with_2(tmp_path: Path, many: Path) -> None:
    done = command(tmp_path / "data", "import", "reviews", str(many))
    assert done.exit_code == 2
    assert "1,101 readers" in done.stderr
    assert "ada (3)" in done.stderr
    assert "--reader ID" in done.stderr


@pytest.mark.parametrize("options", [["--reader", "ada"], ["--min-reviews", "2"]])
def test_chosen_readers_are_imported(tmp_path: Path, many: Path, options: list[str]) -> None:
    done = command(tmp_path / "data", "import", "reviews", str(many), *options, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["readers"] == [{"id": "ada", "reviews": 3}]
    assert (told["format"], told["reviews"], told["added"]) == ("jsonl", 3, 3)


def test_columns_are_mapped_and_the_report_names_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y,z\nMomo,8,Zeit.\n")
    mapped = ["--map", "book=x", "--map", "rating=y/10", "--map", "text=z"]
    done = command(tmp_path / "data", "import", "reviews", str(path), *mapped)
    assert done.exit_code == 0, done.stderr
    assert "Columns: book from x, text from z, rating from y/10." in done.stdout


def test_mapping_without_an_equals_sign_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\nMomo,8\n")
    done = command(tmp_path / "data", "import", "reviews", str(path), "--map", "book")
    assert done.exit_code == 2
    assert "--map 'book' is not of the form ROLE=COLUMN" in done.stderr


def test_look_shows_the_guess_as_options_and_imports_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Buchtitel,Kommentar,Sterne\nMomo,Zeit \x1b[31mist\x1b[0m Leben.,4\n")
    done = command(tmp_path / "data", "import", "look", str(path))
    assert done.exit_code == 0, done.stderr
    assert "Guessed: --map book=Buchtitel --map text=Kommentar --map rating=Sterne" in done.stdout
    assert "Kommentar (text): Zeit" in done.stdout
    assert "\x1b" not in done.stdout
    assert not (tmp_path / "data").exists()


def test_formats_are_listed_by_the_names_that_format_takes(tmp_path: Path) -> None:
    done = command(tmp_path / "data", "import", "formats", "--json")
    told = json.loads(done.stdout)
    assert {"storygraph", "librarything", "goodreads_json"} <= set(told["reviews"])
    assert {"onix", "amazon2023_meta"} <= set(told["books"])
