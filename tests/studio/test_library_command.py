"""`models list`, `show`, `delete` and `export-folder`, as commands print them."""

from pathlib import Path

import pytest

from engine import runs
from tests.library_data import READER, a_library
from tests.studio.command_line import command, document


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return a_library(tmp_path / "data")


def test_alone_it_lists_what_was_tuned_and_what_is_on_offer(library: Path) -> None:
    told = document(library, "models")
    assert [it["run_id"] for it in told["tuned"]] == ["export-1"]
    assert told["bases"][0]["spec"] == "embedded"


def test_the_list_can_be_filtered_and_ordered(library: Path) -> None:
    told = document(library, "models", "list", "--find", "export-1", "--sort", "size")
    assert [it["id"] for it in told["artefacts"]] == [
        "export-1/F16",
        "export-1/merged",
        "export-1/Q4_K_M",
        "export-1/adapter.gguf",
    ]
    lines = command(library, "models", "list", "--find", "q4").output.splitlines()
    assert lines[0].startswith("export-1/Q4_K_M  GGUF Q4_K_M, ")
    assert f"for {READER}; learned; moved 77% (63 to 87)" in lines[0]
    assert lines[1].startswith("1 thing, ")


def test_one_is_shown_with_what_deleting_it_means(library: Path) -> None:
    shown = command(library, "models", "show", "export-1/merged").output
    assert "Deleting it frees 0 kB: the same file has another name in the library." in shown
    assert "More files are made of it." in shown
    told = document(library, "models", "show", "Q4_K_M")
    assert (told["frees_bytes"], told["kind"]) == (told["size_bytes"], "gguf")


def test_nothing_is_deleted_unless_it_is_agreed_to(library: Path) -> None:
    done = command(library, "models", "delete", "Q4_K_M")
    assert done.exit_code == 2
    assert "Delete 1 thing for good? It frees 67 kB. Nobody is there to ask" in done.output
    assert document(library, "models", "list", "--find", "Q4")["artefacts"]


def test_a_deletion_tells_what_it_freed(library: Path) -> None:
    size = document(library, "models", "show", "Q4_K_M")["size_bytes"]
    told = document(library, "models", "delete", "Q4_K_M", "--yes")
    assert told == {"deleted": ["export-1/Q4_K_M"], "freed_bytes": size}
    assert not document(library, "models", "list", "--find", "Q4")["artefacts"]


def test_all_of_a_run_but_its_adapter_goes(library: Path) -> None:
    told = document(library, "models", "delete", "train-1", "--all-but-adapter", "--yes")
    assert len(told["deleted"]) == 5
    assert (runs.run_dir(library, "train-1").adapter / "adapter_config.json").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("delete", "base/embedded", "--yes"), "`pip uninstall` removes that"),
        (("delete", "Q9", "--yes"), "There is nothing called 'Q9' in the library."),
        (("list", "--sort", "colour"), "The library cannot be ordered by 'colour'."),
        (("export-folder", "Q4_K_M", "/dev/null/out"), "/dev/null/out could not be written"),
        (("export-folder", "scores", "out"), "There is nothing called 'scores'"),
    ],
    ids=lambda it: it if isinstance(it, str) else " ".join(it),
)
def test_what_cannot_be_is_a_sentence(arguments: tuple[str, ...], told: str, library: Path) -> None:
    done = command(library, "models", *arguments)
    assert done.exit_code in (1, 2)
    assert told in done.output


def test_a_folder_is_written_where_it_was_told(library: Path, tmp_path: Path) -> None:
    told = document(library, "models", "export-folder", "Q4_K_M", str(tmp_path / "out"))
    assert told["folder"] == str(tmp_path / "out")
    assert sorted(told["files"]) == sorted(it.name for it in (tmp_path / "out").iterdir())
