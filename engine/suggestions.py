"""A classifier's guess at a fact: made only when asked for, shown, used nowhere until confirmed.

Two such models are known here with what their makers say of them; both are right in six or seven
cases of ten, which is why a guess is never written into a profile by itself.
"""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

from engine import jobs
from engine.domain import Override, Profile, Run, Suggestion
from engine.profile.demographics import patterns
from engine.runs import follow, launch, run_dir
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import runs as run_rows
from engine.store import suggestions as suggestion_rows
from engine.store.database import change, opened
from models.errors import BadInput
from models.events import Event, Finished
from models.library import resolve_base

NOT_STATED = "not stated"


@dataclass(frozen=True)
class KnownClassifier:
    """A model that guesses a fact, with what its makers say of it."""

    model: str
    trait_id: str
    accuracy: str
    """In the makers' words and figures."""
    about: str


CLASSIFIERS = (
    KnownClassifier(
        "kaantureyyen/deberta-blog-authorship-corpus-gender",
        "demographics.gender",
        "0.695 on held-out blogs",
        "DeBERTa-v3-small on English blogs of 2004, two genders; half would be chance.",
    ),
    KnownClassifier(
        "kaantureyyen/deberta-blog-authorship-corpus-age",
        "demographics.age",
        "0.625 on held-out blogs",
        "DeBERTa-v3-small on English blogs of 2004: 13 to 17, 23 to 27, 33 to 47, nothing else.",
    ),
)


async def suggest(
    data_dir: Path,
    reader_id: str,
    model: str,
    trait_id: str | None = None,
    labels: Sequence[str] = (),
) -> AsyncGenerator[Event, None]:
    """Let a classifier guess a fact from a reader's reviews, in a child; closing stops it.

    Args:
        model: a hub id, which is fetched where it is not in the cache, or a folder.
        trait_id: the fact it guesses; known for the models of `CLASSIFIERS`.
        labels: what its classes mean, in order, for a model that does not say.

    Raises:
        BadInput: no such reader, no text, no such model, or a fact that is none.
    """
    known = _known(model)
    fact = _fact(trait_id or (known.trait_id if known else None), model)
    run = await asyncio.to_thread(_start, data_dir, reader_id, model, list(labels))
    guess: Suggestion | None = None
    try:
        async with aclosing(follow(data_dir, run.id)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    guess = Suggestion(
                        fact,
                        str(event.result["value"]),
                        float(str(event.result["probability"])),
                        model,
                        known.accuracy if known else NOT_STATED,
                        datetime.now(UTC),
                    )
                    await asyncio.to_thread(_store, data_dir, reader_id, guess)
                    result = {"trait": fact, "model": model, "accuracy": guess.accuracy}
                    yield Finished({"reader": reader_id, **event.result, **result})
                else:
                    yield event
    finally:
        jobs.stop(run_dir(data_dir, run.id))
        if guess is not None:
            await asyncio.to_thread(_clear, data_dir, run)


def suggestions(data_dir: Path, reader_id: str) -> tuple[Suggestion, ...]:
    """The guesses about one reader that nobody has decided on."""
    with opened(data_dir) as db:
        return suggestion_rows.of_reader(db, reader_id)


def confirm(data_dir: Path, reader_id: str, trait_id: str, model: str | None = None) -> Profile:
    """Take a guess over as the editor's own word; it counts from now on.

    Args:
        model: whose guess, where several models guessed.

    Raises:
        BadInput: there is no such guess, or several.
    """
    with opened(data_dir) as db:
        guess = _only(suggestion_rows.of_reader(db, reader_id), trait_id, model)
        reason = f"Confirmed: guessed by {guess.model}"
        override = Override(1.0, reason, datetime.now(UTC), "set", guess.value)
        with change(db, "Confirm a guess"):
            profile_rows.ensure_built(db, reader_id)
            profile_rows.put_override(db, reader_id, trait_id, override)
            suggestion_rows.remove(db, reader_id, guess)
        return profile_rows.built(db, reader_id)


def dismiss(data_dir: Path, reader_id: str, trait_id: str, model: str | None = None) -> Suggestion:
    """Put a guess away; the same model may be asked again.

    Raises:
        BadInput: there is no such guess, or several.
    """
    with opened(data_dir) as db:
        guess = _only(suggestion_rows.of_reader(db, reader_id), trait_id, model)
        with change(db, "Dismiss a guess"):
            suggestion_rows.remove(db, reader_id, guess)
    return guess


def trust(guess: Suggestion) -> str:
    """How far a guess can be trusted, for people: `right in about 7 of 10 cases by its makers'
    figure`."""
    first = guess.accuracy.split(" ", 1)[0]
    if guess.accuracy == NOT_STATED or not first.replace(".", "", 1).isdigit():
        return "its makers do not say how often it is right"
    return f"right in about {float(first) * 10:.0f} of 10 cases by its makers' figure"


def _known(model: str) -> KnownClassifier | None:
    return next((known for known in CLASSIFIERS if known.model == model), None)


def _fact(trait_id: str | None, model: str) -> str:
    facts = [f"demographics.{fact}" for fact in patterns()]
    if trait_id in facts:
        return trait_id
    if trait_id is None:
        raise BadInput(
            f"What {model} guesses is not known here.", f"Say it: one of {', '.join(facts)}."
        )
    raise BadInput(f"{trait_id!r} is no fact to guess.", f"Name one of {', '.join(facts)}.")


def _start(data_dir: Path, reader_id: str, model: str, labels: list[str]) -> Run:
    base = resolve_base(model)
    if base.kind == "gguf":
        raise BadInput(f"{model} is no classifier.", "Name a hub id or a folder with config.json.")
    with opened(data_dir) as db:
        reviews = reader_rows.reviews_of(db, reader_rows.find(db, reader_id).id)
    texts = [review.text for review in reviews if review.text.strip()]
    if not texts:
        raise BadInput(f"Reader {reader_id!r} has written nothing to guess from.")
    settings = {"model": str(base.path or model), "labels": labels}
    files = {"texts.json": dumps(texts, ensure_ascii=False)}
    return launch(data_dir, "suggest", reader_id, f"Guess by {model}", settings, files)


def _store(data_dir: Path, reader_id: str, guess: Suggestion) -> None:
    with opened(data_dir) as db, change(db, "Let a classifier guess", "provider"):
        suggestion_rows.save(db, reader_id, guess)


def _clear(data_dir: Path, run: Run) -> None:
    """The run has served: its texts need not lie about."""
    shutil.rmtree(run_dir(data_dir, run.id).path, ignore_errors=True)
    with opened(data_dir) as db:
        run_rows.remove(db, run.id)


def _only(guesses: Sequence[Suggestion], trait_id: str, model: str | None) -> Suggestion:
    found = [
        guess for guess in guesses if guess.trait_id == trait_id and model in (None, guess.model)
    ]
    if not found:
        raise BadInput(
            f"There is no guess at {trait_id!r}.", "`profile suggest` asks a classifier for one."
        )
    if len(found) > 1:
        models = ", ".join(guess.model for guess in found)
        raise BadInput(f"Several models guessed at {trait_id!r}: {models}.", "Name one.")
    return found[0]
