"""Commands about a classifier's guess at a fact: ask for one, confirm it, dismiss it."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict

import click

from engine.domain import Suggestion
from studio.shell.base import Command, find_reader, give, tell
from studio.shell.editing import give_trait
from studio.shell.events import read_to_end
from studio.text import one_line

_MODEL = click.option("--model", help="Whose guess, where several models guessed.")


@click.command("suggest", cls=Command)
@click.argument("reader")
@click.option("--model", help="A hub id or a folder; without it, the models that are known.")
@click.option("--trait", help="The fact it guesses, such as demographics.gender.")
@click.option("--labels", default="", help="What its classes mean, by comma, if it does not say.")
def suggest(reader: str, model: str | None, trait: str | None, labels: str) -> None:
    """Let a classifier guess a fact; the guess is used nowhere until you confirm it."""
    from engine import suggestions

    data_dir, reader_id = find_reader(reader)
    if model is None:
        known = [asdict(one) for one in suggestions.CLASSIFIERS]
        give({"classifiers": known}, _known_lines())
        return
    names = [name.strip() for name in labels.split(",") if name.strip()]
    events = suggestions.suggest(data_dir, reader_id, model, trait, names)
    result = asyncio.run(read_to_end(events))
    found = [
        guess
        for guess in suggestions.suggestions(data_dir, reader_id)
        if guess.model == model and guess.trait_id == result["trait"]
    ]
    give(result, (line for guess in found for line in guess_lines(guess)))


def _known_lines() -> Iterator[str]:
    from engine.suggestions import CLASSIFIERS

    yield "Name a model with --model. Two are known; any other is a hub id or a folder:"
    for known in CLASSIFIERS:
        yield f"  {known.model} ({known.trait_id})"
        yield f"      accuracy {known.accuracy}. {known.about}"


def guess_lines(guess: Suggestion) -> Iterator[str]:
    """A guess for people, with how far it can be trusted and what to do with it."""
    from engine import desk
    from engine.suggestions import trust

    name = desk.trait_names().get(guess.trait_id, guess.trait_id)
    value = one_line(guess.value, 60)
    yield f"{name}: {value}? A guess by {one_line(guess.model)}, {trust(guess)}."
    yield f"  It is used nowhere until `profile confirm READER {guess.trait_id}`."


@click.command("confirm", cls=Command)
@click.argument("reader")
@click.argument("trait")
@_MODEL
def confirm(reader: str, trait: str, model: str | None) -> None:
    """Take a classifier's guess over as your own word."""
    from engine import suggestions

    data_dir, reader_id = find_reader(reader)
    give_trait(suggestions.confirm(data_dir, reader_id, trait, model), trait)


@click.command("dismiss", cls=Command)
@click.argument("reader")
@click.argument("trait")
@_MODEL
def dismiss(reader: str, trait: str, model: str | None) -> None:
    """Put a classifier's guess away."""
    from engine import suggestions

    data_dir, reader_id = find_reader(reader)
    guess = suggestions.dismiss(data_dir, reader_id, trait, model)
    tell("`persona-studio undo` brings it back.")
    told = {"reader": reader_id, "trait": guess.trait_id, "model": guess.model}
    give(told, [f"Dismissed: {one_line(guess.value, 60)} ({guess.trait_id})."])


COMMANDS = (suggest, confirm, dismiss)
