"""The truth check of an export as a table: which file holds how much of what was trained."""

from collections.abc import Iterator, Mapping, Sequence

from models.events import JsonObject
from studio.text import number, size

HEADING = ("File", "Size", "Prefers", "Moved", "Margin", "Keeps", "Words")
COLUMNS = "{:<9}{:>8}{:>9}{:>7}{:>8}  {:<21}{:>6}".format
NAMES = {"base": "base", "torch": "trained"}


def truth_lines(result: JsonObject) -> Iterator[str]:
    """What the check found, and a line for each model; nothing of exports of before it."""
    truth = result.get("truth")
    if not isinstance(truth, Mapping):
        return
    models = truth.get("models")
    if truth.get("pairs") and isinstance(models, Sequence):
        yield f"Truth check, on {truth['pairs']} held-out pairs:"
        yield COLUMNS(*HEADING)
        for row in models:
            yield _line(row, truth.get("answer_tokens"))
    yield str(truth.get("says", ""))


def _line(row: JsonObject, answer_tokens: object) -> str:
    told = row.get("figures")
    figures = told if isinstance(told, Mapping) else {}
    name, is_base = str(row.get("name")), row.get("name") == "base"
    size_bytes = row.get("size_bytes")
    return COLUMNS(
        NAMES.get(name, name),
        size(size_bytes) if isinstance(size_bytes, int) and size_bytes else "",
        _share(figures.get("preferred")),
        "" if is_base else _share(figures.get("moved")),
        "" if is_base else number(float(str(figures.get("mean_margin", 0)))),
        "" if name in NAMES else _kept(figures.get("kept")),
        "" if name in NAMES else f"{row.get('same_tokens')}/{answer_tokens}",
    ).rstrip()


def _kept(kept: object) -> str:
    """`98% (90% to 105%)`; empty where training moved nothing."""
    if not isinstance(kept, Mapping):
        return ""
    interval = kept.get("interval")
    if not isinstance(interval, Sequence):
        return _share(kept.get("share"))
    low, high = map(_share, interval)
    return f"{_share(kept.get('share'))} ({low} to {high})"


def _share(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, int | float) else "?"
