"""Children that stop or kill themselves at a step or a note of their own."""

import signal
from pathlib import Path

import pytest

from engine import jobs
from engine.jobs import RunDir

FOLDER = Path(__file__).parent / "ending"


async def run_until(
    run: RunDir,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals = signal.SIGKILL,
    *,
    step: int = 0,
    note: str = "",
    delay_s: float = 0.0,
) -> None:
    """Run the child until it gets the signal: after the event that is named, or a delay later."""
    told = {"END_STEP": step, "END_NOTE": note, "END_DELAY_S": delay_s, "END_SIGNAL": int(number)}
    with monkeypatch.context() as patched:
        for name, value in told.items():
            patched.setenv(name, str(value))
        patched.setenv("PYTHONPATH", str(FOLDER), prepend=":")
        jobs.start(run)
    async for _ in jobs.follow(run, from_start=False):
        pass
    assert jobs.state(run) == "stopped"
