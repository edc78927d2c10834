"""What the window knows of each run it shows: its events, its place, its doctor's advice."""

from pathlib import Path

from engine.domain import Run
from engine.runs import run_dir
from engine.train.config import TrainConfig
from engine.train.input_files import read_config
from engine.train.run_doctor import Advice, diagnose
from studio.run_words import Watched
from studio.session import Session


class Watching:
    """What a run was told is read once; its doctor is asked again at each new metric."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._configs: dict[str, TrainConfig] = {}
        self._advice: dict[str, tuple[int, tuple[Advice, ...]]] = {}
        """Run id to how many metrics the doctor has seen, and what it said, the newest first."""

    async def read(self, run: Run) -> None:
        """Read what a training run was told; without it the doctor says nothing."""
        if run.kind == "train" and run.id not in self._configs:
            self._configs[run.id] = await self._session.ask(_config_of, run.id)

    def watched(self, run: Run) -> Watched:
        """All that is known of a run by now."""
        return Watched(
            run,
            self._session.tracker.works.get(run.id),
            self._advised(run),
            self._session.places.get(run.id, 0),
            run.id in self._session.stopping,
        )

    def _advised(self, run: Run) -> tuple[Advice, ...]:
        work, config = self._session.tracker.works.get(run.id), self._configs.get(run.id)
        if work is None or config is None:
            return ()
        seen, advice = self._advice.get(run.id, (-1, ()))
        if seen != len(work.metrics):
            found = diagnose(work.metrics, config)
            advice = tuple(sorted(found, key=lambda one: -one.step))
            self._advice[run.id] = len(work.metrics), advice
        return advice


def _config_of(data_dir: Path, run_id: str) -> TrainConfig:
    return read_config(run_dir(data_dir, run_id).path)
