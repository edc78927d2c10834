"""What a real process has loaded: the contracts of the design, seen from `sys.modules`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHILDREN_ONLY = {"torch", "transformers", "peft", "trl", "llama_cpp", "sentence_transformers"}


def loaded_after(code: str) -> set[str]:
    """The top-level names in `sys.modules` of a fresh process that ran this code."""
    told = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    child = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    return {name.partition(".")[0] for name in json.loads(child.stdout)}


@pytest.mark.parametrize("module", ["studio.cli", "studio.app"])
def test_the_front_ends_load_nothing_that_belongs_into_a_child(module: str) -> None:
    assert not loaded_after(f"import {module}") & CHILDREN_ONLY


@pytest.mark.parametrize(
    "module",
    [
        "engine.desk",
        "engine.runs",
        "engine.preview",
        "engine.editing",
        "engine.pair_files.exporting",
        "engine.pair_files.loading",
        "engine.worker",
    ],
)
def test_the_engine_loads_no_textual_and_nothing_that_belongs_into_a_child(module: str) -> None:
    assert not loaded_after(f"import {module}") & (CHILDREN_ONLY | {"textual"})


def test_help_waits_for_neither_the_window_nor_the_store() -> None:
    help_shown = "from studio.cli import studio\nstudio(['--help'], standalone_mode=False)"
    child = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", help_shown],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Commands:" in child.stdout
    imported = {line.rpartition("|")[2].strip() for line in child.stderr.splitlines()}
    assert "studio.cli" in imported
    assert not imported & {"textual", "sqlite_utils", "engine.desk", "openai", "numpy"}
