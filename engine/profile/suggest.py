"""The child that lets a classifier guess a fact from a reader's texts. Nothing is stored here.

The guess is the label with the highest mean probability over the reviews; every review counts the
same, and one of a few words does not count.
"""

import json
from collections.abc import Iterator
from threading import Event as Flag

from engine.jobs import RunDir
from engine.profile.words import count_words
from models.classifier import BATCH, Classifier
from models.errors import BadInput
from models.events import Event, Finished, JsonObject, Note, Step

LEAST_WORDS = 5


def work(run: RunDir, settings: JsonObject, asked_to_stop: Flag) -> Iterator[Event]:
    """Read the texts in the run directory with the classifier that the settings name.

    Raises:
        BadInput: no text is long enough, or the model does not name its labels.
        UserError: the model cannot be loaded.
    """
    texts = [
        text
        for text in json.loads((run.path / "texts.json").read_text(encoding="utf-8"))
        if count_words(text) >= LEAST_WORDS
    ]
    if not texts:
        raise BadInput(
            f"No review of this reader has {LEAST_WORDS} words or more.",
            "There is nothing to guess from.",
        )
    model_id, names = str(settings["model"]), settings.get("labels") or []
    assert isinstance(names, list)
    yield Step(0, 0, f"loading {model_id}")
    classifier = Classifier.load(model_id, [str(name) for name in names])
    total = [0.0] * len(classifier.labels)
    for start in range(0, len(texts), BATCH):
        if asked_to_stop.is_set():
            return
        rows = classifier.probabilities(texts[start : start + BATCH])
        total = [before + float(part) for before, part in zip(total, rows.sum(axis=0), strict=True)]
        yield Step(min(start + BATCH, len(texts)), len(texts), "reviews read")
    likeliest = max(range(len(total)), key=lambda label: total[label])
    yield Note(f"Guessed from {len(texts)} reviews.")
    yield Finished(
        {
            "value": classifier.labels[likeliest],
            "probability": round(total[likeliest] / len(texts), 4),
            "reviews": len(texts),
        }
    )
