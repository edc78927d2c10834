"""What a training came to, in a line: its verdict and the figures it rests on."""

from collections.abc import Mapping

from models.events import JsonObject

KIND_WORDS = {
    "learned": "learned",
    "partly": "learned in part",
    "memorised": "memorised",
    "not_learned": "did not learn",
    "too_few": "too few held-out pairs to tell",
}


def effect_line(result: JsonObject) -> str:
    """Of a training's result; empty where it tells no figures of held-out pairs."""
    verdict, held_out = part(result, "verdict"), part(result, "held_out")
    told = [KIND_WORDS.get(str(verdict.get("kind")), "")]
    if pairs := held_out.get("pairs"):
        if moved := share_told(held_out, "reward_accuracy"):
            told.append(f"moved {moved} of {pairs} held-out pairs")
        if (tuned := held_out.get("tuned")) is not None:
            told.append(f"tuned {tuned:.0%} against card {held_out['card_alone']:.0%}")
    return "; ".join(filter(None, told))


def part(told: JsonObject, name: str) -> JsonObject:
    """An object within another; an empty one where there is none, as in results of older runs."""
    found = told.get(name)
    return found if isinstance(found, Mapping) else {}


def share_told(told: JsonObject, name: str) -> str:
    """`62% (48 to 74)`, the bounds being the interval's; empty where there is no such share."""
    value, interval = told.get(name), told.get(f"{name}_interval")
    if not isinstance(value, float):
        return ""
    if not isinstance(interval, list):
        return f"{value:.0%}"
    low, high = interval
    return f"{value:.0%} ({100 * low:.0f} to {100 * high:.0f})"


def kept_line(result: JsonObject, quant: str) -> str:
    """How much of the effect is in one file, by its export's truth check; empty without one."""
    models = part(result, "truth").get("models")
    for row in models if isinstance(models, list) else []:
        if isinstance(row, Mapping) and row.get("name") == quant:
            kept = part(part(row, "figures"), "kept").get("share")
            if isinstance(kept, int | float):
                return f"keeps {kept:.0%} of it"
    return ""
