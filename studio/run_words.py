"""A run in words: where it stands, what to do next, what its doctor says, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from engine.domain import Run
from engine.export_order import files_in
from engine.run_queue import WAITING
from engine.tailoring.margins import BASE
from engine.tailoring.sets import is_dataset
from engine.train.run_doctor import Advice
from models.events import Failed, Finished, JsonObject
from studio.text import count, duration, number, one_line, progress, size, visible
from studio.tracker import Work
from studio.truth_words import truth_lines


@dataclass(frozen=True)
class Watched:
    """All that is shown of one run."""

    run: Run
    work: Work | None
    advice: tuple[Advice, ...] = ()
    """The newest first."""
    place: int = 0
    """Of a waiting run: 1 for the one that begins next."""
    is_stopping: bool = False
    """Whether the editor has asked it to stop."""

    @property
    def state(self) -> str:
        """As listed; of one that was going on then, as its events tell it."""
        ended = self.work.ended if self.work else None
        if self.run.state != "running" or ended is None:
            return self.run.state
        return "finished" if isinstance(ended, Finished) else "failed"

    @property
    def picked_step(self) -> int | None:
        """The checkpoint that the editor chose; None as long as the last one counts."""
        step = self.run.result.get("picked")
        return step if isinstance(step, int) else None

    @property
    def verdict(self) -> Mapping[str, object]:
        """What a training came to, as a kind and a sentence; empty before, and of old runs."""
        told = self.result.get("verdict")
        return told if isinstance(told, Mapping) else {}

    @property
    def samples(self) -> Sequence[JsonObject]:
        """Descriptions of a book at checkpoints."""
        items = self.work.items if self.work else []
        return [item for item in items if item.get("kind") == "sample"]

    @property
    def result(self) -> Mapping[str, object]:
        """Empty until it has finished."""
        ended = self.work.ended if self.work else None
        return ended.result if isinstance(ended, Finished) else self.run.result


def next_step(watched: Watched) -> str:
    """What the editor can do now, the most useful first."""
    is_training, read = watched.run.kind == "train", len(watched.samples) > 1
    match watched.state:
        case "waiting":
            return (
                f"It begins by itself, as number {watched.place or 1} of those that wait; "
                "x takes it out."
            )
        case "running" if watched.is_stopping:
            return "It stops after the step in hand; what was done so far is kept."
        case "running" if is_training and any(advice.grave for advice in watched.advice):
            return "The run doctor warns: a reads it; s stops and keeps what was learnt."
        case "running" if is_training and read:
            return "d reads the descriptions so far; s stops and keeps what was learnt."
        case "running":
            return "It goes on by itself, this window open or closed; s stops it."
        case "stopped":
            return "g goes on from the last checkpoint."
        case "failed":
            return "g tries again from the last checkpoint, once the cause is gone."
        case _ if watched.run.kind == "evaluate":
            return "o reads the report, n has the models answer, j has their answers judged."
        case _ if is_training and is_dataset(watched.run.subject):
            return "h evaluates it on held-out pairs; e exports it, so that it can answer."
        case _ if is_dataset(watched.run.subject):
            return "a on a pair of the dataset has it answer for two people."
        case _ if is_training:
            if watched.verdict.get("kind") in ("memorised", "not_learned"):
                return "3 builds more pairs, k changes settings; e exports it all the same."
            first = "d reads what each checkpoint writes; " if read else ""
            return f"{first}e exports the model for the previews."
        case _:
            return "Press 5 to read its descriptions."


def standing(watched: Watched) -> Content:
    """State, progress and figures."""
    work = watched.work
    parts = [Content.styled(watched.state.capitalize(), "bold")]
    if work and work.step and watched.state == "running":
        parts.append(Content(progress(work.step.done, work.step.total, 8)))
        parts.append(Content(visible(work.step.note)))
    if watched.picked_step is not None:
        parts.append(Content(f"picked: step {watched.picked_step:,}"))
    if work:
        parts += [Content(figure) for figure in _figures(work)]
    return Content("  ").join(parts)


def last_told(watched: Watched) -> str:
    """The newest note, then the first of the work itself, which names a training's device."""
    told = watched.work.notes if watched.work else []
    notes = [note for note in told if not note.startswith(WAITING)] or told
    return one_line(" ".join(dict.fromkeys((*notes[-1:], *notes[:1]))), 300)


def _figures(work: Work) -> Iterator[str]:
    """Speed, time left and memory, as far as the newest metrics tell them."""
    if (rate := work.newest("pairs_per_second")) is not None:
        yield f"{rate:.2f} pairs/s"
    if (left := work.newest("eta_s")) is not None and work.ended is None:
        yield f"{duration(left)} left"
    if (memory := work.newest("memory_bytes")) is not None:
        yield f"{size(memory)} memory"
    if (gpu := work.newest("gpu_memory_bytes")) is not None:
        yield f"{size(gpu)} on the GPU"


def advice_in_short(advice: Sequence[Advice]) -> Content:
    """The newest advice, a grave one before others, on two lines."""
    if not advice:
        return Content("")
    first = next((one for one in advice if one.grave), advice[0])
    more = f"  (a reads all {len(advice)})" if len(advice) > 1 else ""
    return Content.assemble(
        (f"{_heading(first)}{more} ", "bold $text-warning" if first.grave else "bold"),
        visible(first.says),
        (f"\n→ {visible(first.next_step)}", "$text-muted"),
    )


