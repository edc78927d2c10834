"""Commands of story P's second half: answer for personas, evaluate a tailoring, report on it."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.sampling import resampled
from models.chat import Reply, Text
from studio.shell.base import Command, give, say, shared, tell
from studio.shell.events import read_to_end
from studio.shell.files import FORCE, write_private
from studio.shell.following import result_of_run, reuse_or_start, run_of_same_input
from studio.shell.imports import skipped_lines
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.domain import Run
    from engine.tailoring.asking import Asked, TailoredPane
    from models.chat import Sampling


@click.command("answer", cls=Command)
@click.argument("dataset")
@click.argument("example", required=False)
@click.option("--prompt", help="A prompt of your own, in the place of an example's.")
@click.option(
    "--persona",
    "personas",
    multiple=True,
    metavar="WHOSE",
    help="chosen, rejected, none, retrieved-chosen, retrieved-rejected, or a sentence; each makes "
    "an answer.  [default: chosen and rejected; none for a prompt of your own]",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    help="base, few-shot, an exported training run, local:FILE.gguf or endpoint:NAME.  "
    "[default: the newest exported run, or base]",
)
@click.option("--max-tokens", help="The longest an answer may become.")
@click.option("--temperature", help="0 takes the likeliest word every time.")
@click.option("--repeat-penalty", help="1 is none.")
@click.option("--seed", help="The same one writes the same text.")
def answer(
    dataset: str,
    example: str | None,
    prompt: str | None,
    personas: tuple[str, ...],
    models: tuple[str, ...],
    **typed: str | None,
) -> None:
    """Answer one prompt for two opposed personas, or for any: EXAMPLE is the beginning of an id."""
    from engine.preview import DEFAULT_SAMPLING
    from engine.tailoring.asking import asked_of
    from engine.tailoring.speakers import speakers

    data_dir = shared().data_dir
    asked = asked_of(data_dir, dataset, example, prompt)
    offered = [one.name for one in speakers(data_dir, dataset)]
    newest = next((name for name in offered if name.startswith("train-")), "base")
    given = {name: value for name, value in typed.items() if value is not None}
    whose = personas or (("chosen", "rejected") if asked.case else ("none",))
    sampling = resampled(DEFAULT_SAMPLING, given)
    panes = asyncio.run(_answers(asked, models or (newest,), whose, sampling))
    document: dict[str, object] = {
        "dataset": dataset,
        "example": asked.case.example_id if asked.case else None,
        "prompt": asked.prompt,
        "sampling": asdict(sampling),
        "models": offered,
        "answers": panes,
    }
    give(document, [])


async def _answers(
    asked: "Asked", models: Sequence[str], whose: Sequence[str], sampling: "Sampling"
) -> list[dict[str, object]]:
    from engine.tailoring.asking import TailoredBench

    found = []
    async with TailoredBench(shared().data_dir) as bench:
        for model in models:
            for name in whose:
                pane = await bench.pane(asked, model, name)
                if name == whose[0] and (note := await bench.note(asked, pane.speaker)):
                    tell(note)
                _begin(pane)
                reply: Reply | None = None
                async with aclosing(bench.stream(asked, pane, sampling)) as events:
                    async for event in events:
                        if isinstance(event, Text) and not shared().as_json:
                            say(event.text, newline=False)
                        elif isinstance(event, Reply):
                            reply = event
                assert reply is not None, "a stream ends with its reply"
                if not shared().as_json:
                    say("\n")
                found.append(
                    {
                        "model": pane.speaker.name,
                        "whose": pane.whose,
                        "persona": pane.persona,
                        **asdict(reply),
                    }
                )
    return found


def _begin(pane: "TailoredPane") -> None:
    if not shared().as_json:
        say(f"{pane.speaker.title} ({pane.speaker.name}), for: {pane.persona or 'nobody'}")


@click.command("evaluate", cls=Command)
@click.argument("dataset")
@click.option("--run", "run_ids", multiple=True, help="A training run to evaluate; several do.")
@click.option("--base", default="", help="Where no run is named: a GGUF, a folder, or an id.")
@click.option("--few-shot/--no-few-shot", default=True, help="The base with five examples too.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=100, show_default=True, help="Pairs; 0: all."
)
@click.option("--unchecked", is_flag=True, help="Take personas that were not checked too.")
@click.option("--persona", default="", help="Ask every prompt for this one too: a sentence.")
@click.option(
    "--answers",
    type=click.IntRange(min=0),
    metavar="N",
    help="Have every arm that is exported answer N of the prompts, and the safety probe.",
)
@click.option("--retrieved", is_flag=True, help="Answer for the nearest prompt's personas too.")
@click.option("--probe/--no-probe", default=True, help="Answer the safety probe too.")
@click.option("--judge", "provider", help="Who judges the answers: local:FILE.gguf, endpoint:NAME.")
@click.option("--dry-run", is_flag=True, help="Tell what a judge would be asked, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before the judge is asked.")
@click.option("--fresh", is_flag=True, help="Score again, though it was done before.")
def evaluate(
    dataset: str,
    run_ids: tuple[str, ...],
    base: str,
    few_shot: bool,
    limit: int,
    unchecked: bool,
    persona: str,
    answers: int | None,
    retrieved: bool,
    probe: bool,
    provider: str | None,
    dry_run: bool,
    yes: bool,
    fresh: bool,
) -> None:
    """Tell what personas change: on held-out pairs, in answers, and by a judge.

    The log-probabilities of held-out pairs need no judge. The same call again goes on.
    """
    from engine.tailoring.answers import ASKED_WITH, answered
    from engine.tailoring.cases import RETRIEVED_OF, Given
    from engine.tailoring.evaluation import EvaluationOrder, ordered, start_evaluation
    from engine.tailoring.report import tailoring_report
    from studio.sheets.tailoring import margin_lines

    data_dir = shared().data_dir
    fixed = " ".join(persona.split())
    order = EvaluationOrder(dataset, run_ids, base, few_shot, limit, unchecked, fixed)
    settings, _, _ = ordered(data_dir, order)
    known = None
    if not fresh:
        known = run_of_same_input(data_dir, "evaluate", _subject(dataset), settings["fingerprint"])
    run, told = reuse_or_start(data_dir, known, lambda: start_evaluation(data_dir, order))
    tell(told)
    result_of_run(data_dir, run)
    if answers is not None:
        nearest = tuple(RETRIEVED_OF.values()) if retrieved else ()
        own: tuple[Given, ...] = ("fixed",) if fixed else ()
        given = (*ASKED_WITH, *nearest, *own)
        asyncio.run(read_to_end(answered(data_dir, run.id, answers, given, probe)))
    if provider is not None and not _judge(run.id, provider, dry_run, yes):
        return
    report = tailoring_report(data_dir, _again(run.id))
    lines = [
        *margin_lines(report),
        f"All of it: `persona-studio persona report {dataset} FILE.html`.",
    ]
    give(asdict(report), lines)


def _judge(evaluation_id: str, provider: str, dry_run: bool, yes: bool) -> bool:
    """Have the answers judged; False where only the cost was told."""
    from engine.tailoring.judging import judged, judging_cost

    data_dir = shared().data_dir
    cost = asyncio.run(judging_cost(data_dir, evaluation_id, provider))
    if dry_run:
        give(cost.as_json(), [str(cost)])
        return False
    if cost.calls and not yes:
        tell(str(cost))
        click.confirm(f"Ask {one_line(provider)}?", abort=True, err=True)
    asyncio.run(read_to_end(judged(data_dir, evaluation_id, provider)))
    return True


def _subject(dataset: str) -> str:
    from engine.tailoring.sets import subject_of

    return subject_of(dataset)


def _again(run_id: str) -> "Run":
    from engine import runs

    return runs.find_run(shared().data_dir, run_id)


@click.command("ballots", cls=Command)
@click.argument("dataset")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--load", "is_loaded", is_flag=True, help="Read the table back, filled in.")
@click.option("--voter", default="", help="Who has filled in the rows that name nobody.")
@click.option("--limit", type=click.IntRange(min=0), default=40, show_default=True, help="0: all.")
@click.option("--evaluation", help="The beginning of its id; the newest otherwise.")
@FORCE
def ballots(
    dataset: str,
    file: Path,
    is_loaded: bool,
    voter: str,
    limit: int,
    evaluation: str | None,
    force: bool,
) -> None:
    """Write a table of answers for people to vote on, blind; --load reads their votes.

    Whoever votes fills in `better` (the better answer for anybody) and `suits` (which suits the
    person described): 1, 2 or tie. People stand in the report beside the judges.
    """
    from engine.tailoring.ballots import load_ballots, make_ballots
    from engine.tailoring.evaluation import find_evaluation
    from engine.votes.drawing import a_seed

    data_dir = shared().data_dir
    run = find_evaluation(data_dir, dataset, evaluation)
    if not is_loaded:
        table = make_ballots(data_dir, run.id, limit, a_seed())
        write_private(file, table, force)
        give({"evaluation": run.id, "file": str(file)}, [f"Written to {file}."])
        return
    loaded = load_ballots(data_dir, run.id, file, voter)
    lines = [
        f"{count(loaded.votes, 'ballot')} by {', '.join(loaded.voters)}; {loaded.blank} not filled "
        "in.",
        *skipped_lines(loaded.skipped),
    ]
    give(asdict(loaded), lines)


@click.command("report", cls=Command)
@click.argument("dataset")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--evaluation", help="The beginning of its id; the newest otherwise.")
@FORCE
def report(dataset: str, file: Path, evaluation: str | None, force: bool) -> None:
    """Write the report of an evaluation: .html or .md; Markdown on standard output for -.

    Held-out pairs, judges, words, the safety probe, and the paper's own figures beside ours.
    """
    from engine.tailoring.evaluation import find_evaluation
    from engine.tailoring.report import tailoring_report
    from studio.sheets import tailoring

    data_dir = shared().data_dir
    found = tailoring_report(data_dir, find_evaluation(data_dir, dataset, evaluation))
    if str(file) == "-":
        if shared().as_json:
            click.echo(json.dumps(asdict(found), indent=2))
        else:
            say(tailoring.as_markdown(found), newline=False)
        return
    write_private(file, tailoring.laid_out_for(found, file), force)
    give({**asdict(found), "file": str(file)}, [f"Written to {file}."])
