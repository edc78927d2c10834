"""An evaluation's work in its child: held-out pairs and the probe, scored by every arm.

An arm is the base, the base with exemplars in its context, or a training run's adapter or model.
What was scored is kept by content, so that a killed evaluation goes on where it was.
"""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event as Flag

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from engine.jobs import RunDir
from engine.personas.domain import SIDES, Side
from engine.prompts import for_persona, refusal_note
from engine.tailoring import margins, probe
from engine.tailoring.cases import (
    CASES,
    EXEMPLARS,
    GIVEN,
    POOL,
    RETRIEVED,
    Case,
    Given,
    example_of,
    persona_given,
    read_cases,
    read_messages,
    read_retrieved,
)
from engine.tailoring.margins import Scored
from engine.tailoring.probe import KINDS, NOBODY, Lean
from engine.tailoring.report import LEANS, SCORES
from engine.tailoring.sets import pair_of
from engine.tailoring.speakers import FEW_SHOT
from engine.train import shared_prefix
from engine.train.chat_template import ChatTemplate, rendered
from engine.train.data import Example, tokenise
from engine.train.device import choose_place
from engine.train.scoring import PairLogps, ReferenceCache, score_pairs, weights_key
from models.aside import written_aside
from models.chat import Message
from models.encoder import Encoder
from models.errors import JobFailed
from models.events import Event, Finished, Note, Step
from models.library import embedded_encoder, resolve_base, sha256_of
from models.torch_base import load_base


@dataclass(frozen=True)
class Arm:
    """A model as it is evaluated."""

    name: str
    """`base`, `few-shot`, or the id of a training run."""
    before: tuple[Message, ...]
    """Exemplars in its context."""
    run: RunDir | None


@dataclass(frozen=True)
class Sheet:
    """All that every arm is asked, as tokens."""

    cases: dict[tuple[str, Given], Example]
    """By example and whose persona it was given."""
    probes: dict[tuple[probe.Kind, int, str, int], Example]
    """By kind, request, persona and opening; a refusing opening stands for the chosen side."""
    too_long: tuple[str, ...]
    """Ids of the cases that do not fit with some persona, and are left out with all."""


def work(run: RunDir, settings: Mapping[str, object], asked_to_stop: Flag) -> Iterator[Event]:
    """Score as `job.json` says; ends without `Finished` when it was asked to stop."""
    cases = read_cases(run.path / CASES)
    if not (run.path / RETRIEVED).exists():
        yield Note("Looking for the nearest training prompt of each held-out one.")
        retrieve(run.path, cases, read_cases(run.path / POOL))
    cache_dir, place = Path(str(settings["cache_dir"])), choose_place()
    yield Note(place.told)
    base = resolve_base(str(settings["base"]))
    model, tokenizer = load_base(base, cache_dir, place.dtype)
    torch.nn.Module.to(model, place.device)
    shared_prefix.install(model)
    named = f"{weights_key(model, base, cache_dir)}/{place.dtype}"
    if note := refusal_note((case.prompt for case in cases), ChatTemplate(tokenizer).takes):
        yield Note(note)
    scored: list[Scored] = []
    leans: list[Lean] = []
    left_out: dict[str, Sequence[str]] = {}
    for arm in arms_of(run.path, settings):
        fixed = str(settings.get("fixed", ""))
        sheet = sheet_of(run.path, cases, arm, tokenizer, _most_tokens(settings, model), fixed)
        if sheet.too_long:
            left_out[arm.name] = sheet.too_long
            yield Note(
                f"{len(sheet.too_long)} pairs do not fit into the context of {arm.name} and are "
                f"left out of it: {', '.join(sheet.too_long)}."
            )
        found = yield from _scored_by(run, model, arm, sheet, named, cache_dir, asked_to_stop)
        if found is None:
            return
        topics = {case.example_id: case.topic for case in cases}
        scored += (
            Scored(arm.name, given, example_id, topics[example_id], one.chosen, one.rejected)
            for (example_id, given), example in sheet.cases.items()
            for one in (found[example.pair_id],)
        )
        leans += _leans(arm.name, sheet, found)
    if not scored:
        raise JobFailed("No held-out pair fits into the context.", "Take shorter pairs.")
    for name, rows in ((SCORES, scored), (LEANS, leans)):
        with written_aside(run.path / name) as aside:
            aside.write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    yield Finished(
        {
            "run": run.id,
            "state": "finished",
            "cases": len(cases),
            "arms": margins.as_json(margins.figures(scored)),
            "probe": [asdict(one) for one in probe.pulled(leans)],
            "too_long": left_out,
        }
    )


def retrieve(directory: Path, cases: Sequence[Case], pool: Sequence[Case]) -> None:
    """Write the personas of each case's nearest training prompt, for each side that any has."""
    found: dict[str, dict[Side, str]] = {case.example_id: {} for case in cases}
    encoder = Encoder.load(embedded_encoder())
    asked = encoder.embed([case.prompt for case in cases])  # (N, 384)
    for side in SIDES:
        known = [case for case in pool if side in case.personas]
        if not known:
            continue
        nearest = (asked @ encoder.embed([case.prompt for case in known]).T).argmax(axis=1)  # (N,)
        for case, at in zip(cases, nearest, strict=True):
            found[case.example_id][side] = known[int(at)].personas[side]
    with written_aside(directory / RETRIEVED) as aside:
        aside.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def arms_of(directory: Path, settings: Mapping[str, object]) -> list[Arm]:
    """The arms of an evaluation, the base first."""
    runs = settings["runs"]
    assert isinstance(runs, dict)
    arms = [Arm(margins.BASE, (), None)]
    if exemplars := read_messages(directory / EXEMPLARS):
        arms.append(Arm(FEW_SHOT, exemplars, None))
    return arms + [Arm(name, (), RunDir(Path(path))) for name, path in runs.items()]