def advice_in_full(advice: Sequence[Advice]) -> Iterator[str]:
    """All of it, the newest first."""
    for one in advice:
        yield _heading(one)
        yield visible(one.says)
        yield f"→ {visible(one.next_step)}"
        yield ""


def _heading(advice: Advice) -> str:
    return f"{'Warning' if advice.grave else 'Note'}, step {advice.step:,}:"


def outcome(watched: Watched) -> Content:
    """What the run came to, its verdict first; empty while it goes on."""
    ended = watched.work.ended if watched.work else None
    if isinstance(ended, Failed):
        # The hint for a stopped run names the command line's way; the next step names the key.
        hint = "" if watched.state == "stopped" else ended.hint
        return Content(visible(f"{ended.message}\n{hint}".strip()))
    if not watched.result:
        return Content("")
    if watched.run.kind == "evaluate":
        return Content(visible("\n".join(_evaluated(watched.result))))
    if watched.run.kind != "train":
        return Content(visible("\n".join(_exported(watched.result))))
    verdict = visible(str(watched.verdict.get("says", "")))
    whose = "the asker's" if is_dataset(watched.run.subject) else "this reader's"
    lines = Content(visible("\n".join(_trained(watched.result, whose))))
    return Content("\n").join([Content.styled(verdict, "bold"), lines] if verdict else [lines])


def _trained(result: Mapping[str, object], whose: str) -> Iterator[str]:
    held_out = result.get("held_out")
    tracks = held_out.get("tracks") if isinstance(held_out, Mapping) else None
    if not isinstance(held_out, Mapping) or not held_out.get("pairs"):
        yield "There were no held-out pairs to test it on."
    elif isinstance(tracks, Mapping) and tracks:
        yield from _table({**tracks, "all": held_out} if len(tracks) > 1 else tracks)
    else:
        yield _sentence(held_out, whose)
    yield (
        f"{count(int(_number(result.get('steps'))), 'step')} on {result.get('device')}, "
        f"{duration(_number(result.get('seconds')))}."
    )


ARMS = "{:<26}{:>7}  {:<12}{:>6}{:>9}{:>6}".format


def _evaluated(result: Mapping[str, object]) -> Iterator[str]:
    """A line an arm: pairs that turn with the persona, and those whose answer gained under each."""
    pairs = count(int(_number(result.get("cases"))), "held-out pair")
    yield f"{pairs}. Turned: those that lean to the answer of whoever asks."
    yield "Own, opposed, none: those whose answer gained, by the persona in the prompt."
    yield ARMS("Model", "Turned", "95% between", "own", "opposed", "none")
    arms = result.get("arms")
    for arm in arms if isinstance(arms, Sequence) else ():
        if arm["whose"] != "both":
            continue
        turned = arm["turned"] or {}
        ends = [_share(turned.get(end)) for end in ("low", "high")]
        gained = {one["condition"]: one["gained"]["share"] for one in arm["under"]}
        shares = [_share(gained.get(name)) for name in ("right", "opposed", "none")]
        if arm["arm"] == BASE:
            shares[-1] = "-"  # it is what the others are held against
        yield ARMS(arm["arm"], _share(turned.get("share")), " to ".join(ends), *shares)


def _sentence(held_out: Mapping[str, object], whose: str) -> str:
    return (
        f"On {count(int(_number(held_out['pairs'])), 'pair')} it never trained on, the model "
        f"preferred {whose} answer in {_number(held_out.get('accuracy')):.0%} after "
        f"training, {_number(held_out.get('accuracy_before')):.0%} before. Beside the base, "
        f"training moved it that way in {_number(held_out.get('reward_accuracy')):.0%} "
        "of them (50% would be chance)."
    )


HEADING = ("Held-out", "Pairs", "Before", "After", "95% between", "Moved", "Margin")
COLUMNS = "{:<13}{:>5}{:>8}{:>7}  {:<12}{:>7}{:>10}".format
TURNED = "{:>8}".format


def _table(tracks: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """A line a track: the share of held-out pairs whose chosen answer is preferred.

    Last, where that was measured, the share that turns with the card: leans more to the chosen
    answer under the reader's than under the opposite reader's.
    """
    is_turned = any(isinstance(told.get("turned"), float) for told in tracks.values())
    yield COLUMNS(*HEADING) + (TURNED("Turned") if is_turned else "")
    for track, told in tracks.items():
        interval = told.get("accuracy_interval")
        ends = interval if isinstance(interval, Sequence) else ()
        yield COLUMNS(
            track[:12],
            f"{_number(told.get('pairs')):.0f}",
            _share(told.get("accuracy_before")),
            _share(told.get("accuracy")),
            " to ".join(map(_share, ends)),
            _share(told.get("reward_accuracy")),
            number(_number(told.get("mean_margin"))),
        ) + (TURNED(_share(told.get("turned"))) if is_turned else "")


def _exported(result: Mapping[str, object]) -> Iterator[str]:
    for file in files_in(result):
        kind = "The adapter" if file.get("quant") == "adapter" else f"{file.get('quant')} model"
        size_bytes = size(_number(file.get("size_bytes")))
        yield f"{kind} of {size_bytes}, hash {str(file.get('sha256'))[:12]}."
        yield str(file.get("gguf"))
    yield from truth_lines(result)


def _share(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, int | float) else "?"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
