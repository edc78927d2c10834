"""How far the embedded profile can be trusted: python -m benchmarks.profile_quality [--quick].

Off-topic text: how many traits are asserted of weather, recipes and code (there should be none).
Quotes: how many stand word for word where they are said to stand. Unseen readers: three readers
invented by people who did not know the extractor, with what a careful person noted of them: how
much of it is found, how much of what is found is on the wrong side or was not noted. Signs: how
often the side is right on sentences of the bank (the extractor was trained on them, so that is
its memory, not its skill). Time: seconds for 100 reviews and how they grow to 10,000. Prints one
JSON object last; `--quick` takes fewer signs and grows to 1,000.
"""

import argparse
import json
import platform
import re
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.judge import Judge, embedded_judge
from engine.bank import example_reviews, signs
from engine.domain import Review, Trait
from engine.profile.assemble import Material, assembled
from engine.profile.demographics import demographics
from engine.profile.findings import Finding
from engine.sources.importing import read_reviews

DATA = Path(__file__).parent / "data"
LEAST_LETTERS = 3
"""Of a word by which two wordings of a fact are compared."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    judge = embedded_judge()
    off_topic, of = asserted_off_topic(judge)
    tell(f"off-topic: {off_topic} traits asserted of {of} texts")
    unseen = unseen_readers(judge)
    tell(f"unseen readers: {unseen}")
    judged, right, asked = side_of_signs(judge, sorted(signs())[:: 4 if quick else 1])
    tell(f"signs: {right} of {judged} on the right side")
    verbatim, quotes = verbatim_quotes(judge)
    tell(f"quotes: {verbatim} of {quotes} verbatim")
    seconds = seconds_by_reviews(judge, (100, 1_000) if quick else (100, 1_000, 10_000))
    most = max(seconds)
    report = {
        "benchmark": "profile_quality",
        "ratios": {
            "verbatim_quotes": share(verbatim, quotes),
            "unseen_found_of_noted": share(unseen.found, unseen.noted),
            "unseen_wrong_side_of_asserted": share(unseen.wrong_side, unseen.asserted),
            "unseen_not_noted_of_asserted": share(unseen.not_noted, unseen.asserted),
            "right_side_of_signs_judged": share(right, judged),
            "time_growth_over_linear": round(seconds[most] / seconds[100] / (most / 100), 2),
        },
        "figures": {
            "off_topic_traits": off_topic,
            "off_topic_texts": of,
            "quotes": quotes,
            "unseen": vars(unseen),
            "signs_judged": judged,
            "signs": asked,
            "seconds_by_reviews": {str(size): round(took, 1) for size, took in seconds.items()},
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        },
        "machine": f"{platform.machine()} {platform.system()}",
    }
    print(json.dumps(report))


@dataclass(frozen=True)
class Unseen:
    """What became of the things a person noted of readers nobody tuned for."""

    noted: int
    """Statements, facets and facts in the gold."""
    found: int
    """Of these: known, and on the noted side."""
    asserted: int
    """Statements, facets and facts that the profile claims to know."""
    wrong_side: int
    not_noted: int
    """Asserted where the gold has nothing: a mistake, or something the person passed over."""


def asserted_off_topic(judge: Judge) -> tuple[int, int]:
    """(Traits known of any of the texts, texts); each text is a reader of its own."""
    texts = [row["text"] for row in rows("off_topic.jsonl")]
    known = 0
    for number, text in enumerate(texts):
        review = Review(str(number), "off-topic", "book", text)
        known += sum(trait.is_known for trait in profile_of(judge, [review]))
    return known, len(texts)


def unseen_readers(judge: Judge) -> Unseen:
    """The three unseen readers against their gold."""
    imported = read_reviews(DATA / "unseen_readers.jsonl", "amazon2023")
    gold = list(rows("unseen_gold.jsonl"))
    counts = Unseen(0, 0, 0, 0, 0)
    for reader in imported.readers:
        reviews = [review for review in imported.reviews if review.reader_id == reader.id]
        traits = {trait.id: trait for trait in profile_of(judge, reviews) if trait.is_known}
        counts = _counted(counts, traits, [row for row in gold if row["reader"] == reader.id])
    return counts


def _counted(counts: Unseen, traits: dict[str, Trait], gold: Sequence[dict[str, str]]) -> Unseen:
    noted: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in gold:
        noted[row["trait"]].append(row)
    comparable = {
        trait_id: trait
        for trait_id, trait in traits.items()
        if trait.framework in ("demographics", "schwartz", "hofstede", "wvs", "ocean")
        and (trait.framework == "demographics" or trait_id.count(".") == 2)
    }
    agreeing = {
        trait_id
        for trait_id, trait in comparable.items()
        if trait_id in noted and _agrees(trait, noted[trait_id])
    }
    return replace(
        counts,
        noted=counts.noted + len(noted),
        found=counts.found + len(agreeing),
        asserted=counts.asserted + len(comparable),
        wrong_side=counts.wrong_side + len(comparable.keys() & noted.keys() - agreeing),
        not_noted=counts.not_noted + len(comparable.keys() - noted.keys()),
    )


def _agrees(trait: Trait, noted: Sequence[dict[str, str]]) -> bool:
    """With one of the notes at least: people contradict themselves, and both sides are noted."""
    return any(
        _has_fact(trait, row["value"])
        if trait.framework == "demographics"
        else trait.score * float(row["stance"]) > 0
        for row in noted
    )


def _has_fact(trait: Trait, fact: str) -> bool:
    """Whether both name the same thing: `Rosario` and `Rosario, Argentina` do."""
    return bool(_words(fact) & _words(trait.value or ""))


def _words(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {word for word in words if word.isdigit() or len(word) >= LEAST_LETTERS}


def side_of_signs(judge: Judge, traits: Sequence[str]) -> tuple[int, int, int]:
    """(Signs judged on their own trait, judged on the right side, signs in all)."""
    texts = {
        f"{trait_id}|{side}|{number}": text
        for trait_id in traits
        for side, told in ((1, signs()[trait_id].agreeing), (-1, signs()[trait_id].disagreeing))
        for number, text in enumerate(told)
    }
    found = judge([Review(key, "", "", text) for key, text in texts.items()])
    own = [finding for finding in found if finding.review_id.split("|")[0] == finding.trait_id]
    right = [found for found in own if found.stance * int(found.review_id.split("|")[1]) > 0]
    return len(own), len(right), len(texts)


def verbatim_quotes(judge: Judge) -> tuple[int, int]:
    """(Quotes that stand where they are said to stand, quotes) of every reader we ship."""
    verbatim = quotes = 0
    for path in (example_reviews(), DATA / "unseen_readers.jsonl"):
        reviews = read_reviews(path, "amazon2023").reviews
        text_of = {review.id: review.text for review in reviews}
        spans = [(one.review_id, one.span.start, one.span.quote) for one in judge(reviews)]
        for trait in demographics(reviews):
            spans += [(span.review_id, span.start, span.quote) for span in trait.evidence]
        quotes += len(spans)
        verbatim += sum(
            quote != "" and text_of[review_id].startswith(quote, start)
            for review_id, start, quote in spans
        )
    return verbatim, quotes


def seconds_by_reviews(judge: Judge, sizes: Sequence[int]) -> dict[int, float]:
    """Seconds to judge so many reviews: the bundled ones, over and over, each a little changed."""
    bundled = read_reviews(example_reviews(), "amazon2023").reviews
    took = {}
    for size in sizes:
        reviews = [
            replace(review, id=f"{number}", text=f"{review.text} That was review {number}.")
            for number in range(size)
            for review in [bundled[number % len(bundled)]]
        ]
        started = time.perf_counter()
        judge(reviews)
        took[size] = time.perf_counter() - started
        tell(f"{size} reviews: {took[size]:.1f} s")
    return took


def profile_of(judge: Judge, reviews: Sequence[Review]) -> tuple[Trait, ...]:
    """The whole profile, as the embedded provider makes it; interests have no books here."""
    found: Sequence[Finding] = judge(reviews)
    return assembled(Material(tuple(reviews), {}, tuple(found), {}, sensitive=True))


def rows(name: str) -> Iterator[dict[str, str]]:
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def tell(told: str) -> None:
    print(told, file=sys.stderr)


if __name__ == "__main__":
    main()
