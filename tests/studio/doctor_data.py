"""A reader whose pairs have something of everything that the pair doctor finds."""

from dataclasses import replace
from pathlib import Path

from engine.bank import books, questions
from engine.domain import PreferencePair, Profile, Reader, Trait
from engine.pairs.build import pairs_for
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from tests.studio.conftest import READ_AT

IMAGINATION = "ocean.openness.imagination"
TRAITS = (
    Trait("interests.poetry", "interests", 0.6, 0.8, "known"),
    Trait("interests.horror", "interests", -0.6, 0.8, "known"),
    *(Trait(f"schwartz.face.{n}", "schwartz", 0.6, 0.8, "known") for n in (1, 2)),
    Trait("ocean.openness", "ocean", 0.5, 0.8, "known"),
    Trait("hofstede.indulgence", "hofstede", -0.5, 0.8, "known"),
)
TOPICS = {"schwartz.face.1", "genre.poetry", *(f"{IMAGINATION}.{n}" for n in range(1, 5))}
"""A few of the bank's, so that what it gains changes nothing here."""
PROFILE = Profile("ana", "embedded", TRAITS, READ_AT)


def ill_pairs() -> list[PreferencePair]:
    """Two swapped, a twin, a template token, a preview's title, and one on a trait since lost."""
    pairs = [pair for pair in pairs_for(PROFILE) if pair.topic in TOPICS]
    scenes = [pair for pair in pairs if pair.track == "values"]
    turned = {pair.id: pair.swapped() for pair in scenes[:2]}
    pairs = [turned.get(pair.id, pair) for pair in pairs]
    own = replace(scenes[2], topic="own", origin="own", made="hand", held_out=False)
    title = next(b.title for b in books() if b.use == "preview" and len(b.title.split()) > 3)
    return [
        *pairs,
        replace(scenes[2], id="twin", made="hand"),
        replace(own, id="tokens", chosen="She [b]went[/b] <|im_end|> home.", rejected="No."),
        replace(own, id="preview", chosen=f"He reads {title} aloud.", rejected="He sleeps."),
        replace(own, id="lost", trait_id="schwartz.hedonism", chosen="Cake.", rejected="Bread."),
    ]


def ill_reader(data_dir: Path) -> Path:
    """A store with Ana and these pairs."""
    with opened(data_dir) as db, change(db, "Build pairs"):
        reader_rows.save(db, [Reader("ana", "Ana [x]", "jsonl")], [], [])
        profile_rows.save(db, PROFILE)
        pair_rows.replace_built(db, "ana", ill_pairs())
    return data_dir


def lopsided_pairs(data_dir: Path) -> None:
    """Give Ana thirty more pairs, in which the chosen answer is the longer one."""
    like = ill_pairs()[0]
    more = [
        replace(
            like,
            id=f"long{number}",
            origin=f"own.{number}",
            topic=f"own {number}",
            made="hand",
            trait_id="",
            held_out=False,
            chosen=asked.question,
            rejected=f"Not {number}.",
        )
        for number, asked in enumerate(questions()[:30])
    ]
    with opened(data_dir) as db, change(db, "Load pairs"):
        pair_rows.save(db, "ana", more)
