"""The events that long functions yield, and their JSON lines.

A long function is a generator of these, at a human rate, whose last event is `Finished` or
`Failed`. The command line prints them, the window shows them, tests read them. Nothing here
knows what the work is.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from models.errors import BadInput, JobFailed

JsonObject = Mapping[str, object]


@dataclass(frozen=True)
class Step:
    """Progress: `done` of `total` pieces of work."""

    done: int
    total: int
    """0 while the total is not known."""
    note: str = ""


@dataclass(frozen=True)
class Item:
    """One finished piece of the result, kept even if the job dies later."""

    value: JsonObject


@dataclass(frozen=True)
class Metric:
    """Figures at one training step, under TRL's own keys."""

    step: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Note:
    """One sentence for the person who watches."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The last event of a job that did what was asked."""

    result: JsonObject


@dataclass(frozen=True)
class Failed:
    """The last event of a job that could not: what happened, and what to do."""

    message: str
    hint: str = ""


Event = Step | Item | Metric | Note | Finished | Failed
_KINDS: dict[str, type[Event]] = {
    kind.__name__.lower(): kind for kind in (Step, Item, Metric, Note, Finished, Failed)
}


def to_line(event: Event) -> str:
    """One JSON line, without the newline; `from_line` reads it back."""
    fields = {"event": type(event).__name__.lower(), **asdict(event)}
    return json.dumps(fields, ensure_ascii=False)


def from_line(line: str) -> Event:
    """Read what `to_line` wrote.

    Raises:
        BadInput: the line is not an event.
    """
    try:
        fields = json.loads(line)
        return _KINDS[fields.pop("event")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"Not an event of Persona Studio: {line[:80]!r}.") from error


def result_of(events: Iterable[Event]) -> JsonObject:
    """Run a generator of events to its end and return the result.

    Raises:
        JobFailed: the work failed, or ended without saying how.
    """
    for event in events:
        if isinstance(event, Finished):
            return event.result
        if isinstance(event, Failed):
            raise JobFailed(event.message, event.hint)
    raise JobFailed("The work ended without a result.")
