"""What a model card tells of a training: counts, settings and figures, never a reader's words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import runs as engine_runs
from engine.domain import TRACKS, PreferencePair
from engine.library.artefact import Artefact
from engine.library.licence import BaseFacts, facts_of
from engine.library.of_runs import job_of
from engine.profile.language import told as language_of
from engine.train.beginning import readers_within
from engine.train.config import TrainConfig
from engine.train.input_files import read_config, read_pairs
from models.errors import BadInput
from models.events import JsonObject

ASKED_FOR_LANGUAGE = 40
"""Chosen answers that are looked at; a training is in one language, as a rule."""


@dataclass(frozen=True)
class Story:
    """All that is told of what an artefact came of."""

    artefact: Artefact
    base: BaseFacts
    config: TrainConfig
    readers: int
    pairs: Mapping[str, int]
    """Track → pairs of the readers' own that were there to train on."""
    held_out: int
    made_up: int
    """Pairs of made-up readers that were trained on beside them."""
    before: int
    """Readers of the runs whose adapter it began with, and who are not among its own."""
    languages: tuple[str, ...]
    """ISO 639 codes, the most frequent first."""
    result: JsonObject
    """Of the training."""
    export: JsonObject
    """Of the export; empty of what was not exported."""


def story_of(data_dir: Path, artefact: Artefact) -> Story:
    """Read what became an artefact.

    Raises:
        BadInput: it came of no training, or the training's input files are gone.
    """
    directory = engine_runs.run_dir(data_dir, artefact.train_run_id)
    if not artefact.train_run_id or not job_of(directory):
        raise BadInput(
            f"{artefact.id} came of no training that is still in the library.",
            "A folder is made of a GGUF or an adapter of a training run.",
        )
    try:
        pairs, _ = read_pairs(directory.path)
    except OSError as error:
        raise BadInput(
            f"{directory.path} no longer has the pairs it was trained on.", "Train it again."
        ) from error
    by_id = {run.id: run for run in engine_runs.runs(data_dir)}
    own = [pair for pair in pairs if pair.reader_id in artefact.reader_ids]
    result = by_id[directory.id].result if directory.id in by_id else {}
    return Story(
        artefact=artefact,
        base=facts_of(artefact.base_spec),
        config=read_config(directory.path),
        readers=len(artefact.reader_ids),
        pairs=_by_track(own),
        held_out=sum(pair.held_out for pair in own),
        made_up=sum(not pair.held_out for pair in pairs) - sum(not it.held_out for it in own),
        before=len(set(readers_within(job_of(directory))) - set(artefact.reader_ids)),
        languages=_languages(own),
        result=result,
        export=by_id[artefact.run_id].result if artefact.run_id != directory.id else {},
    )


def _by_track(own: Sequence[PreferencePair]) -> Mapping[str, int]:
    counted = Counter(pair.track for pair in own if not pair.held_out)
    return {track: counted[track] for track in TRACKS if counted[track]}


def _languages(own: Sequence[PreferencePair]) -> tuple[str, ...]:
    codes = Counter(filter(None, (language_of(it.chosen) for it in own[:ASKED_FOR_LANGUAGE])))
    # One answer in forty that is taken for another language is no language of the training.
    return tuple(code for code, count in codes.most_common() if count * 10 >= sum(codes.values()))
