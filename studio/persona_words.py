"""Personas and their figures in words, for the command line and the window alike."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from engine.personas.domain import SIDES, STATES, Persona, Side, State
from engine.sources.dialogue import last_request
from models.events import Event, Finished, Step
from studio.pictures.readers_served import readers_served, twins_told
from studio.text import count, one_line, visible

if TYPE_CHECKING:
    from engine.personas.editing import Entry
    from engine.personas.map import PersonaMap
    from engine.personas.saliency import SalientWord
    from models.events import JsonObject

MARKS: Mapping[State, str] = {"passed": "✓", "refuted": "✗", "unchecked": "·", "failed": "!"}
STATE_WORDS: Mapping[State, str] = {
    "passed": "passed its check",
    "refuted": "did not pass its check",
    "unchecked": "not checked",
    "failed": "no valid persona",
}


def states_told(states: Mapping[State, int]) -> str:
    """`3 passed, 1 unchecked`; what there is none of is left out."""
    told = [f"{states[state]:,} {state}" for state in STATES if states.get(state)]
    return ", ".join(reversed(told)) or "no personas yet"


def marks_of(entry: "Entry") -> str:
    """Two signs, of the chosen and the rejected persona; a dash where there is none."""
    found = (entry.personas.get(side) for side in SIDES)
    return "".join(MARKS[one.state] if one else "-" for one in found)


def check_told(persona: Persona) -> str:
    """What became of a persona, in a sentence."""
    if persona.is_failed:
        return f"No valid persona: {persona.failure}"
    check = persona.check
    if check is None or persona.passed is None:
        return "Not checked as it reads now."
    judge = one_line(check.judge, 60)
    if check.passed:
        return f"Passed: the judge picked the intended answer in both orders ({judge})."
    orders = ((check.intended_first, "first"), (check.intended_second, "second"))
    told = " and ".join(f"{_pick(pick)} as it stood {place}" for pick, place in orders)
    return f"Not passed: the judge {told} ({judge})."


def _pick(pick: bool | None) -> str:
    if pick is None:
        return "gave no answer on the intended one"
    return "picked the intended answer" if pick else "picked the other answer"


def origin_told(persona: Persona) -> str:
    """Where a persona came from, as the beginning of a sentence."""
    if persona.origin == "edited":
        return "Written by the editor"
    name = one_line(persona.model_name, 60)
    return f"Inferred by {name}" if persona.origin == "inferred" else f"Loaded from {name}"


def entry_lines(entry: "Entry", keys: Mapping[Side, str] | None = None) -> Iterator[str]:
    """A pair in full, its personas first: answers may be long.

    Args:
        keys: in the window, the key that writes the persona of each side.
    """
    example = entry.example
    yield f"{example.id} of {one_line(example.dataset_id)}"
    for side in SIDES:
        yield ""
        writes = f" ({keys[side]} edits)" if keys else ""
        yield f"Who prefers the {side} answer{writes}:"
        persona = entry.personas.get(side)
        if persona is None:
            yield "  no persona yet"
            continue
        yield f"  {visible(persona.text or persona.raw)}"
        yield f"  {check_told(persona)} {origin_told(persona)}."
    texts = {"Prompt": example.prompt, "Chosen": example.chosen, "Rejected": example.rejected}
    for name, text in texts.items():
        yield ""
        yield f"{name}:"
        yield from (f"  {line}" for line in visible(text).splitlines())


def entry_line(entry: "Entry", width: int = 100) -> str:
    """A pair in one line, with its marks."""
    prompt = one_line(last_request(entry.example.prompt), max(20, width - 24))
    return f"{entry.example.id}  [{marks_of(entry)}]  {prompt}"


def inference_lines(result: "JsonObject") -> Iterator[str]:
    """What an inference came to."""
    asked, kept = (int(str(result[name])) for name in ("asked", "kept"))
    too_long = int(str(result["too_long"]))
    if not asked + kept + too_long:
        yield "Nothing was left to infer: each of these pairs has both personas."
        return
    made = count(int(str(result["personas"])), "persona")
    yield f"{made} by {one_line(str(result['model']))}; {asked:,} asked, {kept:,} kept from before."
    reasons = cast("Mapping[str, int]", result["reasons"])
    if reasons:
        yield f"No valid persona, after a second try: {sum(reasons.values()):,}"
    for reason, number in list(reasons.items())[:10]:
        yield f"  {number:,} times: {one_line(reason, 120)}"
    if too_long:
        yield f"Over the model's context, and left out: {too_long:,}."


def figure_lines(result: "JsonObject") -> Iterator[str]:
    """What the checks of a dataset come to, as `Figures.as_json` has it."""
    sides = cast("Mapping[str, JsonObject]", result["sides"])
    for name, one in (*sides.items(), ("both", cast("JsonObject", result["both"]))):
        accuracy = cast("JsonObject", one["accuracy"])
        states = cast("Mapping[State, int]", one["states"])
        yield f"{name:<9} {_share_told(accuracy)}   ({states_told(states)})"
    if result["gap"] is not None:
        yield f"Gap, chosen less rejected: {cast('float', result['gap']):+.1%}"
    if result["first_share"] is not None:
        share = cast("float", result["first_share"])
        yield f"Answers that stood first were picked {share:.0%} of the time (50 % is fair)."
    preference = cast("JsonObject | None", result.get("preference"))
    if preference and preference["gap"] is not None:
        yield (
            "Which persona fits more people: "
            f"chosen {preference['chosen']}, rejected {preference['rejected']}, "
            f"ties {preference['ties']}; gap {cast('float', preference['gap']):+.1%}"
        )
    if told := turned_away_told(result):
        yield told
    judges = ", ".join(one_line(str(name), 60) for name in cast("list[str]", result["judges"]))
    yield f"Judged by {judges}." if judges else "Nothing is checked yet."


def turned_away_told(result: "JsonObject") -> str:
    """How many personas a check passed over since the judge's server refused; empty of none."""
    number = int(str(result.get("turned_away", 0)))
    if not number:
        return ""
    return (
        f"Not checked, as the server refused a request: {count(number, 'persona')}. "
        "`persona check --fresh` asks everything again."
    )


