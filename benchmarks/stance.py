"""How well a provider tells a reviewer's stance: python -m benchmarks.stance [--provider P].

180 snippets of reviews with a statement and the stance a careful person sees (agrees, disagrees,
says nothing), written by people who did not know the extractor, and never used for tuning. Macro-F1
over the three classes and the confusion table, for `embedded` or `local:FILE.gguf`. A chat model
is asked as in a profile: one snippet against the statements of the whole framework. Prints one
JSON object last; `--quick` takes every fourth snippet.
"""

import argparse
import asyncio
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.judge import embedded_judge
from engine.domain import Review
from engine.profile.chat import answers_by_chat
from engine.profile.chat_plan import LOCAL_CONTEXT, judge, planned
from engine.profile.cost import cost_of
from engine.profile.findings import Finding
from engine.store.judgements import Judgement
from models.events import Failed
from models.providers import opened_model

SNIPPETS = Path(__file__).parent / "data" / "stance.jsonl"
CLASSES = ("agree", "disagree", "nothing")


@dataclass(frozen=True)
class Snippet:
    """A few sentences of a review, and what they say of one statement."""

    id: str
    statement: str
    text: str
    stance: str
    kind: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", default="embedded", help="embedded or local:FILE.gguf")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    lines = SNIPPETS.read_text(encoding="utf-8").splitlines()
    snippets = [Snippet(**json.loads(line)) for line in lines][:: 4 if asked.quick else 1]
    started = time.perf_counter()
    findings = judged(snippets, asked.provider)
    took = time.perf_counter() - started
    told = {snippet.id: stance_in(findings, snippet) for snippet in snippets}
    table = confusion(snippets, told)
    f1 = {name: round(f1_of(table, name), 3) for name in CLASSES}
    report = {
        "benchmark": "stance",
        "ratios": {"macro_f1": round(sum(f1.values()) / len(f1), 3)},
        "figures": {
            "provider": asked.provider,
            "snippets": len(snippets),
            "f1": f1,
            "confusion": {true: {said: table[true, said] for said in CLASSES} for true in CLASSES},
            "right_side_where_judged": right_side(snippets, told),
            "always_nothing_macro_f1": round(always_nothing(snippets), 3),
            "seconds": round(took, 1),
        },
        "machine": f"{platform.machine()} {platform.system()}",
    }
    print(json.dumps(report))


def judged(snippets: Sequence[Snippet], provider: str) -> list[Finding]:
    """What the provider finds in each snippet, taken as a review of its own."""
    if provider == "embedded":
        return embedded_judge()([as_review(snippet) for snippet in snippets])
    with TemporaryDirectory() as folder:
        return asyncio.run(judged_by_chat(snippets, provider, Path(folder)))


def as_review(snippet: Snippet) -> Review:
    return Review(snippet.id, "stance", snippet.id, snippet.text)


async def judged_by_chat(
    snippets: Sequence[Snippet], provider: str, data_dir: Path
) -> list[Finding]:
    """Each snippet against the one sheet that its statement is on, as a profile would ask it."""
    statement_of = {snippet.id: snippet.statement for snippet in snippets}
    answers: list[Judgement] = []
    async with judge(provider, data_dir) as who:
        every = planned(list(map(as_review, snippets)), True, who.context, {})
        units = tuple(
            unit
            for unit in every.units
            if statement_of[unit.piece.review_id] in unit.sheet.traits.values()
        )
        plan = replace(every, units=units)
        cost = await cost_of(plan, who)
    async with opened_model(provider, data_dir, LOCAL_CONTEXT) as model:
        events = answers_by_chat(model, plan, cost, who.concurrency, answers.append)
        async for event in events:
            if isinstance(event, Failed):
                raise SystemExit(f"{event.message} {event.hint}")
            if event.done % 10 == 0:
                print(f"{event.done} of {event.total} requests", file=sys.stderr)
    return [finding for answer in answers for finding in answer.findings]


def stance_in(findings: Sequence[Finding], snippet: Snippet) -> str:
    """The class the findings give to a snippet's own statement."""
    total = sum(
        found.stance
        for found in findings
        if found.review_id == snippet.id and found.trait_id == snippet.statement
    )
    return "agree" if total > 0 else "disagree" if total < 0 else "nothing"


def confusion(snippets: Sequence[Snippet], told: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """How often (true class, class told)."""
    return Counter((snippet.stance, told[snippet.id]) for snippet in snippets)


def f1_of(table: Mapping[tuple[str, str], int], name: str) -> float:
    """2 * right / (told + true) of one class; 0 where it is never right."""
    right = table[name, name]
    true = sum(count for (real, _), count in table.items() if real == name)
    said = sum(count for (_, given), count in table.items() if given == name)
    return 2 * right / (true + said) if right else 0.0


def right_side(snippets: Sequence[Snippet], told: Mapping[str, str]) -> str:
    """Of the snippets with a stance that were given one: how many got the right one."""
    sided = [
        snippet
        for snippet in snippets
        if snippet.stance != "nothing" and told[snippet.id] != "nothing"
    ]
    return f"{sum(told[one.id] == one.stance for one in sided)} of {len(sided)}"


def always_nothing(snippets: Sequence[Snippet]) -> float:
    """The macro-F1 of never seeing a stance, to compare with."""
    table = confusion(snippets, {snippet.id: "nothing" for snippet in snippets})
    return sum(f1_of(table, name) for name in CLASSES) / len(CLASSES)


if __name__ == "__main__":
    main()
