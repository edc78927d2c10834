"""Does a profile tell how its reader will rate the next thing?

python -m benchmarks.rating_prediction [--quick] [--file FILE]

The file marks the latest review of each reader as held out. Each reader's profile (interests and
aversions as the studio assembles them, and liking by category) is built from the other reviews; of
the held-out one only what was known before it was written is used: category and title. A linear
model (least absolute deviations, ridge 1) turns profile into rating, and predicts only readers of
a fold that it was not fitted on, so nothing is tuned on what is predicted. Beside it: the reader's
own mean and median, and the mean of all. Intervals are 95 % of a paired bootstrap over readers;
one that holds 0 proves no gain. Prints one JSON object last, and nothing about a single person;
`--quick` does without the encoder.
"""

import argparse
import json
import platform
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median

import numpy as np
from numpy.typing import NDArray

from engine.domain import Book, Review
from engine.profile.assemble import Material, assembled
from engine.profile.aversions import aversion_findings
from engine.profile.embedded import Embed
from engine.profile.interests import genres_of, guessed_genres, of_books
from engine.profile.words import praise
from models.encoder import Encoder
from models.library import embedded_encoder

REVIEWS = Path(__file__).parents[2] / "shared" / "data" / "reviews" / "amazon2023_a.jsonl"
FOLDS = 10
RIDGE = 1.0
SHRINK = 2.0
"""Reviews of the mean that are imagined beside a reader's or a category's own."""
SEED = 20260
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """One reader: what the profile is built from, and the rating to predict."""

    reviews: tuple[Review, ...]
    """Oldest first, without the held-out one."""
    held_out: Review
    """Its text and title are blank."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--file", type=Path, default=REVIEWS)
    given = parser.parse_args()
    if not given.file.exists():
        sys.exit(f"There is no {given.file}: give reviews in the same layout with --file.")
    histories, books = read(given.file)
    embed = None if given.quick else Encoder.load(embedded_encoder()).embed
    errors = absolute_errors(histories, books, embed)
    draws = 2_000 if given.quick else 10_000
    maes = {name: round(float(row.mean()), 4) for name, row in errors.items()}
    others = [name for name in errors if name != "profile"]
    report = {
        "benchmark": "rating_prediction",
        "ratios": {f"mae_to_{name}": round(maes["profile"] / maes[name], 3) for name in others},
        "figures": {
            "mean_absolute_error": maes,
            "difference_from": {
                name: difference(errors["profile"], errors[name], draws) for name in others
            },
            "readers": len(histories),
            "reviews": sum(len(history.reviews) for history in histories),
            "encoder": not given.quick,
            "file": given.file.name,
        },
        "machine": f"{platform.machine()} {platform.system()}",
    }
    print(json.dumps(report))


def read(path: Path) -> tuple[list[History], dict[str, Book]]:
    """The readers with a held-out rating and at least one review before it, and all products."""
    by_reader: dict[str, list[Review]] = defaultdict(list)
    held_out: dict[str, Review] = {}
    books: dict[str, Book] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            book_id = str(row["parent_asin"])
            books[book_id] = Book(
                book_id, str(row["product_title"] or ""), categories=(str(row["category"]),)
            )
            is_held_out = bool(row["heldout"])
            review = Review(
                str(number),
                str(row["user_id"]),
                book_id,
                "" if is_held_out else str(row["text"] or ""),
                rating=float(row["rating"]),
                written_at=datetime.fromtimestamp(row["timestamp"] / 1000, UTC),
            )
            if is_held_out:
                held_out[review.reader_id] = review
            else:
                by_reader[review.reader_id].append(review)
    histories = [
        History(tuple(sorted(by_reader[reader], key=_moment)), review)
        for reader, review in held_out.items()
        if by_reader[reader]
    ]
    return histories, books


def absolute_errors(
    histories: Sequence[History], books: Mapping[str, Book], embed: Embed | None
) -> dict[str, Vector]:
    """The absolute error for each reader (N,), by the profile and by what it has to beat."""
    target = np.array([_rating(history.held_out) for history in histories])
    own = np.array([features(history, books, embed) for history in histories])  # (N, F)
    own_mean = np.array([mean(map(_rating, history.reviews)) for history in histories])
    own_median = np.array([median(map(_rating, history.reviews)) for history in histories])
    fold_of = np.random.default_rng(SEED).permutation(len(histories)) % FOLDS
    by_profile, by_everyone = np.zeros(len(histories)), np.zeros(len(histories))
    for fold in range(FOLDS):
        fitted, asked = fold_of != fold, fold_of == fold
        taught = [review for at in np.flatnonzero(fitted) for review in histories[int(at)].reviews]
        everyone = mean(map(_rating, taught))
        likings = category_means(taught, books, everyone)
        of_category = np.array(
            [likings.get(category(history.held_out, books), everyone) for history in histories]
        )
        table = np.column_stack([own, of_category])
        by_profile[asked] = predicted(table, fitted, target)[asked]
        by_everyone[asked] = everyone
    return {
        "profile": np.abs(by_profile - target),
        "own_mean": np.abs(own_mean - target),
        "own_median": np.abs(own_median - target),
        "mean_of_all": np.abs(by_everyone - target),
    }


def features(history: History, books: Mapping[str, Book], embed: Embed | None) -> list[float]:
    """What the profile says of the held-out product, before anything is fitted."""
    reviews, asked = history.reviews, history.held_out
    ratings = [_rating(review) for review in reviews]
    own = mean(ratings)
    alike = [
        _rating(review) - own
        for review in reviews
        if category(review, books) == category(asked, books)
    ]
    return [
        own,
        median(ratings),
        ratings[-1],
        sum(alike) / (len(alike) + SHRINK),
        mean(praise(review.text) for review in reviews),
        *interest_and_aversions(history, books, embed),
        liking_of_similar(history, books, embed) if embed else 0.0,
    ]


def interest_and_aversions(
    history: History, books: Mapping[str, Book], embed: Embed | None
) -> Iterator[float]:
    """The interest score of the held-out book's genre, and the number of known aversions."""
    read = of_books(history.reviews, books)
    genres = guessed_genres([*read, history.held_out], books, embed) if embed else {}
    found = tuple(aversion_findings(read))
    traits = assembled(Material(history.reviews, books, found, genres, sensitive=False))
    scores = {trait.id: trait.score for trait in traits if trait.status == "known"}
    book = books[history.held_out.book_id]
    own_genres = genres_of(book) or tuple(filter(None, [genres.get(book.id)]))
    yield mean([scores.get(f"interests.{genre}", 0.0) for genre in own_genres] or [0.0])
    yield sum(score < 0 for trait_id, score in scores.items() if trait_id.startswith("aversions."))


