"""The map of personas: groups by meaning, whom the data serves, twins, and telling words."""

import asyncio
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.personas.editing import write_persona
from engine.personas.map import PersonaMap, kept_map, map_path, mapped
from engine.personas.map_child import twins
from engine.personas.saliency import before_contrast, salient_words, words_apart
from engine.store import datasets, personas
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.persona_rows import a_persona, examples, fill_dataset, store_personas

HURRIED = (
    "The user is always in a hurry and prefers brief answers of a line or two.",
    "The user is impatient and prefers brief, quick answers without detail.",
    "The user is short of time and prefers a brief summary that gets to the point.",
    "The user is busy all day and prefers quick answers that are brief.",
)
STORYLOVING = (
    "The user is a dreamer and prefers colourful stories with vivid characters.",
    "The user is imaginative and prefers stories that paint a vivid scene.",
    "The user is fond of legends and prefers vivid storytelling full of feeling.",
    "The user is romantic and prefers stories with colour, feeling and vivid scenes.",
)


def fill_map(data_dir: Path) -> None:
    """Eight pairs: the hurried prefer the chosen answers, those who love stories the others."""
    rows = examples(8)
    with opened(data_dir) as db, change(db, "Import preferences"):
        datasets.save(db, rows)
        for number, example in enumerate(rows):
            endings = f" It was letter {number}." if number >= 4 else ""
            personas.add_personas(
                db,
                [
                    a_persona(example.id, "chosen", HURRIED[number % 4] + endings),
                    a_persona(example.id, "rejected", STORYLOVING[number % 4] + endings),
                ],
            )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PersonaMap]:
    data_dir = tmp_path_factory.mktemp("map")
    fill_map(data_dir)
    return data_dir, asyncio.run(mapped(data_dir, "letters"))


def test_like_personas_are_one_group_named_by_their_words(made: tuple[Path, PersonaMap]) -> None:
    """Eight of eight chosen: Wilson's interval is 0.68 to 1; none of eight: 0 to 0.32."""
    _, found = made
    assert len(found.groups) == 2
    hurried, dreaming = sorted(found.groups, key=lambda group: -group.chosen)
    assert (hurried.chosen, len(hurried.members), hurried.served) == (8, 8, "served")
    assert (dreaming.chosen, len(dreaming.members), dreaming.served) == (0, 8, "failed")
    assert "brief" in hurried.name
    assert "vivid" in dreaming.name
    assert set(hurried.typical) <= {
        *HURRIED,
        *(f"{one} It was letter {n}." for n, one in enumerate(HURRIED, 4)),
    }


def test_the_map_is_kept_until_personas_change(made: tuple[Path, PersonaMap]) -> None:
    data_dir, found = made
    assert kept_map(data_dir, "letters") == found
    write_persona(data_dir, "l00", "chosen", HURRIED[1])
    kept = kept_map(data_dir, "letters")
    assert kept == replace(found, is_current=False)


async def test_personas_of_one_pair_that_say_the_same_are_told(data_dir: Path) -> None:
    store_personas(data_dir, 3)
    text = "The user is patient and prefers answers that take their time with every step."
    with opened(data_dir) as db, change(db, "Edit a persona"):
        personas.add_personas(db, [a_persona("l01", "chosen", text)])
        personas.add_personas(db, [a_persona("l01", "rejected", text)])
    found = await mapped(data_dir, "letters")
    (own,) = [one for one in found.twins if one.is_of_one_pair]
    assert (own.one, own.other) == (("l01", "chosen"), ("l01", "rejected"))
    assert own.cosine == pytest.approx(1.0, abs=1e-3)


async def test_too_few_personas_are_no_map(data_dir: Path) -> None:
    store_personas(data_dir, 1)
    with pytest.raises(BadInput, match="has 2 valid personas, too few"):
        await mapped(data_dir, "letters")
    assert kept_map(data_dir, "letters") is None


@pytest.mark.parametrize(
    "contrast",
    [
        "rather than stories",
        "over stories",
        "versus stories",
        "instead of stories",
        "compared to stories",
        "compared with stories",
    ],
)
def test_a_persona_is_cut_before_its_contrast(contrast: str) -> None:
    assert before_contrast(f"The user prefers facts, {contrast}.") == "The user prefers facts"


def test_a_word_counts_once_a_persona_in_any_inflection() -> None:
    """`detail` in three personas, two of them chosen, mostly as `details`; `stories` is cut off."""
    found = salient_words(
        [
            ("chosen", "The user is thorough and prefers detailed details over stories."),
            ("chosen", "The user is thorough and prefers detail rather than stories."),
            ("rejected", "The user is quick and prefers no details."),
        ],
        fewest=2,
    )
    assert [(one.word, one.chosen, one.rejected) for one in found] == [
        ("thorough", 2, 0),
        ("details", 2, 1),
    ]
    assert found[1].chosen_share.share == pytest.approx(2 / 3)


def test_words_apart_are_those_that_others_lack() -> None:
    assert words_apart(["plain and brief", "plain and short"], ["plain and long"], 1) == ("plain",)
    told = words_apart(["brief words", "brief lines"], ["long words", "long lines"], 2)
    assert told == ("brief",)


def test_datasets_whose_names_differ_in_little_share_no_map(made: tuple[Path, PersonaMap]) -> None:
    data_dir, _ = made
    fill_dataset(data_dir, 1, "Letters")
    assert kept_map(data_dir, "letters") is not None
    assert kept_map(data_dir, "Letters") is None
    assert len(map_path(data_dir, "long " * 100).name) < 100


def test_twins_are_looked_for_without_all_cosines_at_once() -> None:
    """All cosines of 3,000 texts would be 36 megabytes; the vectors are five."""
    vectors = np.random.default_rng(0).normal(size=(3000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[[700, 2999]] = vectors[0]
    tracemalloc.start()
    try:
        found = twins(vectors)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [(0, 700, 1.0), (0, 2999, 1.0), (700, 2999, 1.0)]
    assert peak < 20e6
