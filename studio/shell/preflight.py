"""`train --check`, and what plain `train` says and refuses before it starts."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.train.config import TrainConfig
from models.errors import BadInput
from studio.shell.base import give, tell
from studio.shell.events import read_to_end
from studio.text import duration, size

if TYPE_CHECKING:
    # Imported for its name alone: it leads to numpy, and `--help` must not wait for that.
    from engine.preflight import Preflight


def give_check(data_dir: Path, reader_ids: Sequence[str], config: TrainConfig, fresh: bool) -> None:
    """Measure what is not known yet, and print what the run would need.

    Args:
        fresh: measure again.

    Raises:
        BadInput: no such reader, no profile or pairs, or no such base.
        JobFailed: the probe failed.
    """
    from engine import preflight
    from studio.preflight_words import UNKNOWN_BASE, wanting

    found = preflight.check(data_dir, reader_ids, config)
    if found is not None and not preflight.may_be_probed(found):
        tell(f"{wanting(found)} No step is measured.")
    elif fresh or found is None or not found.forecast.is_measured:
        tell("Two steps are measured in a process of their own; the run is not touched.")
        asyncio.run(read_to_end(preflight.probe(data_dir, reader_ids, config)))
        found = preflight.check(data_dir, reader_ids, config)
    if found is None:
        give({"needs": None}, [UNKNOWN_BASE])
        return
    give(found.as_json(), _lines(found))


def _lines(found: "Preflight") -> Iterator[str]:
    from studio.preflight_words import part_lines, rows, sentences, way_line

    for name, need, there, verdict in rows(found):
        of = f"of {there}" if there else ""
        yield f"{name:<20} {need:>14} {of:<12} {verdict}"
    yield ""
    yield from part_lines(found)
    yield from sentences(found)
    if found.forecast.fits:
        return
    yield ""
    nothing = "Nothing that is known here would make it fit."
    yield "What would make it fit:" if found.plan else nothing
    for number, way in enumerate(found.plan):
        flags = " ".join(f"--set {key}={value}" for key, value in way.option.changes.items())
        first = " (--take-plan takes this one)" if number == 0 else ""
        yield f"  {way_line(way)} {flags}{first}"


def checked(
    data_dir: Path, reader_ids: Sequence[str], config: TrainConfig, take_plan: bool
) -> Mapping[str, object]:
    """Tell what the run will need; what the plan changes of its settings, where it is taken.

    Raises:
        BadInput: no such reader or base, or a disk that cannot hold the run.
    """
    from engine import preflight
    from studio.preflight_words import UNKNOWN_BASE, wanting, way_line

    found = preflight.check(data_dir, reader_ids, config)
    if found is None:
        tell(UNKNOWN_BASE)
        return {}
    if take_plan and found.plan:
        way = found.plan[0]
        tell(f"{wanting(found)} Taken: {way_line(way)}")
        return preflight.take(data_dir, reader_ids, way.option)
    if found.refusal:
        raise BadInput(found.refusal, _remedy(found))
    if not found.forecast.fits:
        tell(f"{wanting(found)} {_remedy(found)}")
    need = found.forecast.needs[0]
    about = "" if found.forecast.is_measured else "roughly "
    tell(
        f"{found.forecast.place.told} It takes {about}{duration(found.forecast.seconds)} and "
        f"{size(need.need_bytes)} of {need.name}."
    )
    return {}


def _remedy(found: "Preflight") -> str:
    from studio.preflight_words import way_line

    if not found.plan:
        return "Free some, or take a smaller base: `persona-studio models` lists them."
    return f"{way_line(found.plan[0])} `--take-plan` does that; `--check` lists other ways."
