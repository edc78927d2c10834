"""`models push` against a Hub on the loopback interface, by the Hub's own client."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub import TOKEN, Hub, Repo
from tests.library_data import READER, a_library
from tests.loopback import serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return a_library(tmp_path / "data")


@pytest.fixture
def hub() -> type[Hub]:
    return type("OfThisTest", (Hub,), {"repos": {}, "stored": {}, "uploads": []})


@pytest.fixture
def address(hub: type[Hub]) -> Iterator[str]:
    with serving(hub) as base_url:
        yield base_url.removesuffix("/v1")


def push(
    library: Path, address: str, *arguments: str, token: str = TOKEN, **environment: str
) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as the client reads its settings when it is imported."""
    words = ("--data-dir", str(library), "models", "push", *arguments)
    env = {
        **{name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"},
        "HF_ENDPOINT": address,
        "HF_HUB_DISABLE_XET": "1",
        **({"HF_TOKEN": token} if token else {}),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "studio.cli", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


PUSHED = ("Q4_K_M", "--repo", "ana/tuned", "--yes")


def test_what_was_told_is_what_arrives(library: Path, hub: type[Hub], address: str) -> None:
    done = push(library, address, *PUSHED, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    weights = "SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf"
    names = [weights, "README.md", "LICENSE", "Modelfile", "SHA256SUMS"]
    assert result["files"] == names
    assert (result["address"], result["public"]) == (f"{address}/ana/tuned", False)
    repo = hub.repos["ana/tuned"]
    assert repo.private
    assert repo.files.keys() == {*names, ".gitattributes"}
    assert repo.files[weights] == (library / "runs" / "export-1" / weights).read_bytes()
    assert f"To {address}/ana/tuned (only you and those you let in see it):" in done.stderr
    assert f"  {weights}: " in done.stderr
    given = b"".join(repo.files.values()).decode(errors="replace")
    assert READER not in given
    assert "river rose" not in given
    assert TOKEN not in given + done.stdout + done.stderr


def test_nothing_is_sent_unless_it_is_agreed_to(
    library: Path, hub: type[Hub], address: str
) -> None:
    done = push(library, address, *PUSHED[:-1])
    assert done.returncode == 2
    assert "Type ana/tuned to send them. Nobody is there to ask: nothing was done." in done.stderr
    assert not hub.repos


def test_an_upload_that_was_cut_short_goes_on(library: Path, hub: type[Hub], address: str) -> None:
    """The weights had arrived; only the commit is made again."""
    hub.failing = "/commit/main"
    cut_short = push(library, address, *PUSHED)
    assert cut_short.returncode == 1
    assert "The Hub refused with 500" in cut_short.stderr
    assert "what has arrived is not sent again" in cut_short.stderr
    assert hub.repos["ana/tuned"].files.keys() == {".gitattributes"}, "nothing half is visible"
    hub.failing = ""
    done = push(library, address, *PUSHED)
    assert done.returncode == 0, done.stderr
    assert len(hub.uploads) == 1
    assert "README.md" in hub.repos["ana/tuned"].files


def test_a_repository_with_other_contents_is_left_as_it_is(
    library: Path, hub: type[Hub], address: str
) -> None:
    hub.repos["ana/tuned"] = Repo(True, {"pytorch_model.bin": b"x", "README.md": b"mine"})
    done = push(library, address, *PUSHED)
    assert done.returncode == 2
    told = "ana/tuned is there already and holds other files: pytorch_model.bin. Nothing was sent."
    assert told in done.stderr
    assert hub.repos["ana/tuned"].files["README.md"] == b"mine"
    assert not hub.uploads


def test_a_public_repository_gets_nothing_private(
    library: Path, hub: type[Hub], address: str
) -> None:
    hub.repos["ana/tuned"] = Repo(False)
    done = push(library, address, *PUSHED)
    assert done.returncode == 2
    assert "ana/tuned is there already, and is public: it was to be private." in done.stderr
    assert push(library, address, *PUSHED, "--public").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "token", "told"),
    [
        (PUSHED, "", "There is no token for the Hugging Face Hub."),
        (PUSHED, "hf_wrong", "The Hub does not take the token (401)."),
        (("Q4_K_M", "--repo", "bo/tuned", "--yes"), TOKEN, "may not write to bo/tuned (403)"),
        (("Q4_K_M", "--repo", "tuned", "--yes"), TOKEN, "'tuned' names no repository."),
        (("checkpoint-4", *PUSHED[1:]), TOKEN, "No folder is made of train-1/checkpoint-4"),
    ],
    ids=["no token", "wrong token", "not yours", "no owner", "no model"],
)
def test_what_cannot_be_is_a_sentence(
    arguments: tuple[str, ...],
    token: str,
    told: str,
    library: Path,
    hub: type[Hub],
    address: str,
) -> None:
    done = push(library, address, *arguments, token=token)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not hub.uploads


def test_without_a_network_it_says_so(library: Path) -> None:
    done = push(library, "http://127.0.0.1:9", *PUSHED)
    assert done.returncode == 1
    assert "The Hugging Face Hub cannot be reached" in done.stderr


def test_offline_by_setting_is_told(library: Path, address: str) -> None:
    done = push(library, address, *PUSHED, HF_HUB_OFFLINE="1")
    assert done.returncode == 2
    assert "HF_HUB_OFFLINE is set" in done.stderr
