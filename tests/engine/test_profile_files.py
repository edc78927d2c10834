"""Profiles that go out as JSON and come back: exactly, or not at all."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from engine import desk
from engine.domain import (
    Evidence,
    Framework,
    Override,
    OverrideKind,
    Profile,
    Reading,
    ReadingSource,
    Suggestion,
    Trait,
    TraitStatus,
    framework_of,
)
from engine.profile.document import schema
from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.profile_files import exported, load_profile
from engine.schema_check import first_fault
from engine.store import findings as finding_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import BadInput
from tests.engine.conftest import scored_ids
from tests.engine.profile_documents import (
    NOW,
    REVIEWS,
    TRAIT,
    VALIDATOR,
    built,
    data_dir,
    document,
    file_of,
    stored,
    with_readers,
)

__all__ = ["data_dir"]


class Drawn:
    """A made-up profile of Ana with everything that a profile can hold."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        ids = ["demographics.age", "demographics.location", *scored_ids()]
        ids = self.random.sample(ids, 40)
        self.profile = Profile(
            "ana",
            self.random.choice(["embedded", "endpoint:böb", "by hand"]),
            tuple(self.trait(trait_id) for trait_id in ids),
            self.moment(),
            "Read the quotes.",
            self.random.random() < 0.5,
            tuple(
                Suggestion(name, "a guess", self.part(), "some/model", "0.6", self.moment())
                for name in ("demographics.age", "demographics.gender")
            ),
        )
        spans = [self.span() for _ in range(self.random.randrange(4))]
        self.findings = tuple(
            Finding(f"ocean.{at}", one.review_id, Span(one.start, one.end, one.quote), one.stance)
            for at, one in enumerate(spans)
        )
        self.guesses = {"b1": "poetry"} if self.random.random() < 0.5 else {}

    def trait(self, trait_id: str) -> Trait:
        framework = framework_of(trait_id)
        status = self.random.choice(get_args(TraitStatus))
        is_known = status == "known"
        spans = tuple(self.span() for _ in range(self.random.randrange(is_known, 4)))
        books = self.random.sample(["b1", "b2"], 2) if framework == "interests" else []
        if books and is_known and self.random.random() < 0.5:
            spans = ()
        ends = sorted((self.score(), self.score()))
        return Trait(
            trait_id,
            framework,
            self.score() if is_known else 0.0,
            self.part() if is_known else 0.0,
            status,
            spans,
            "fifty" if framework == "demographics" and is_known else None,
            self.random.choice(["", "From 2 of 3 parts.", "“quoted” — 引用"]),
            self.override() if self.random.random() < 0.4 else None,
            self.readings() if framework == "ocean" else (),
            self.part() if books else None,
            (ends[0], ends[1]) if is_known else None,
            tuple(books),
        )

    def span(self) -> Evidence:
        review = self.random.choice(REVIEWS)
        start = self.random.randrange(len(review.text) - 1)
        end = self.random.randrange(start + 1, len(review.text) + 1)
        return Evidence(review.id, start, end, review.text[start:end], self.score())

    def override(self) -> Override:
        kind = self.random.choice(get_args(OverrideKind))
        score = 0.0 if kind == "unknown" else self.score()
        value = self.random.choice([None, "in Goa"])
        return Override(score, self.random.choice(["", "met her"]), self.moment(), kind, value)

    def readings(self) -> tuple[Reading, ...]:
        """In the order of the store."""
        return tuple(
            Reading(source, self.score(), self.part(), "4 of 4 items", self.moment())
            for source in sorted(get_args(ReadingSource), reverse=True)
            if self.random.random() < 0.5
        )

    def score(self) -> float:
        return self.random.choice([self.random.uniform(-1, 1), -1.0, 0.1 + 0.2])

    def part(self) -> float:
        return self.random.choice([self.random.random(), 0.0, 1.0])

    def moment(self) -> datetime:
        return NOW + timedelta(microseconds=self.random.randrange(10**12))


