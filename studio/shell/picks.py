"""Commands about the either/or picks: the Big Five from a dozen of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.errors import BadInput
from studio.shell.base import Group, find_reader, give, tell
from studio.shell.self_report import reading_as_json, typed_answer

if TYPE_CHECKING:
    from engine.bank import Pick
    from engine.profile.picks import Choice
    from engine.self_report import PickRound


@click.group("picks", cls=Group)
def picks() -> None:
    """The Big Five from a dozen either/or picks: quick and rough."""


@picks.command("show")
@click.argument("reader")
def show_picks(reader: str) -> None:
    """List the picks made so far and the next one."""
    from engine import self_report

    data_dir, reader_id = find_reader(reader)
    _give_round(reader_id, self_report.pick_round(data_dir, reader_id))


@picks.command("make")
@click.argument("reader")
@click.option(
    "--choice",
    "given",
    multiple=True,
    metavar="PICK=high|low",
    help="Make this pick without being asked, such as pick.openness.1=high; repeatable.",
)
def make(reader: str, given: tuple[str, ...]) -> None:
    """Make the picks in the terminal, or those given; with the last, the profile has scores."""
    from engine import self_report

    data_dir, reader_id = find_reader(reader)
    if given:
        made = self_report.make_picks(data_dir, reader_id, dict(map(_choice, given)))
    else:
        made = _asked_in_turn(data_dir, reader_id)
    _give_round(reader_id, made)


@picks.command("clear")
@click.argument("reader")
def clear_picks(reader: str) -> None:
    """Take the picks and their scores away; undo brings them back."""
    from engine import self_report

    data_dir, reader_id = find_reader(reader)
    self_report.clear_self_report(data_dir, reader_id, "picks")
    told = "The picks are taken away; `persona-studio undo` brings them back."
    give({"reader": reader_id, "cleared": "picks"}, [told])


def _choice(text: str) -> "tuple[str, Choice]":
    pick_id, _, side = text.partition("=")
    if side == "high":
        return pick_id, "high"
    if side == "low":
        return pick_id, "low"
    raise BadInput(f"{text!r} is no choice.", "Write --choice pick.openness.1=high, or =low.")


def _asked_in_turn(data_dir: Path, reader_id: str) -> "PickRound":
    from engine import self_report

    made = self_report.pick_round(data_dir, reader_id)
    tell("Which is more like you? Type a or b; u takes the last pick back, q leaves.")
    while (pick := made.next_pick) is not None:
        tell(f"\n{len(made.made) + 1} of {made.asked}. {pick.situation}")
        for letter, text in zip("ab", _shown(pick), strict=True):
            tell(f"{letter}  {text}")
        typed = typed_answer("a or b")
        if typed == "q":
            break
        if typed in ("a", "b"):
            is_high = (typed == "a") == pick.high_first
            made = self_report.make_pick(data_dir, reader_id, pick.id, "high" if is_high else "low")
        elif typed == "u" and made.made:
            made = self_report.make_pick(data_dir, reader_id, list(made.made)[-1], None)
        else:
            tell("Type a or b; or u, q.")
    return made


def _shown(pick: "Pick") -> tuple[str, str]:
    return (pick.high, pick.low) if pick.high_first else (pick.low, pick.high)


def _give_round(reader_id: str, made: "PickRound") -> None:
    from engine.bank import picks as all_picks

    known = {pick.id: pick for pick in all_picks()}
    following = made.next_pick
    give(
        {
            "reader": reader_id,
            "asked": made.asked,
            "made": [
                {**_pick(known[pick_id]), "choice": side} for pick_id, side in made.made.items()
            ],
            "next": _pick(following) if following else None,
            "traits": [reading_as_json(trait_id, told) for trait_id, told in made.scores.items()],
        },
        _round_lines(reader_id, made, known),
    )


def _round_lines(reader_id: str, made: "PickRound", known: "Mapping[str, Pick]") -> Iterator[str]:
    from studio.scores import pick_lines

    yield f"{len(made.made)} of {made.asked} picks made."
    for pick_id, side in made.made.items():
        pick = known[pick_id]
        taken = pick.high if side == "high" else pick.low
        yield f"  {pick_id}={side}  {pick.situation} {taken}"
    yield ""
    if following := made.next_pick:
        yield f"Next: {following.id}  {following.situation}"
        yield f"  high: {following.high}"
        yield f"  low:  {following.low}"
        yield f"`persona-studio picks make {reader_id}` goes on."
    else:
        yield from pick_lines(made.scores)


def _pick(pick: "Pick") -> dict[str, object]:
    return {name: getattr(pick, name) for name in ("id", "trait", "situation", "high", "low")}
