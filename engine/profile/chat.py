"""The same profile by any chat model: every review is put to every sheet of statements.

Demographics, genres and aversions stay with the rules. The model judges values and temperament,
and names the sentence by its number, so that every quote is the reviewer's. What it gets wrong is
counted.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby

from engine.profile.assemble import Material, assembled
from engine.profile.aversions import aversion_findings
from engine.profile.chat_pieces import piece_without_reviewer
from engine.profile.chat_plan import Plan, Unit
from engine.profile.chat_replies import ReadReply, read_reply
from engine.profile.cost import Cost
from engine.profile.interests import of_books
from engine.record import finding_as_json, trait_as_json
from engine.store.judgements import Judgement
from models.asking import asked, concurrently
from models.chat import ChatModel, Sampling
from models.errors import UserError
from models.events import Event, Failed, Finished, Item, Note, Step

MOST_NAMED = 5
"""Reviews that a note names."""


async def answers_by_chat(
    model: ChatModel, plan: Plan, cost: Cost, concurrency: int, keep: Callable[[Judgement], None]
) -> AsyncGenerator[Step | Failed, None]:
    """Ask what is missing of a plan, sheet by sheet; an answer is kept as soon as it is there.

    Each sheet is first put to a text that shows nothing of anybody: what the model says of that
    is kept with its answers, and the server then has the sheet in its cache for the others. The
    first event tells the cost. A malformed reply is asked for once more. Closing the iterator
    cancels the requests under way; a model that cannot answer ends it with `Failed`.

    Args:
        concurrency: requests under way at once, at most.
        keep: called in a thread, once for each answer.
    """
    missing = plan.missing
    said_of_nothing = 0

    async def ask(unit: Unit) -> Judgement:
        judgement = await _asked(model, unit, plan.reply_tokens)
        judgement = replace(judgement, said_of_nothing=said_of_nothing)
        await asyncio.to_thread(keep, judgement)
        return judgement

    total = len(missing) + plan.sheets_missing
    yield Step(0, total, f"{model.name} is asked. {cost} Requests done:")
    done: list[Judgement] = []
    probes: list[Judgement] = []
    try:
        for _, of_sheet in groupby(missing, key=lambda unit: unit.sheet.key):
            units = list(of_sheet)
            probe = Unit(units[0].sheet, piece_without_reviewer())
            probes.append(await _asked(model, probe, plan.reply_tokens))
            # Twice malformed is a claim too: silence would have been well-formed.
            said_of_nothing = len(probes[-1].findings) + (not probes[-1].is_answer)
            spent = [*done, *probes]
            yield Step(len(spent), total, f"{_spent(spent)}; requests done:")
            async with aclosing(concurrently(units, ask, concurrency)) as answers:
                async for answer in answers:
                    done.append(answer)
                    spent = [*done, *probes]
                    yield Step(len(spent), total, f"{_spent(spent)}; requests done:")
    except UserError as error:
        kept = f"{len(done)} of {len(missing)} answers are there and kept"
        hint = f"{error.hint} Build again to ask only what is missing."
        yield Failed(f"{error.message} {kept}.", hint.strip())


def profile_from(
    plan: Plan, answers: Sequence[Judgement], material: Material, judge_name: str
) -> Iterator[Event]:
    """The profile that the answers to a whole plan come to, ending with `Finished`.

    Args:
        answers: in any order; those of requests that the plan does not hold are left out.
        material: the reviews with what else is known, without findings.
    """
    by_key = {answer.key: answer for answer in answers}
    in_order = [by_key[unit.key] for unit in plan.units if unit.key in by_key]
    findings = tuple(finding for answer in in_order for finding in answer.findings)
    findings += tuple(aversion_findings(of_books(material.reviews, material.books)))
    asked_about = {unit.piece.review_id for unit in plan.units}
    if short := len(material.reviews) - len(asked_about):
        yield Note(f"Reviews too short to be asked about: {short}.")
    unread = list(dict.fromkeys(answer.review_id for answer in in_order if not answer.is_answer))
    if unread:
        more = f" and {len(unread) - MOST_NAMED} more" if len(unread) > MOST_NAMED else ""
        yield Note(
            f"Malformed twice, and left out, on {', '.join(unread[:MOST_NAMED])}{more}. "
            "Building again asks for them once more."
        )
    yield Note(f"{judge_name} gave {_told(in_order)}.")
    yield Note(_restraint(in_order))
    traits = assembled(replace(material, findings=findings))
    for trait in traits:
        yield Item(trait_as_json(trait))
    prompts = ", ".join(dict.fromkeys(unit.sheet.key for unit in plan.units))
    yield Finished(
        {
            "provider_note": (
                f"Judged by {judge_name}: {_told(in_order)}. {_restraint(in_order)} "
                f"{_spent(in_order)}, "
                f"{len(plan.reused)} of {len(plan.units)} answers from earlier builds. "
                f"Prompts: {prompts}."
            ),
            "traits": [trait_as_json(trait) for trait in traits],
            "findings": [finding_as_json(finding) for finding in findings],
            "genres": dict(material.genres),
        }
    )


async def _asked(model: ChatModel, unit: Unit, reply_tokens: int) -> Judgement:
    sampling = Sampling(
        max_tokens=reply_tokens,
        # The grammar repeats its keys in every judgement.
        repeat_penalty=1.0,
        json_schema=unit.sheet.schema(unit.piece),
    )

    def read(text: str) -> ReadReply | None:
        return read_reply(text, unit.sheet, unit.piece)

    said = await asked(model, unit.sheet.messages(unit.piece), sampling, read)
    found = said.value or ReadReply((), 0)
    return Judgement(
        *unit.key,
        found.findings,
        len(said.unread),
        found.not_found,
        said.prompt_tokens,
        said.completion_tokens,
        said.unread,
    )


def _restraint(answers: Sequence[Judgement]) -> str:
    """Whether the model can say nothing: what it said of a text that shows nothing."""
    by_sheet: dict[str, int] = {}
    for answer in answers:
        sheet = answer.sheet.partition("[")[0]
        by_sheet[sheet] = max(answer.said_of_nothing, by_sheet.get(sheet, 0))
    if claims := sum(by_sheet.values()):
        return (
            f"Asked about a text that shows nothing of anybody, it made {_judgements(claims)}: "
            "it finds too much, and every quote needs your own eye."
        )
    return "Asked about a text that shows nothing of anybody, it found nothing."


def _spent(answers: Sequence[Judgement]) -> str:
    read = sum(answer.prompt_tokens for answer in answers)
    written = sum(answer.completion_tokens for answer in answers)
    if written and not read:
        return f"{written:,} tokens written, those read not counted by the server"
    return f"{read:,} tokens read, {written:,} written"


def _told(answers: Sequence[Judgement]) -> str:
    told = [_judgements(sum(len(answer.findings) for answer in answers))]
    if lost := sum(answer.not_found for answer in answers):
        told.append(f"{lost} refused that name no sentence of the review")
    if malformed := sum(answer.malformed for answer in answers):
        told.append(f"{malformed} malformed {'reply' if malformed == 1 else 'replies'}")
    return ", ".join(told)


def _judgements(count: int) -> str:
    return f"{count} judgement" if count == 1 else f"{count} judgements"
