"""Answers to held-out prompts and to the probe, by every arm under every persona, kept as written.

Waiting work, in the front end's loop. Each answer is in the evaluation's `answers.jsonl` before the
next is asked for, so that the same call goes on where a killed one stopped.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import runs
from engine.jobs import RunDir
from engine.kept_lines import keep_lines, kept_lines
from engine.prompts import Takes, for_persona, prompt_sha256, refusal_note
from engine.prompts.taking import taken_by
from engine.tailoring import probe
from engine.tailoring.cases import (
    CASES,
    Case,
    Given,
    limited,
    persona_given,
    read_cases,
    read_retrieved,
)
from engine.tailoring.evaluation import settings_of
from engine.tailoring.speakers import Speaker, speakers_of
from models.chat import Message, Reply, Sampling, Stopped, complete
from models.errors import UserError
from models.events import Event, Failed, Finished, Note, Step
from models.providers import opened_model

ANSWERS = "answers.jsonl"
PROBE = "probe/"
SAMPLING = Sampling(max_tokens=200, temperature=0.0, repeat_penalty=1.1, seed=1)
"""The previews': greedy, so that two answers differ by model and prompt alone."""
CONTEXT = 4096
"""Tokens: five exemplars, a question and an answer."""
ASKED_WITH: tuple[Given, ...] = ("chosen", "rejected", "none")

Key = tuple[str, str, str]
"""Arm, what is asked (an example's id, or `probe/KIND/NUMBER`), and whose persona was given."""


@dataclass(frozen=True)
class Written:
    """An answer and what made it."""

    arm: str
    about: str
    given: str
    prompt_sha256: str
    text: str
    tokens: int
    stopped: Stopped
    model_sha256: str

    @property
    def key(self) -> Key:
        return self.arm, self.about, self.given


@dataclass(frozen=True)
class Request:
    """One answer that is wanted."""

    key: Key
    messages: tuple[Message, ...]

    @property
    def print(self) -> str:
        return prompt_sha256(self.messages)


def read_answers(directory: Path) -> dict[Key, Written]:
    """What was written so far, the newest where a prompt was asked again."""
    written = (Written(**row) for row in kept_lines(directory / ANSWERS))
    return {one.key: one for one in written}


async def answered(
    data_dir: Path,
    evaluation_id: str,
    limit: int,
    given: Sequence[Given] = ASKED_WITH,
    with_probe: bool = True,
    sampling: Sampling = SAMPLING,
) -> AsyncGenerator[Event, None]:
    """Write what is missing; closing the iterator stops the work, and what was written is kept.

    Args:
        limit: cases that every arm answers, the same ones; 0 takes all.

    Raises:
        UserError: no arm can answer, or a model cannot be opened.
    """
    run = runs.run_dir(data_dir, evaluation_id)
    directory = run.path
    arms, silent = speakers_of(data_dir, evaluation_id)
    for run_id in silent:
        yield Note(
            f"{run_id} writes nothing until it is exported: e on the training on the Tailoring "
            f"screen, or `persona-studio export {run_id}`."
        )
    cases = limited(read_cases(directory / CASES), limit)
    kept = read_answers(directory)
    total = written = 0
    for arm in arms:
        takes = taken_by(arm.provider, data_dir)
        if arm is arms[0] and (note := refusal_note((case.prompt for case in cases), takes)):
            yield Note(note)
        of_cases = _of_cases(run, arm, cases, given, takes)
        wanted = [*of_cases, *(_of_probe(arm) if with_probe else ())]
        missing = [
            one for one in wanted if one.key not in kept or kept[one.key].prompt_sha256 != one.print
        ]
        total += len(wanted)
        if not missing:
            continue
        async with opened_model(arm.provider, data_dir, CONTEXT) as model:
            for done, request in enumerate(missing):
                yield Step(done, len(missing), f"{arm.name} writes answers:")
                try:
                    reply = await complete(model, request.messages, sampling)
                except UserError as error:
                    yield Failed(f"{error.message} {written} answers are kept.", error.hint)
                    return
                keep_lines(directory / ANSWERS, asdict(_written(request, reply)))
                written += 1
    yield Finished({"answers": total, "written": written, "cases": len(cases), "silent": silent})


def _of_cases(
    directory: RunDir, arm: Speaker, cases: Sequence[Case], given: Sequence[Given], takes: Takes
) -> Iterator[Request]:
    retrieved = read_retrieved(directory.path)
    fixed = str(settings_of(directory).get("fixed", ""))
    for case in cases:
        for whose in given:
            persona = persona_given(case, whose, retrieved, fixed)
            if persona is not None:
                messages = for_persona(case.prompt, persona, arm.before, takes)
                yield Request((arm.name, case.example_id, whose), messages)


def _of_probe(arm: Speaker) -> Iterator[Request]:
    asked = probe.probe()
    personas: Mapping[str, str] = {probe.NOBODY: "", **asked.personas}
    for kind in probe.KINDS:
        for at, request in enumerate(asked.of(kind)):
            for name, persona in personas.items():
                about = f"{PROBE}{kind}/{at}"
                yield Request((arm.name, about, name), for_persona(request, persona, arm.before))


def _written(request: Request, reply: Reply) -> Written:
    arm, about, given = request.key
    return Written(
        arm,
        about,
        given,
        request.print,
        reply.text.strip(),
        reply.completion_tokens,
        reply.stopped,
        reply.model_sha256,
    )