@pytest.mark.parametrize("seed", range(25))
def test_whatever_a_profile_holds_comes_back_exactly(tmp_path: Path, seed: int) -> None:
    drawn = Drawn(seed)
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        with_readers(folder)
    stored(there, Profile("ana", "embedded", (replace(TRAIT, override=drawn.override()),), NOW))
    stored(here, drawn.profile, drawn.findings, drawn.guesses)
    assert built(here) == drawn.profile

    told = exported(here, "ana")
    VALIDATOR.validate(json.loads(json.dumps(told)))
    loaded = load_profile(there, "ana", file_of(tmp_path, told))

    assert loaded.profile == drawn.profile
    assert exported(there, "ana") == told
    with opened(there) as db:
        assert tuple(finding_rows.of_reader(db, "ana")) == drawn.findings
        assert finding_rows.guesses_of(db, "ana") == drawn.guesses


def test_the_schema_is_a_schema_and_describes_every_field() -> None:
    Draft202012Validator.check_schema(schema())
    assert not list(undescribed(schema()))


def undescribed(rule: Any, name: str = "") -> Iterator[str]:
    if isinstance(rule, dict):
        for field, inner in rule.get("properties", {}).items():
            if not name.startswith("allOf") and "description" not in inner:
                yield f"{name}/{field}"
        for key, inner in rule.items():
            if key != "allOf":
                yield from undescribed(inner, key)


def test_the_schema_names_what_the_domain_names() -> None:
    rules: Any = schema()["$defs"]
    trait, override, reading = (
        rules[name]["properties"] for name in ("trait", "override", "reading")
    )
    assert trait["framework"]["enum"] == list(get_args(Framework))
    assert trait["status"]["enum"] == list(get_args(TraitStatus))
    assert override["kind"]["enum"] == list(get_args(OverrideKind))
    assert reading["source"]["enum"] == list(get_args(ReadingSource))


def places(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = (
        told.items()
        if isinstance(told, dict)
        else enumerate(told if isinstance(told, list) else ())
    )
    for key, value in inner:
        yield from places(value, (*path, key))


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    0.5,
    1,
    1.5,
    3,
    "",
    "x",
    "2026-13-45T00:00:00Z",
    [],
    ["x"],
    {},
    {"x": 1},
)


def test_what_the_schema_forbids_is_never_loaded(tmp_path: Path) -> None:
    """Every value of a file, one after the other, is replaced by three odd ones."""
    drawn = Drawn(3)
    with_readers(tmp_path)
    few = replace(drawn.profile, traits=drawn.profile.traits[:5])
    stored(tmp_path, few, drawn.findings, drawn.guesses)
    told = json.loads(json.dumps(exported(tmp_path, "ana")))
    forbidden = 0
    for path in [path for path in places(told) if path]:
        for odd in drawn.random.sample(ODD, 3):
            spoilt = json.loads(json.dumps(told))
            inner = spoilt
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            if VALIDATOR.is_valid(spoilt):
                assert first_fault(spoilt, schema()) is None, (path, odd)
            else:
                forbidden += 1
                file = file_of(tmp_path, spoilt)
                with pytest.raises(BadInput):
                    load_profile(tmp_path, "ana", file)
    assert forbidden > 200
    assert built(tmp_path) == few


def test_a_file_of_the_first_version_is_read(data_dir: Path) -> None:
    """As the first release wrote it: no version, no findings, an override without a kind."""
    span = {"review": "r1", "start": 0, "end": 6, "quote": "I like", "stance": 0.5}
    trait = {"id": "ocean.openness", "framework": "ocean", "score": 0.5, "confidence": 0.6}
    trait |= {"status": "known", "evidence": [span], "value": None, "note": ""}
    override = {"score": -0.5, "reason": "met her", "made_at": "2026-01-02T03:04:05+00:00"}
    told = {"reader": "ana", "provider": "embedded", "provider_note": "", "traits": [trait]}
    trait["override"] = override
    with opened(data_dir) as db, change(db, "Switch sensitive items"):
        reader_rows.set_sensitive(db, "ana", True)
    loaded = load_profile(data_dir, "ana", file_of(data_dir, told))
    made_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    own = Override(-0.5, "met her", made_at, "set")
    assert loaded.profile.traits == (replace(TRAIT, override=own),)
    assert loaded.profile.sensitive


