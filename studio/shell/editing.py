"""Commands that correct a profile, say what it hangs on, and forget a review."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.domain import Profile
from studio.shell.base import Command, find_reader, give
from studio.shell.trait_lines import score_line, short, trait_line
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.editing import ForgottenReview, Influence

LINES_AT_MOST = 40
_REASON = click.option("--reason", default="", help="Why; kept beside your word.")
_NUMBERS = {"ignore_unknown_options": True}
"""Without it -0.5 would be taken for an option."""


@click.command("accept", cls=Command)
@click.argument("reader")
@click.argument("trait")
@_REASON
def accept(reader: str, trait: str, reason: str) -> None:
    """Agree with a trait as it stands; reading the reviews again does not move it."""
    from engine import editing

    data_dir, reader_id = find_reader(reader)
    give_trait(editing.accept_trait(data_dir, reader_id, trait, reason), trait)


@click.command("set", cls=Command, context_settings=_NUMBERS)
@click.argument("reader")
@click.argument("trait")
@click.argument("score", type=click.FloatRange(-1, 1), required=False)
@click.option("--value", help="The fact, in place of a score: `--value Lisbon`.")
@_REASON
def set_(reader: str, trait: str, score: float | None, value: str | None, reason: str) -> None:
    """Set your own score, or fact, for a trait; it wins over what was extracted."""
    from engine import editing

    data_dir, reader_id = find_reader(reader)
    give_trait(editing.set_trait(data_dir, reader_id, trait, score, reason, value), trait)


@click.command("unknown", cls=Command)
@click.argument("reader")
@click.argument("trait")
@_REASON
def unknown(reader: str, trait: str, reason: str) -> None:
    """Mark a trait unknown, whatever the reviews say: nothing uses it any more."""
    from engine import editing

    data_dir, reader_id = find_reader(reader)
    give_trait(editing.mark_unknown(data_dir, reader_id, trait, reason), trait)


@click.command("unset", cls=Command)
@click.argument("reader")
@click.argument("trait")
def unset(reader: str, trait: str) -> None:
    """Take your own word away; what was extracted holds again."""
    from engine import editing

    data_dir, reader_id = find_reader(reader)
    give_trait(editing.clear_override(data_dir, reader_id, trait), trait)


def give_trait(profile: Profile, trait_id: str) -> None:
    """Print one trait of a profile as it stands now."""
    from engine import desk
    from engine.record import trait_as_json

    trait = profile.trait(trait_id)
    if trait is None:  # the editor's word was all that was left of it
        told = {"reader": profile.reader_id, "trait": None}
        give(told, [f"{trait_id} is not in the profile any more."])
        return
    give(
        {"reader": profile.reader_id, "trait": trait_as_json(trait)},
        [trait_line(trait, desk.trait_names())],
    )


@click.command("influence", cls=Command)
@click.argument("reader")
@click.argument("trait")
def influence(reader: str, trait: str) -> None:
    """What a trait would be without each review that bears on it, the weightiest first."""
    from engine import desk, editing

    data_dir, reader_id = find_reader(reader)
    found = editing.influence(data_dir, reader_id, trait)
    titles = {review.id: book.title for review, book in desk.reviews(data_dir, reader_id)}
    give(
        {
            "reader": reader_id,
            "trait": trait,
            "influence": [
                {**asdict(one), "score": round(one.score, 3), "change": round(one.change, 3)}
                for one in found
            ],
        },
        [_influence_line(one, titles) for one in found[:LINES_AT_MOST]]
        or ["No review bears on this trait."],
    )


def _influence_line(one: "Influence", titles: Mapping[str, str]) -> str:
    left = one.status if one.status != "known" else one.value or score_line(one.score)
    sure = f", confidence {one.confidence:.0%}" if one.status == "known" else ""
    return f"without {one.review_id} ({one_line(titles[one.review_id], 50)}): {left}{sure}"


@click.command("carried", cls=Command)
@click.argument("reader")
def carried(reader: str) -> None:
    """The traits that one single review decides: without it unknown, or on the other side."""
    from engine import desk, editing

    data_dir, reader_id = find_reader(reader)
    found = editing.carried_by_one_review(data_dir, reader_id)
    names = desk.trait_names()
    lines = [
        f"{review_id}: {one_line(names.get(trait_id, trait_id), 70)} [{trait_id}]"
        for trait_id, review_id in sorted(found.items(), key=lambda item: item[1])
    ]
    give({"reader": reader_id, "carried": found}, lines or ["No trait hangs on a single review."])


@click.command("forget-review", cls=Command)
@click.argument("reader")
@click.argument("review")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_review(reader: str, review: str, yes: bool) -> None:
    """Delete one review and all that was read out of it, for good; says what still carries it."""
    from engine import editing

    data_dir, reader_id = find_reader(reader)
    if not yes:
        question = f"Forget review {review} for good? Undo does not bring it back"
        click.confirm(question, abort=True, err=True)
    forgotten = editing.forget_review(data_dir, reader_id, review)
    give(_forgotten_as_json(reader_id, forgotten), _forgotten_lines(forgotten, reader_id))


def _forgotten_as_json(reader_id: str, forgotten: "ForgottenReview") -> dict[str, object]:
    from engine.record import trait_as_json

    return {
        "reader": reader_id,
        "review": forgotten.review_id,
        "changed": [
            {"id": one.id, "before": trait_as_json(one.before), "after": trait_as_json(one.after)}
            for one in forgotten.changed
        ],
        "pairs": list(forgotten.pairs),
        "edited_pairs": list(forgotten.edited_pairs),
        "runs": [run.id for run in forgotten.runs],
        "mentions": [asdict(mention) for mention in forgotten.mentions],
    }


def _forgotten_lines(forgotten: "ForgottenReview", reader_id: str) -> Iterator[str]:
    from engine import desk

    names = desk.trait_names()
    yield f"Review {forgotten.review_id} is forgotten, for good."
    if forgotten.changed:
        yield f"{count(len(forgotten.changed), 'trait')} changed:"
    for one in forgotten.changed[:LINES_AT_MOST]:
        yield f"  {trait_line(one.after, names)}, before {short(one.before)}"
    if forgotten.pairs:
        edited = f", {len(forgotten.edited_pairs)} of them edited" if forgotten.edited_pairs else ""
        yield (
            f"{count(len(forgotten.pairs), 'pair')} no longer follow from the profile{edited}: "
            f"`persona-studio pairs build {reader_id}` makes the others anew."
        )
    for run in forgotten.runs:
        yield f"Still carried by the run {run.id}: {one_line(run.title)}"
    for mention in forgotten.mentions:
        place = _PLACES[mention.kind].format(mention.id, mention.book_id)
        yield f"Still quoted in {place}."


_PLACES = {
    "card": "the edited profile card of {}",
    "pair": "the pair {}",
    "description": "the description {} of {}",
    "reason": "the reason you gave for {}",
}


COMMANDS = (accept, set_, unknown, unset, influence, carried, forget_review)
"""Commands of the group `profile`."""
