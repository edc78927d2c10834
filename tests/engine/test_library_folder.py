"""Folders for others: what is in them, what never is, and what is not overwritten."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from engine import cards, runs
from engine.domain import Book, Reader, Review
from engine.library import folder, listing
from engine.library.artefact import Artefact, found
from engine.library.folder import licence_text, plan_folder
from engine.library.licence import facts_of
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput, JobFailed
from models.events import Finished
from models.library import sha256_of
from tests.engine.conftest import a_profile, known
from tests.engine.go_templates import rendered
from tests.engine.test_go_template import UNDER
from tests.library_data import CHATML, READER, a_gguf, a_library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return a_library(tmp_path / "data")


def of(data_dir: Path, name: str) -> Artefact:
    return found(listing.artefacts(data_dir), name)


async def exported(data_dir: Path, name: str, to: Path, card_of: str = "") -> Finished:
    *_, last = [it async for it in folder.export_folder(data_dir, of(data_dir, name), to, card_of)]
    assert isinstance(last, Finished)
    return last


async def test_a_gguf_s_folder_holds_what_its_sums_say(library: Path, tmp_path: Path) -> None:
    last = await exported(library, "Q4_K_M", tmp_path / "out")
    weights = "SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf"
    assert last.result["files"] == [weights, "README.md", "LICENSE", "Modelfile", "SHA256SUMS"]
    out = tmp_path / "out"
    sums = {name: digest for digest, _, name in _lines(out / "SHA256SUMS")}
    assert sums == {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in out.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert (out / weights).read_bytes() == of(library, "Q4_K_M").path.read_bytes()
    assert "Apache License" in (out / "LICENSE").read_text()


def _lines(path: Path) -> list[tuple[str, str, str]]:
    return [line.partition("  ") for line in path.read_text().splitlines()]


async def test_the_hub_reads_the_card_s_beginning(library: Path, tmp_path: Path) -> None:
    await exported(library, "Q4_K_M", tmp_path / "out")
    card = ModelCard.load(tmp_path / "out" / "README.md")
    assert card.data.to_dict() == {
        "base_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "base_model_relation": "finetune",
        "license": "apache-2.0",
        "library_name": "gguf",
        "pipeline_tag": "text-generation",
        "language": ["en"],
        "tags": ["persona-studio", "preference-tuning", "dpo", "gguf"],
    }
    told = card.text
    assert (
        "| training moved it towards the chosen answer (50% is chance) | 77% (63 to 87) |" in told
    )
    assert "- Pairs to train on: 6 (6 of values); held out by topic: 2." in told
    assert "llama-server -m SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf -c 2048" in told
    assert sha256_of(of(library, "Q4_K_M").path, library / "cache") in told


@pytest.mark.parametrize("name", ["Q4_K_M", "F16", "train-1/adapter", "adapter.gguf"])
async def test_nothing_of_a_reader_is_in_a_folder(name: str, library: Path, tmp_path: Path) -> None:
    """Neither name nor card, prompt or answer, nor where files lay on this machine."""
    await exported(library, name, tmp_path / "out")
    given = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir()).decode(
        errors="replace"
    )
    for personal in (READER, "Recife", "river rose", "Tell this reader", str(tmp_path), "/home/"):
        assert personal not in given


async def test_a_modelfile_holds_the_template_and_no_card(library: Path, tmp_path: Path) -> None:
    await exported(library, "Q4_K_M", tmp_path / "out")
    told = (tmp_path / "out" / "Modelfile").read_text()
    assert "FROM ./SmolLM2-135M-Instruct-train-1.Q4_K_M.gguf\n" in told
    assert 'PARAMETER num_ctx 2048\nPARAMETER stop "<|im_end|>"\n' in told
    assert 'LICENSE """Apache-2.0 https://www.apache.org/licenses/LICENSE-2.0"""' in told
    assert "\nSYSTEM" not in told
    template = told.partition('TEMPLATE """')[2].partition('"""')[0]
    assert rendered(template, UNDER[:2]).endswith("<|im_end|>\n<|im_start|>assistant\n")


async def test_a_card_goes_with_it_only_where_it_is_asked_for(
    library: Path, tmp_path: Path
) -> None:
    _store_profile(library)
    await exported(library, "Q4_K_M", tmp_path / "out", READER)
    told = (tmp_path / "out" / "Modelfile").read_text()
    card = cards.card(library, READER).text
    assert 'SYSTEM """You write for one reader' in told
    assert f'{card}"""' in told
    assert "holds a reader's profile card" in (tmp_path / "out" / "README.md").read_text()
    with pytest.raises(BadInput, match="was not trained for 'bo'"):
        plan_folder(library, of(library, "Q4_K_M"), "bo")


