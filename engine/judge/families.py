"""Which family a model is of, by its name: a judge prefers what its own kind has written.

(A. Panickssery et al., "LLM Evaluators Recognize and Favor Their Own Generations", arXiv
2404.13076.) A name is all there is to go by: a renamed file is not recognised.
"""

import re
from collections.abc import Iterable, Mapping

from engine.votes.ballot import Contestant

FAMILIES: Mapping[str, str] = {
    "SmolLM": r"smol-?lm",
    "Qwen": r"qwen|qwq",
    "Mistral": r"mistral|mixtral|ministral|magistral",
    "Gemma and Gemini": r"gemma|gemini",
    "Phi": r"phi-?[0-9]",
    "DeepSeek": r"deepseek",
    "GPT": r"gpt|chatgpt|o[134](-mini)?(?![a-z0-9])",
    "Claude": r"claude",
    "Granite": r"granite",
    "OLMo": r"olmo",
    "Falcon": r"falcon",
    "Yi": r"yi-[0-9]",
    "Llama": r"(?:tiny|code|open)?llama|tulu|vicuna",
}
"""Family to what its names have in them; Llama last, as `llama` is also part of other names."""


def family_of(name: str) -> str | None:
    """The family that a model's name tells; None where it tells none."""
    told = name.lower()
    found = (
        family
        for family, names in FAMILIES.items()
        if re.search(rf"(?<![a-z])(?:{names})", told.replace("_", "-"))
    )
    return next(found, None)


def kinship(judge_name: str, contestants: Iterable[Contestant]) -> str:
    """A warning where the judge is a contestant, or of a contestant's family; empty otherwise.

    No contestant is named: it may be read by somebody who still votes.

    Args:
        judge_name: of a file with the beginning of its hash, as `chat_plan.judge` names it.
    """
    others = list(contestants)
    hashes = [one.model_sha256[:12] for one in others if one.model_sha256]
    if any(digest in judge_name for digest in hashes):
        return "The judge is itself a contestant: what it says of its own texts proves nothing."
    family = family_of(judge_name)
    theirs = {family_of(name) for one in others for name in (one.model_name, one.base_name)}
    if family is not None and family in theirs:
        return (
            "The judge is of the same family of models as a contestant: such judges prefer their "
            "own kind. Take another, or believe it less."
        )
    return ""
