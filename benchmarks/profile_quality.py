"""How far the embedded judge can be trusted: python -m benchmarks.profile_quality [--quick].

Three questions. Where the judge finds evidence for a statement or facet in sentences whose side is
known (the bank's signs, written apart from the cues and in pairs that differ in little but the
side), how often is it the right side, and how many does it find? How often is a plain nearest
neighbour right, which is what it would be without anchors? How much of a reader becomes known,
and how fast? Prints one JSON object last; `--quick` judges every fourth statement and one reader.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.bank import example_reviews, signs
from engine.domain import Review
from engine.profile.embedded import findings
from engine.profile.findings import Finding
from engine.sources.importing import read_reviews
from models.encoder import Encoder
from models.library import embedded_encoder

GOODREADS = Path(__file__).parents[2] / "shared" / "data" / "reviews" / "goodreads_reader_a.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    encoder = Encoder.load(embedded_encoder())
    traits = sorted(signs())[:: 4 if quick else 1]
    judged, right, asked = side_of_signs(encoder, traits)
    readers = dict(known_of_readers(encoder, quick))
    neighbour = nearest_sign_is_right(encoder, traits)
    report = {
        "benchmark": "profile_quality",
        "ratios": {
            "right_side_where_judged": round(right / judged, 3) if judged else None,
            "signs_judged": round(judged / asked, 3),
            "right_side_by_nearest_sign": round(neighbour, 3),
        },
        "figures": {"signs": asked, "readers": readers},
        "machine": f"{platform.machine()} {platform.system()}",
    }
    print(json.dumps(report))


def side_of_signs(encoder: Encoder, traits: list[str]) -> tuple[int, int, int]:
    """(signs judged on their own trait, judged on the right side, signs in all)."""
    reviews = {
        f"{trait_id}|{side}|{number}": text
        for trait_id in traits
        for side, texts in ((1, signs()[trait_id].agreeing), (-1, signs()[trait_id].disagreeing))
        for number, text in enumerate(texts)
    }
    found = all_findings(encoder, [Review(key, "", "", text) for key, text in reviews.items()])
    own = [finding for finding in found if finding.review_id.split("|")[0] == finding.trait_id]
    right = [
        finding for finding in own if finding.stance * int(finding.review_id.split("|")[1]) > 0
    ]
    return len(own), len(right), len(reviews)


def nearest_sign_is_right(encoder: Encoder, traits: list[str]) -> float:
    """Share of signs whose side the nearest other sign tells, their own counterpart left out."""
    right = []
    for trait_id in traits:
        for_it = encoder.embed(signs()[trait_id].agreeing)
        against = encoder.embed(signs()[trait_id].disagreeing)
        for number in range(len(for_it)):
            kept = np.arange(len(for_it)) != number
            for side, vector in ((1, for_it[number]), (-1, against[number])):
                lead = (for_it[kept] @ vector).max() - (against[kept] @ vector).max()
                right.append(lead * side > 0)
    return float(np.mean(right))


def known_of_readers(encoder: Encoder, quick: bool) -> Iterator[tuple[str, dict[str, float]]]:
    """For each reader: statements and facets with evidence, quotes, sentences, seconds."""
    files = [example_reviews(), *([GOODREADS] if GOODREADS.exists() and not quick else [])]
    for path in files:
        imported = read_reviews(path, None)
        for reader in imported.readers[: 1 if quick else None]:
            reviews = [review for review in imported.reviews if review.reader_id == reader.id]
            started = time.perf_counter()
            found = all_findings(encoder, reviews)
            yield (
                reader.id,
                {
                    "known": len({finding.trait_id for finding in found}),
                    "quotes": len(found),
                    "reviews": len(reviews),
                    "seconds": round(time.perf_counter() - started, 1),
                },
            )
            print(f"{reader.id}: {len(found)} quotes", file=sys.stderr)


def all_findings(encoder: Encoder, reviews: list[Review]) -> list[Finding]:
    return [finding for *_, part in findings(reviews, encoder.embed) for finding in part]


if __name__ == "__main__":
    main()
