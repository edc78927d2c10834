"""Export, as one job: merge the adapter, quantise, and check that the files hold what was trained.

The making of the files is `engine.export_files`, the scoring `engine.truth_scores`, and what the
scores mean `engine.truth`; here they follow each other, and what fails is held back.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event as Flag

from engine.export_files import ADAPTER, ExportPlan, make_files, passed_on, plan_of
from engine.jobs import RunDir
from engine.truth import (
    Checked,
    Seen,
    Trained,
    checked,
    not_the_trained,
    other_tokens,
    smallest,
    verdict,
)
from engine.truth_scores import Asked, asked_of, in_file, in_torch
from models.convert import base_gguf
from models.errors import JobFailed
from models.events import Event, Finished, JsonObject, Note
from models.torch_base import load_tokenizer

MERGED = "F16"


def work(run: RunDir, settings: Mapping[str, object], asked_to_stop: Flag) -> Iterator[Event]:
    """Make the ordered files of what a training run made, an adapter or a whole model.

    Args:
        run: its directory gets `merged.F16.gguf` and `NAME.QUANT.gguf`.
        settings: see `engine.export_files.plan_of`.
        asked_to_stop: ends the work at the next event; whole files stay for the next start.

    Yields:
        Steps and notes, then Finished with `run`, `base_gguf` and `files` (see `make_files`); where
        a whole model was ordered also `merged`, `answer`, `prompt_tokens_equal`, `truth` and the
        figures of the first file by themselves. Files that lost what was trained are left out of
        `files`. No Finished when asked to stop.

    Raises:
        BadInput: no adapter, nothing that can be made, or a base that is not served.
        JobFailed: disk or memory are too small, or no file holds what was trained.
    """
    plan = plan_of(run.path, settings)
    with closing(_stages(run, plan)) as events:
        for event in events:
            if asked_to_stop.is_set() and not isinstance(event, Finished):
                return
            yield event


def _stages(run: RunDir, plan: ExportPlan) -> Generator[Event, None, None]:
    base = Path(str((yield from passed_on(base_gguf(plan.base, plan.cache_dir)))["gguf"]))
    made = yield from passed_on(make_files(base, plan))
    result = {"run": run.id, "base_gguf": str(base), **made}
    files = made["files"]
    assert isinstance(files, list)
    if not plan.order.quants:
        yield Finished(result)
        return
    yield Note("The files are held against the trained model: truth check.")
    tokenizer = load_tokenizer(plan.base, plan.cache_dir)
    told = yield from _truth(plan, base, files, asked_of(plan, tokenizer))
    sound = [file for file in files if file["quant"] not in told.lost]
    first = sound[0]
    answer = str(tokenizer.decode([*told.answers[first["quant"]]])).strip()
    if not answer:
        raise JobFailed(
            f"{Path(first['gguf']).name} opens, and answers nothing.",
            "Train again, with fewer steps.",
        )
    after = {
        "merged": str(plan.merged),
        "answer": answer,
        "prompt_tokens_equal": True,
        "truth": told.document,
    }
    yield Finished({**result, "files": sound, **first, **after})


@dataclass(frozen=True)
class _Told:
    """What the truth check found."""

    document: JsonObject
    answers: Mapping[str, tuple[int, ...]]
    """Quantisation → tokens."""
    lost: frozenset[str]
    """Quantisations that are held back."""


def _truth(
    plan: ExportPlan, base_file: Path, files: list[JsonObject], asked: Asked
) -> Generator[Event, None, _Told]:
    """Hold the merged model and each file against the trained model.

    Raises:
        JobFailed: the merged model is another than the trained one, a file reads prompts as other
            tokens, or none keeps what was trained.
    """
    trained = yield from in_torch(plan, base_file, asked)
    base = Seen({}, ())
    if asked.examples:
        base = yield from in_file(base_file, "base", asked)
    seen = {MERGED: (yield from in_file(plan.merged, MERGED, asked))}
    _refuse(other_tokens(plan.merged.name, seen[MERGED]), _OTHER_TOKENS)
    _refuse(not_the_trained(seen[MERGED], base, trained), _OTHER_MODEL)
    models = {str(it["quant"]): Path(str(it["gguf"])) for it in files if it["quant"] != ADAPTER}
    for name, gguf in models.items():
        if name != MERGED:
            seen[name] = yield from in_file(gguf, name, asked)
            _refuse(other_tokens(gguf.name, seen[name]), _OTHER_TOKENS)
    sizes = {name: gguf.stat().st_size for name, gguf in ({MERGED: plan.merged} | models).items()}
    rows = [checked(name, sizes[name], seen[name], base, trained) for name in sizes]
    ordered = [row for row in rows if row.name in models]
    lost = frozenset(row.name for row in ordered if row.standing == "loses")
    if len(lost) == len(ordered):
        _refuse(" ".join(row.says for row in ordered), _LOST)
    says = verdict(ordered)
    yield Note(says)
    document = _document(asked, base, trained, rows, says)
    best = smallest(ordered)
    answers = {name: each.answer for name, each in seen.items()}
    return _Told({**document, "smallest": best.name if best else None}, answers, lost)


_OTHER_TOKENS = "Fetch the base again, or take one of the catalogue; then train and export again."
_OTHER_MODEL = (
    "Export again with `--fresh`. If it says the same, the base file was changed since the "
    "training: train again. The files are kept, and no preview is offered them."
)
_LOST = "Export a larger quantisation, such as Q8_0 or F16. The files are kept, and not offered."


def _refuse(reason: str, hint: str) -> None:
    if reason:
        raise JobFailed(reason, hint)


def _document(
    asked: Asked, base: Seen, trained: Trained, rows: list[Checked], says: str
) -> dict[str, object]:
    """The table of the truth check, for the result: base, trained model, and each file."""
    of_torch = checked("torch", 0, trained.tuned, trained.base, trained)
    of_base = checked("base", 0, base, base, trained)
    before = [replace(row, standing="not_checked", says="") for row in (of_base, of_torch)]
    return {
        "pairs": len(asked.examples),
        "says": says,
        "answer_tokens": len(trained.tuned.answer),
        "models": [_rounded(asdict(row)) for row in [*before, *rows]],
    }


def _rounded(value: object) -> object:
    """Figures to four places: what a start more makes otherwise is not worth a difference."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