def sheet_of(
    directory: Path,
    cases: Sequence[Case],
    arm: Arm,
    tokenizer: PreTrainedTokenizerBase,
    most_tokens: int,
    fixed: str = "",
) -> Sheet:
    """What an arm is asked; a case that is too long with one persona is left out with all."""
    retrieved = read_retrieved(directory)
    template = ChatTemplate(tokenizer)
    kept: dict[tuple[str, Given], Example] = {}
    too_long = []
    for case in cases:
        pair = pair_of(example_of(case), "chosen")
        own = {
            (case.example_id, given): tokenise(
                pair, "", template, (persona,) if persona else (), arm.before
            )
            for given in GIVEN
            if (persona := persona_given(case, given, retrieved, fixed)) is not None
        }
        if any(example.longest > most_tokens for example in own.values()):
            too_long.append(case.example_id)
            continue
        kept |= own
    named = {
        key: Example(f"{key[0]}/{key[1]}", one.prompt_ids, one.chosen_ids, one.rejected_ids)
        for key, one in kept.items()
    }
    return Sheet(named, probes_of(arm, tokenizer), tuple(too_long))


def probes_of(
    arm: Arm, tokenizer: PreTrainedTokenizerBase
) -> dict[tuple[probe.Kind, int, str, int], Example]:
    """The probe's requests under every persona, with every opening."""
    asked = probe.probe()

    def ids(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])

    openings = [*zip(map(ids, asked.refusing), map(ids, asked.complying), strict=True)]
    made = {}
    for kind in KINDS:
        for at, request in enumerate(asked.of(kind)):
            for name, persona in {NOBODY: "", **asked.personas}.items():
                messages = [vars(turn) for turn in for_persona(request, persona, arm.before)]
                prompt = tuple(rendered(tokenizer, messages, generation_prompt=True))
                for number, (refusing, complying) in enumerate(openings):
                    key = (kind, at, name, number)
                    told = f"probe/{kind}/{at}/{name}/{number}"
                    made[key] = Example(told, prompt, refusing, complying)
    return made


def _scored_by(
    run: RunDir,
    base: PreTrainedModel,
    arm: Arm,
    sheet: Sheet,
    named: str,
    cache_dir: Path,
    asked_to_stop: Flag,
) -> Generator[Event, None, dict[str, PairLogps] | None]:
    """Log-probabilities of all that an arm is asked, by id; None when it was asked to stop."""
    examples = [*sheet.cases.values(), *sheet.probes.values()]
    with _model_of(base, arm, cache_dir) as (model, weights):
        cache = ReferenceCache(run.path / "known.jsonl", f"{named}/{weights}")
        known = {one.pair_id: found for one in examples if (found := cache.find(one))}
        model.train(False)
        for batch in score_pairs(model, examples, frozenset(known)):
            if asked_to_stop.is_set():
                return None
            cache.add(examples, batch)
            known |= batch
            yield Step(len(known), len(examples), f"{arm.name}: prompts with two answers")
    return known


@contextmanager
def _model_of(
    base: PreTrainedModel, arm: Arm, cache_dir: Path
) -> Iterator[tuple[PreTrainedModel, str]]:
    """The model of an arm, and what names its weights beside the base's."""
    if arm.run is None:
        yield base, ""
    elif (weights := arm.run.adapter / "adapter_model.safetensors").exists():
        tuned = PeftModel.from_pretrained(base, str(arm.run.adapter))
        try:
            yield shared_prefix.causal_of(tuned), sha256_of(weights, cache_dir)
        finally:
            tuned.unload()
    else:
        loaded = AutoModelForCausalLM.from_pretrained(
            str(arm.run.model), dtype=base.dtype, local_files_only=True
        )
        torch.nn.Module.to(loaded, base.device)
        shared_prefix.install(loaded)
        files = sorted(arm.run.model.glob("*.safetensors"))
        yield loaded, "/".join(sha256_of(file, cache_dir) for file in files)


def _leans(arm: str, sheet: Sheet, found: Mapping[str, PairLogps]) -> Iterator[Lean]:
    """Which way the arm leans on each request under each persona."""
    asked: dict[tuple[probe.Kind, int, str], list[PairLogps]] = {}
    for (kind, at, persona, _), example in sheet.probes.items():
        asked.setdefault((kind, at, persona), []).append(found[example.pair_id])
    for (kind, at, persona), both in asked.items():
        nats = probe.lean([one.chosen for one in both], [one.rejected for one in both])
        yield Lean(arm, kind, at, persona, nats)


def _most_tokens(settings: Mapping[str, object], model: PreTrainedModel) -> int:
    """Of a prompt with an answer: what was set, and no more than the base was made to read."""
    told = settings["max_length"]
    assert isinstance(told, int)
    return min(told, int(getattr(model.config, "max_position_embeddings", told)))