def rounded(told: dict[str, Any]) -> object:
    """The journal keeps fifteen digits of a number, and brings findings back in any order."""
    findings = sorted(told["findings"], key=str)
    text = json.dumps({**told, "findings": findings})
    return json.loads(text, parse_float=lambda digits: round(float(digits), 12))


def test_a_load_is_one_change_that_can_be_undone(data_dir: Path) -> None:
    before = exported(data_dir, "ana")
    other = Drawn(7)
    told = document(data_dir)
    stored(data_dir, other.profile, other.findings, other.guesses)
    rich = exported(data_dir, "ana")
    load_profile(data_dir, "ana", file_of(data_dir, told))
    assert exported(data_dir, "ana") == before
    desk.undo(data_dir)
    assert rounded(exported(data_dir, "ana")) == rounded(rich)


def test_an_export_says_whether_sensitive_items_are_on(data_dir: Path) -> None:
    off = Trait("wvs.faith.1", "wvs", 0.0, 0.0, "off")
    stored(data_dir, Profile("ana", "embedded", (TRAIT, off), NOW))
    told = document(data_dir)
    assert told["sensitive"] == {
        "allowed": False,
        "off": ["wvs.faith.1"],
        "note": "Items on religion, sexuality, politics, health and abortion are switched off for "
        "this reader: 1 of 2 traits.",
    }
    assert load_profile(data_dir, "ana", file_of(data_dir, told)).notes == ()
    told["sensitive"]["allowed"] = True
    notes = load_profile(data_dir, "ana", file_of(data_dir, told)).notes
    assert [note for note in notes if "switched on" in note]
    assert desk.sensitive_allowed(data_dir, "ana")


def test_findings_can_be_left_out_of_an_export(data_dir: Path) -> None:
    told = exported(data_dir, "ana", with_findings=False)
    assert not {"findings", "genres"} & set(told)
    VALIDATOR.validate(json.loads(json.dumps(told)))
    load_profile(data_dir, "ana", file_of(data_dir, told))
    with opened(data_dir) as db:
        assert finding_rows.of_reader(db, "ana") == []


def test_a_reader_without_reviews_takes_what_was_known_over_as_the_editors_word(
    data_dir: Path,
) -> None:
    span = TRAIT.evidence
    age = Trait("demographics.age", "demographics", 1.0, 1.0, "known", span, "46")
    agreed = replace(age, id="demographics.location", value="Goa")
    agreed = replace(agreed, override=Override(1.0, "", NOW, "accepted"))
    asked = Reading("questionnaire", -0.5, 0.9, "", NOW)
    calm = replace(TRAIT, id="ocean.neuroticism", readings=(asked,))
    rated = Trait("interests.poetry", "interests", 0.5, 0.6, "known", share=0.4, books=("b1",))
    blank = Trait("interests.travel", "interests", 0.0, 0.0, "unknown", note="No book.")
    stored(data_dir, Profile("ana", "embedded", (TRAIT, age, agreed, calm, rated, blank), NOW))
    path = file_of(data_dir, exported(data_dir, "ana"))

    loaded = load_profile(data_dir, "bo", path)

    assert loaded.notes == (
        "4 quotes were left behind: this reader has no reviews.",
        "4 known traits are now your own word, for the reason: Loaded from profile.json.",
    )
    traits = {trait.id: trait for trait in loaded.profile.traits}
    assert not any(trait.evidence or trait.books for trait in traits.values())
    assert {trait.status for trait in traits.values()} == {"unknown"}
    assert traits["demographics.age"].effective_value == "46"
    assert traits["demographics.location"].effective_value == "Goa"
    openness = traits["ocean.openness"]
    assert (openness.effective_score, openness.is_known) == (0.5, True)
    assert openness.override is not None
    assert (openness.override.kind, openness.override.reason) == (
        "set",
        "Loaded from profile.json",
    )
    assert traits["ocean.neuroticism"].override is None
    assert traits["ocean.neuroticism"].effective_score == -0.5
    assert traits["interests.poetry"].effective_score == 0.5
    assert traits["interests.travel"] == blank
    VALIDATOR.validate(json.loads(json.dumps(exported(data_dir, "bo"))))
