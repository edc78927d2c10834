"""Template tokens inside a text: to the model they end a turn or a document in mid-sentence.

Known ones of the common chat formats, and those of the base that tokens were counted for.
"""

import re
from collections import Counter
from dataclasses import replace

from engine.domain import PreferencePair, are_same
from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.patient import Patient
from models.chat_tokens import token_pattern


def template_tokens(patient: Patient) -> Found | None:
    """The pairs with a token of a chat template in their words."""
    own = patient.lengths.special_tokens if patient.lengths else ()
    pattern = token_pattern(own)
    cases: list[tuple[int, Case]] = []
    seen: Counter[str] = Counter()
    for pair in patient.used:
        tokens = [token for text in _texts(pair) for token in pattern.findall(text)]
        if tokens:
            seen.update(dict.fromkeys(tokens, 1))
            cases.append(
                (len(tokens), Case(pair.id, " ".join(dict.fromkeys(tokens)), _clean(pair, pattern)))
            )
    if not cases:
        return None
    cases.sort(key=lambda counted: -counted[0])
    most = ", ".join(f"{token} in {number:,}" for token, number in seen.most_common(3))
    told = (
        f"{many(len(cases), 'pair')} {agree(len(cases), 'holds', 'hold')} a token of a chat "
        f"template, which ends a turn in mid-sentence: {most}."
    )
    return Found(told, tuple(case for _, case in cases))


def _texts(pair: PreferencePair) -> tuple[str, str, str]:
    return pair.prompt, pair.chosen, pair.rejected


def _clean(pair: PreferencePair, pattern: re.Pattern[str]) -> PreferencePair:
    """The pair without the tokens; dropped where that leaves a text empty or both answers alike."""
    prompt, chosen, rejected = (_without(text, pattern) for text in _texts(pair))
    if not (prompt and chosen and rejected) or are_same(chosen, rejected):
        return replace(pair, dropped=True)
    return replace(pair, prompt=prompt, chosen=chosen, rejected=rejected, edited=True)


def _without(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.search(text):
        return text
    parts = (part.strip(" ") for part in pattern.split(text))
    return " ".join(part for part in parts if part).strip()