def work_told(step: Step | None, notes: Sequence[str], ended: Event | None) -> str:
    """How far an inference or a check is, on a line; of one that ended, what it passed over."""
    if ended is not None:
        return turned_away_told(ended.result) if isinstance(ended, Finished) else ""
    far = f"{step.note} {step.done:,} of {step.total:,}" if step else ""
    return one_line(" ".join([far, *notes]), 400)


def _share_told(share: "JsonObject") -> str:
    if not share["cases"]:
        return "not checked"
    low, high = cast("list[float]", share["interval"])
    told = f"{cast('float', share['share']):.0%} ({low:.0%} to {high:.0%})"
    return f"{told} right in both orders, {share['hits']} of {share['cases']}"


def map_lines(found: "PersonaMap", width: int = 100) -> Iterator[str]:
    """The groups of a map with a typical member each, twins, and the most telling words."""
    if not found.is_current:
        yield "Personas have changed since this map was made."
    yield from readers_served(found, width)
    for group in found.groups:
        yield ""
        yield f"{group.name}: {count(len(group.members), 'persona')}"
        yield from (f"  {one_line(text, 240)}" for text in group.typical)
    if told := twins_told(found):
        yield ""
        yield told
    if found.words:
        chosen = [word for word in found.words if word.chosen > word.rejected]
        rejected = [word for word in found.words if word.rejected > word.chosen]
        rejected.sort(key=lambda word: (word.chosen_share.share or 0.0, -word.rejected))
        yield ""
        yield "Words of those who prefer the chosen answers:   " + _words_told(chosen[:8])
        yield "Words of those who prefer the rejected answers: " + _words_told(rejected[:8])


def group_lines(result: "JsonObject") -> Iterator[str]:
    """What the personas of groups are worth on unseen choices, as `held_out` has it."""
    groups = cast("list[JsonObject]", result["groups"])
    for group in groups:
        kept = "kept" if group["kept"] else "not kept"
        yield f"{one_line(str(group['group']), 60)}: {kept}"
        yield f"  {one_line(str(group['persona']), 240)}"
        if group["mean_gain"] is None:
            yield "  No unseen choice could be scored."
            continue
        interval = cast("list[float] | None", group["interval"])
        reach = f" ({interval[0]:+.2f} to {interval[1]:+.2f})" if interval else ""
        few = "" if interval else ", too few for a verdict"
        plain, own = (cast("JsonObject", group[f"told_{how}"]) for how in ("without", "with"))
        unseen = count(int(str(own["cases"])), "unseen choice")
        yield f"  gains {cast('float', group['mean_gain']):+.2f} nats{reach} on {unseen}{few}"
        yield f"  likelier is the preferred answer of {own['hits']}, without it of {plain['hits']}"
    tested = int(str(result["tested"]))
    if tested > 1:
        each = cast("float", result["confidence"])
        yield f"The intervals of these {tested} groups hold together at 95 %: each at {each:.1%}."
    scored, kept_before = (int(str(result[name])) for name in ("scored", "kept"))
    by = one_line(str(result["model"]))
    yield f"Scored by {by}: {scored:,} choices, {kept_before:,} kept from before."


def _words_told(words: "Sequence[SalientWord]") -> str:
    return ", ".join(f"{word.word} ({word.chosen} to {word.rejected})" for word in words) or "none"