def liking_of_similar(history: History, books: Mapping[str, Book], embed: Embed) -> float:
    """The mean of (rating - own mean) over the reader's products, weighted by likeness of title."""
    own = mean(map(_rating, history.reviews))
    titles = [books[review.book_id].title for review in (*history.reviews, history.held_out)]
    vectors = embed(titles)
    likeness = np.clip(vectors[:-1] @ vectors[-1], 0, None) ** 2
    lead = np.array([_rating(review) - own for review in history.reviews])
    return float(likeness @ lead / (likeness.sum() + 1))


def category_means(
    reviews: Sequence[Review], books: Mapping[str, Book], everyone: float
) -> dict[str, float]:
    """The mean rating of each category, shrunk to the mean of all."""
    by_category: dict[str, list[float]] = defaultdict(list)
    for review in reviews:
        by_category[category(review, books)].append(_rating(review))
    return {
        name: (sum(ratings) + SHRINK * everyone) / (len(ratings) + SHRINK)
        for name, ratings in by_category.items()
    }


def fitted_weights(table: Vector, target: Vector) -> Vector:
    """Least absolute deviations with a ridge, by reweighted least squares.

    Args:
        table: (N, F), standardised, without a column of ones.
        target: (N,)

    Returns:
        (F + 1,), the intercept first; it is not shrunk.
    """
    with_one = np.column_stack([np.ones(len(table)), table])
    ridge = RIDGE * np.diag([0.0, *[1.0] * table.shape[1]])
    weights: Vector = np.zeros(with_one.shape[1])
    weights[0] = np.median(target)
    for _ in range(60):
        pull = 1 / np.maximum(np.abs(target - with_one @ weights), 0.05)
        weighted = with_one.T * pull
        weights = np.asarray(
            np.linalg.solve(weighted @ with_one + ridge, weighted @ target), np.float64
        )
    return weights


def predicted(table: Vector, fitted: NDArray[np.bool_], target: Vector) -> Vector:
    """Predictions for every row from a model of the fitted rows, within 1 and 5 stars."""
    spread = table[fitted].std(axis=0)
    scaled = (table - table[fitted].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    weights = fitted_weights(scaled[fitted], target[fitted])
    stars: Vector = np.clip(weights[0] + scaled @ weights[1:], 1, 5)
    return stars


def difference(ours: Vector, theirs: Vector, draws: int) -> dict[str, float]:
    """Mean of ours - theirs over readers with its 95 % interval; below 0, ours is better."""
    lead = ours - theirs
    rng = np.random.default_rng(SEED)
    means = rng.choice(lead, (draws, len(lead))).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return {
        "mean": round(float(lead.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def category(review: Review, books: Mapping[str, Book]) -> str:
    return books[review.book_id].categories[0]


def _rating(review: Review) -> float:
    assert review.rating is not None
    return review.rating


def _moment(review: Review) -> datetime:
    assert review.written_at is not None
    return review.written_at


if __name__ == "__main__":
    main()