def _store_profile(data_dir: Path) -> None:
    review = Review("r1", READER, "b1", "I love how the crew decides together.")
    with opened(data_dir) as db, change(db, "Import reviews"):
        reader_rows.save(db, [Reader(READER, "Ana", "jsonl")], [Book("b1", "B")], [review])
        profile_rows.save(db, a_profile(known("interests.literary_fiction", 0.8), reader_id=READER))


async def test_an_adapter_s_folder_is_peft_s(library: Path, tmp_path: Path) -> None:
    await exported(library, "train-1/adapter", tmp_path / "out")
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    card = ModelCard.load(tmp_path / "out" / "README.md").data
    assert (card.library_name, card["base_model_relation"]) == ("peft", "adapter")
    assert not (tmp_path / "out" / "Modelfile").exists()


async def test_an_adapter_s_gguf_is_laid_over_its_base(library: Path, tmp_path: Path) -> None:
    await exported(library, "adapter.gguf", tmp_path / "out")
    told = (tmp_path / "out" / "Modelfile").read_text()
    assert "ADAPTER ./SmolLM2-135M-Instruct-train-1.adapter.gguf\n" in told
    assert (
        "--lora SmolLM2-135M-Instruct-train-1.adapter.gguf"
        in (tmp_path / "out" / "README.md").read_text()
    )


async def test_a_folder_that_is_there_is_not_touched(library: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "diary.txt").write_text("mine")
    with pytest.raises(BadInput, match="is there already, and is left as it is"):
        await exported(library, "Q4_K_M", tmp_path / "out")
    assert [it.name for it in (tmp_path / "out").iterdir()] == ["diary.txt"]


async def test_a_folder_that_was_given_up_leaves_nothing(library: Path, tmp_path: Path) -> None:
    events = folder.export_folder(library, of(library, "Q4_K_M"), tmp_path / "to" / "out")
    async for _ in events:
        break
    await events.aclose()
    assert [*(tmp_path / "to").iterdir()] == []


async def test_a_disk_that_is_too_small_is_told_first(library: Path, tmp_path: Path) -> None:
    _swell(of(library, "Q4_K_M").path, library / "cache", 10**13)
    with pytest.raises(JobFailed, match=r"The folder needs 10000\.0 GB"):
        await exported(library, "Q4_K_M", tmp_path / "out")


def _swell(file: Path, cache_dir: Path, size_bytes: int) -> None:
    """Have a file seem large, its hash known: nobody reads ten terabytes for a test."""
    os.truncate(file, size_bytes)
    key = f"{file.resolve()}|{size_bytes}|{file.stat().st_mtime_ns}"
    (cache_dir / "sha256.json").write_text(json.dumps({key: "0" * 64}))


def test_what_came_of_no_training_has_no_folder(library: Path) -> None:
    with pytest.raises(BadInput, match=r"No folder is made of base/embedded: it is kind 'base'"):
        plan_folder(library, of(library, "base/embedded"))
    (runs.run_dir(library, "train-1").path / "pairs.jsonl").unlink()
    with pytest.raises(BadInput, match="no longer has the pairs"):
        plan_folder(library, of(library, "Q4_K_M"))


def test_a_licence_is_told_by_who_knows_it(tmp_path: Path) -> None:
    """A folder's card, a GGUF's own key, the catalogue; and nobody."""
    base = tmp_path / "models--acme--Tiny" / "snapshots" / "1"
    base.mkdir(parents=True)
    (base / "config.json").write_text("{}")
    (base / "README.md").write_text(
        "---\nlicense: other\nlicense_name: acme-1\nlicense_link: https://acme.example/l\n---\n"
    )
    folder_facts = facts_of(str(base))
    assert folder_facts.hub_id == "acme/Tiny"
    licence = folder_facts.licence
    assert (licence.hub_id, licence.name) == ("other", "acme-1")
    assert licence_text("Tiny", licence) == (
        "The base model Tiny is under: acme-1\nIts text: https://acme.example/l\nThe tuned "
        "weights in this folder are made of it and stay under the same licence.\n"
    )
    by_gguf = facts_of(str(a_gguf(tmp_path / "a.gguf", licence="mit"))).licence
    assert (by_gguf.hub_id, by_gguf.name) == ("mit", "MIT")
    llama = facts_of("meta-llama/Llama-3.1-8B-Instruct")
    assert (llama.licence.hub_id, llama.hub_id) == ("llama3.1", "meta-llama/Llama-3.1-8B-Instruct")
    nobody = facts_of(str(a_gguf(tmp_path / "b.gguf", template=CHATML, licence="")))
    assert (nobody.licence.hub_id, nobody.hub_id) == ("unknown", "")
    assert "Find it out before you pass these files on." in licence_text("b", nobody.licence)
