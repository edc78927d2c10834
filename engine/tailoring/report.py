"""All that one evaluation came to, gathered from its run directory; laid out elsewhere."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from engine import runs
from engine.domain import Run
from engine.tailoring import probe
from engine.tailoring.answers import read_answers
from engine.tailoring.cases import CASES, read_cases
from engine.tailoring.contests import ContestFigures, contest_figures
from engine.tailoring.evaluation import settings_of
from engine.tailoring.judging import kinship, read_judged, seats_of
from engine.tailoring.margins import ArmFigures, Scored, figures
from engine.tailoring.probe import Lean, PulledBy
from engine.tailoring.speakers import FEW_SHOT
from engine.tailoring.words import (
    Refused,
    Sensitivity,
    WordFigures,
    refusals,
    sensitivities,
    word_figures,
)
from engine.train.input_files import read_config

SCORES, LEANS = "scores.json", "leans.json"


@dataclass(frozen=True)
class ArmTold:
    """An arm, and how it came about."""

    name: str
    told: str


@dataclass(frozen=True)
class Judgement:
    """What one judge said."""

    judge: str
    warning: str
    """Where it is of the family of what it judges; empty otherwise."""
    contests: tuple[ContestFigures, ...]


@dataclass(frozen=True)
class TailoringReport:
    """All that stands in the report."""

    dataset_id: str
    evaluation_id: str
    made_on: str
    base: str
    cases: int
    held_out: int
    """Held-out pairs with both personas that there are; the cases are all, or some of them."""
    unchecked: bool
    """Whether personas that were not checked were taken."""
    fixed: str
    """The persona that all prompts were scored with too; empty for none."""
    arms: tuple[ArmTold, ...]
    margins: tuple[ArmFigures, ...]
    probe: tuple[PulledBy, ...]
    refusals: tuple[Refused, ...]
    words: tuple[WordFigures, ...]
    sensitivity: tuple[Sensitivity, ...]
    judgements: tuple[Judgement, ...]
    too_long: Mapping[str, tuple[str, ...]]
    """Ids of the cases that an arm could not read, by arm."""


@dataclass(frozen=True)
class PublishedRow:
    """One row of ΔPQ, times 100, by set of data."""

    method: str
    personas: str
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Published:
    """The paper's figures, of another model and other data."""

    title: str
    model: str
    delta_pq: tuple[PublishedRow, ...]
    words: tuple[Mapping[str, object], ...]


def tailoring_report(data_dir: Path, run: Run) -> TailoringReport:
    """Gather the report of a finished evaluation."""
    directory = runs.run_dir(data_dir, run.id)
    told = settings_of(directory)
    cases = read_cases(directory.path / CASES)
    answers = read_answers(directory.path)
    scored = [Scored(**row) for row in json.loads((directory.path / SCORES).read_text())]
    leans = [Lean(**row) for row in json.loads((directory.path / LEANS).read_text())]
    seats = seats_of(directory.path)
    too_long = run.result.get("too_long", {})
    assert isinstance(too_long, Mapping)
    return TailoringReport(
        dataset_id=str(told["dataset_id"]),
        evaluation_id=run.id,
        made_on=run.created_at.date().isoformat(),
        base=str(told["base"]),
        cases=len(cases),
        held_out=int(str(told["held_out"])),
        unchecked=bool(told["unchecked"]),
        fixed=str(told.get("fixed", "")),
        arms=tuple(_arm(data_dir, name) for name in dict.fromkeys(one.arm for one in scored)),
        margins=tuple(figures(scored)),
        probe=tuple(probe.pulled(leans)),
        refusals=tuple(refusals(answers.values())),
        words=tuple(word_figures(cases, answers)),
        sensitivity=tuple(sensitivities(cases, answers)),
        judgements=tuple(
            Judgement(judge, kinship(judge, data_dir, run.id), tuple(contest_figures(seats, said)))
            for judge, said in read_judged(directory.path).items()
        ),
        too_long={arm: tuple(ids) for arm, ids in too_long.items()},
    )


@cache
def published() -> Published:
    """The figures that the program comes with."""
    told = tomllib.loads((files(__package__) / "published.toml").read_text(encoding="utf-8"))
    rows = [PublishedRow(row.pop("method"), row.pop("personas"), row) for row in told["delta_pq"]]
    return Published(told["title"], told["model"], tuple(rows), tuple(told["words"]))


def _arm(data_dir: Path, name: str) -> ArmTold:
    if name == FEW_SHOT:
        return ArmTold(name, "the base with five training pairs and their personas before it")
    if not name.startswith("train-"):
        return ArmTold(name, "the model that the others were made from, or are compared with")
    config = read_config(runs.run_dir(data_dir, name).path)
    mirrored = ", mirrored" if config.mirror and config.personas == "both" else ""
    return ArmTold(
        name,
        f"{config.method} on personas: {config.personas}{mirrored}; learning rate "
        f"{config.learning_rate:g}, beta {config.beta:g}, {config.epochs} epochs, "
        f"preset {config.preset}",
    )
