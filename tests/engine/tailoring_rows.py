"""A dataset whose answers follow from the personas alone, for the tests of tailoring."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine import jobs, runs
from engine.domain import PreferenceExample, Run
from engine.jobs import RunDir
from engine.personas.domain import Persona, Side
from engine.store import datasets
from engine.store import personas as persona_rows
from engine.store import runs as run_rows
from engine.store.database import change, opened
from engine.tailoring.answers import ANSWERS, Written
from engine.tailoring.cases import CASES, Given, read_cases
from engine.tailoring.evaluation import EvaluationOrder, ordered
from engine.tailoring.margins import Scored, as_json, figures
from engine.tailoring.probe import KINDS, NOBODY, Lean
from engine.tailoring.report import LEANS, SCORES
from engine.tailoring.sets import subject_of
from engine.tailoring.speakers import FEW_SHOT
from models.events import Finished, to_line
from tests.engine.persona_rows import MOMENT, a_check, a_persona
from tests.loopback import ModelHandler, serving

DATASET = "letters"
SHORT = "The user is busy and prefers short answers."
LONG = "The user is curious and prefers long answers."


def example(number: int) -> PreferenceExample:
    return PreferenceExample(
        f"e{number}",
        DATASET,
        f"Tell me something small, number {number}.",
        "The river rose.",
        "The river rose and everybody carried a chair up the hill.",
    )


def personas_of(examples: Sequence[PreferenceExample], passed: bool | None = True) -> list[Persona]:
    """Both personas of each example, with checks that came out so; None leaves them unchecked."""
    told: tuple[tuple[Side, str], ...] = (("chosen", SHORT), ("rejected", LONG))
    return [
        replace(
            a_persona(one.id, side, text),
            check=None if passed is None else a_check(text, passed, passed),
        )
        for one in examples
        for side, text in told
    ]


def fill(data_dir: Path, number: int = 12, passed: bool | None = True) -> list[PreferenceExample]:
    """Store the dataset with its personas."""
    examples = [example(n) for n in range(number)]
    personas = personas_of(examples, passed)
    with opened(data_dir) as db, change(db, "Import preferences"):
        datasets.save(db, examples)
        persona_rows.add_personas(db, personas)
        persona_rows.save_checks(
            db, {(one.example_id, one.side): one.check for one in personas if one.check}
        )
    return examples


def an_evaluation(data_dir: Path, limit: int = 2) -> RunDir:
    """An evaluation of the dataset that was ordered and not worked on."""
    settings, files, title = ordered(data_dir, EvaluationOrder(DATASET, limit=limit))
    run = Run("evaluate-1", "evaluate", subject_of(DATASET), title, MOMENT)
    directory = jobs.prepare(runs.run_dir(data_dir, run.id).path, "evaluate", settings)
    for name, text in files.items():
        (directory.path / name).write_text(text, encoding="utf-8")
    with opened(data_dir) as db:
        run_rows.add(db, run)
    return directory


def a_finished_evaluation(data_dir: Path, limit: int = 2) -> RunDir:
    """One whose base reads no persona, and whose exemplars turn every pair by two nats; the persona
    `steps` pulls the base's requests through."""
    directory = an_evaluation(data_dir, limit=limit)
    cases = read_cases(directory.path / CASES)
    signs: dict[Given, int] = {"chosen": 1, "rejected": -1, "none": 0}
    scored = [
        Scored(arm, given, case.example_id, case.topic, -10.0 + turn * sign, -10.0)
        for arm, turn in (("base", 0), (FEW_SHOT, 1))
        for case in cases
        for given, sign in signs.items()
    ]
    leans = [
        Lean(arm, kind, at, persona, nats)
        for arm in ("base", FEW_SHOT)
        for kind in KINDS
        for at in range(2)
        for persona, nats in ((NOBODY, 1.0), ("steps", -1.0 if arm == "base" else 1.0))
    ]
    for name, rows in ((SCORES, scored), (LEANS, leans)):
        (directory.path / name).write_text(json.dumps([vars(row) for row in rows]))
    result: dict[str, object] = {
        "run": directory.id,
        "state": "finished",
        "cases": len(cases),
        "arms": as_json(figures(scored)),
        "too_long": {},
    }
    directory.events.write_text(to_line(Finished(result)) + "\n")
    return directory


def with_answers(directory: RunDir) -> RunDir:
    """The base answers whoever asks fittingly, and nobody else as well."""
    written = [
        Written("base", case.example_id, given, "", text, 3, "end", "")
        for case in read_cases(directory.path / CASES)
        for given, text in (
            ("chosen", "a fitting answer"),
            ("rejected", "another fitting answer"),
            ("none", "an answer"),
        )
    ]
    lines = "".join(json.dumps(vars(one)) + "\n" for one in written)
    (directory.path / ANSWERS).write_text(lines)
    return directory


@dataclass
class Judge:
    """Takes the answer that has its favourite word; of two that do, or do not, the first."""

    favourite: str = "fitting"
    refuses_from: int | None = None
    """From this request on, counted from 0, there is no answer but 429."""
    base_url: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def provider(self) -> str:
        return f"endpoint:{self.base_url}#m"

    def reply(self, asked: str) -> str:
        one, _, other = asked.partition("Answer 1:")[2].partition("Answer 2:")
        is_second = self.favourite in other and self.favourite not in one
        answer = "2" if is_second else "1"
        return json.dumps({"reason": "so", "answer": answer, "confidence": 90})


@contextmanager
def judging() -> Iterator[Judge]:
    """Serve a judge on a free port."""
    found, lock = Judge(), threading.Lock()

    class Handler(ModelHandler):
        def do_POST(self) -> None:
            asked = self.asked()
            with lock:
                number = len(found.asked)
                found.asked.append(asked)
            if found.refuses_from is not None and number >= found.refuses_from:
                self.refuse()
            else:
                self.answer(found.reply(asked))

    with serving(Handler) as found.base_url:
        yield found
