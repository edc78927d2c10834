"""Who changes the store, and by which road: what the journal keeps beside a change's title."""

import os
import pwd
from contextvars import ContextVar
from functools import cache
from typing import Literal, get_args

Road = Literal["window", "command", "provider"]
"""What a person did in the window or by a command, or what a provider handed over: a result is
recorded by whichever front end comes first."""

ROADS: tuple[Road, ...] = get_args(Road)

_ROAD: ContextVar[Road | None] = ContextVar("_ROAD", default=None)


def come_by(road: Road) -> None:
    """Say by which road changes come from here on: in this context, and in the tasks and threads
    that are begun in it."""
    _ROAD.set(road)


def road_taken() -> Road | None:
    """The road by which changes come; None where no front end said one."""
    return _ROAD.get()


@cache
def login() -> str:
    """The name that the user of this process logs in by, never the full name; the number where
    the operating system has no name for it."""
    user_id = os.getuid()
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"
