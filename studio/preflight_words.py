"""What a preflight found, in words and rows: the command and the dialog say the same."""

from collections.abc import Iterator

from engine.preflight import Preflight
from engine.train.preflight_plan import Way
from studio.text import count, duration, size

UNKNOWN_BASE = (
    "Nothing is known of this base before it is fetched: what it needs will show as it trains."
)


def rows(found: Preflight) -> Iterator[tuple[str, str, str, str]]:
    """Name, need, there, and whether it fits, of each thing that a run needs."""
    for need in found.forecast.needs:
        verdict = "fits" if need.fits else "does not fit"
        yield need.name.capitalize(), size(need.need_bytes), size(need.there_bytes), verdict
    yield "Time", _time(found), "", "measured" if found.forecast.is_measured else "a guess"


def _time(found: Preflight) -> str:
    return duration(found.forecast.seconds)


def sentences(found: Preflight) -> Iterator[str]:
    """What goes with the figures."""
    forecast = found.forecast
    work = forecast.work
    place = forecast.place
    yield place.told
    about = "" if forecast.is_measured else "roughly "
    if place.device == "cpu":
        yield (
            f"Without a GPU it costs this computer {about}{duration(forecast.seconds)}, in which "
            "it can be used for little else."
        )
    yield (
        f"{count(work.pairs, 'pair')} in {count(work.steps, 'step')}, "
        f"{forecast.batch_tokens:,} tokens in the biggest batch."
    )
    if work.too_long:
        most = forecast.config.max_length
        yield f"About {count(work.too_long, 'pair')} over {most:,} tokens would be left out."
    if not work.pairs:
        yield "No pair fits into so few tokens."


def part_lines(found: Preflight) -> Iterator[str]:
    """What each need is made of."""
    for need in found.forecast.needs:
        parts = ", ".join(f"{part.what} {size(part.bytes)}" for part in need.parts)
        yield f"{need.name.capitalize()}: {parts}."
    parts = ", ".join(f"{part.what} {duration(part.seconds)}" for part in found.forecast.durations)
    yield f"Time: {parts}."


def wanting(found: Preflight) -> str:
    """What does not fit, in a sentence; empty where all does."""
    short = [need for need in found.forecast.needs if not need.fits]
    told = ", ".join(
        f"{size(need.need_bytes)} of {need.name} where {size(need.there_bytes)} are free"
        for need in short
    )
    return f"This run needs {told}." if told else ""


def way_line(way: Way) -> str:
    """What a way does, what it costs, and what the run takes then."""
    fetched = way.forecast.need("download")
    costs = way.option.costs
    if fetched is not None:
        costs += f"; {size(fetched.need_bytes)} are fetched first"
    does = f"{way.option.does[0].upper()}{way.option.does[1:]}"
    return f"{does}: {costs}. {duration(way.forecast.seconds)}."
