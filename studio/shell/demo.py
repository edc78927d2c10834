"""The command demo: story G on the first example reader, each stage's result as it comes.

Every stage is the one that its own command runs, on the ordinary data directory. A stage whose
input is the same as before is not done again.
"""

import asyncio
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from engine.domain import Profile, Trait
from engine.export_order import ExportOrder
from studio.shell.base import Command, give, say, shared, tell
from studio.shell.columns import columns
from studio.shell.events import read_to_end
from studio.shell.following import result_of_run, reuse_or_start, run_of_same_input
from studio.shell.pair_lines import pair_lines
from studio.shell.previews import Written, write_panes
from studio.shell.run_lines import export_lines, training_lines
from studio.shell.trait_lines import quotes_of, trait_line
from studio.text import count, duration, size

READER = "EXAMPLE-RECIFE"
QUANT = "Q4_K_M"
STRONGEST = 8


@dataclass
class Demo:
    """What the stages leave for each other and for the last page."""

    data_dir: Path
    aloud: bool
    """Print results as they come; with --json they come at the end."""
    seconds: dict[str, float] = field(default_factory=dict)
    results: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, title: str) -> Iterator[None]:
        """Time a stage under its heading."""
        self.say(f"\n{len(self.seconds) + 1}. {title}")
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 1)

    def say(self, *lines: str) -> None:
        for line in lines if self.aloud else ():
            say(line)


@click.command("demo", cls=Command)
@click.option("--no-window", is_flag=True, help="Do not open the window at the end.")
def demo(no_window: bool) -> None:
    """Run the whole loop on the bundled example; opens the window on it at the end."""
    began = time.monotonic()
    run = Demo(shared().data_dir, aloud=not shared().as_json)
    run.say(f"Everything is kept in {run.data_dir}.")
    _read(run)
    _profile(run)
    _pairs(run)
    trained = _train(run)
    _export(run, trained)
    written = _preview(run)
    _last_page(run, written, time.monotonic() - began)
    if not (no_window or shared().as_json) and sys.stdin.isatty() and sys.stdout.isatty():
        from studio.app import StudioApp

        click.prompt(
            "\nPress Enter to open the window on them", default="", show_default=False, err=True
        )
        StudioApp(run.data_dir, open_on="preview", reader_id=READER).run()


def _read(demo: Demo) -> None:
    from engine import desk

    with demo.stage("import", "Reviews of three example readers, invented by us"):
        report = desk.import_example(demo.data_dir)
    demo.results["import"] = report.as_json()
    for reader in report.readers:
        demo.say(f"   {reader.id}: {count(reader.reviews, 'review')}")
    if not report.added:
        demo.say("   reused: they were here already")


def _profile(demo: Demo) -> None:
    from engine import desk

    with demo.stage("profile", f"The profile of {READER}, read by the embedded encoder"):
        events = desk.build_profile(demo.data_dir, READER)
        demo.results["profile"] = asyncio.run(read_to_end(events))
    profile = desk.built_profile(demo.data_dir, READER)
    names = desk.trait_names()
    for trait in strongest(profile):
        demo.say(f"   {trait_line(trait, names)}", *list(quotes_of(trait))[:1])
    unknown = sum(not trait.is_known for trait in profile.traits)
    demo.say(
        f"   {count(len(profile.traits) - unknown, 'trait')} known, {unknown} unknown: too little "
        f"was said. All of them: persona-studio profile show {READER}"
    )


def strongest(profile: Profile) -> list[Trait]:
    """The known traits with evidence that stand furthest from the middle, most surely."""
    told = [trait for trait in profile.traits if trait.is_known and trait.evidence]
    told.sort(key=lambda trait: -abs(trait.effective_score) * trait.confidence)
    return told[:STRONGEST]


def _pairs(demo: Demo) -> None:
    from engine import desk

    before = desk.pairs(demo.data_dir, READER)
    with demo.stage("pairs", "Preference pairs, labelled by the profile's stance"):
        report = desk.build_pairs(demo.data_dir, READER)
    demo.results["pairs"] = report.as_json()
    tracks = ", ".join(f"{number} on {track}" for track, number in report.by_track.items())
    demo.say(f"   {count(report.pairs, 'pair')}: {tracks}; {report.held_out} held out of training")
    built = desk.pairs(demo.data_dir, READER)
    if built == before:
        demo.say("   reused: the same pairs as before")
    example = next(pair for pair in built if not pair.dropped)
    demo.say(*(f"   {line}" for line in pair_lines(example, desk.trait_names(), 240)))


def _train(demo: Demo) -> str:
    from engine import runs
    from engine.train.config import config_for
    from engine.training_input import training_input

    with demo.stage("train", "DPO with LoRA on the embedded model, preset quick"):
        settings, _ = training_input(demo.data_dir, [READER], config_for("quick", "embedded", {}))
        known = run_of_same_input(demo.data_dir, "train", READER, settings["fingerprint"])
        run, told = reuse_or_start(
            demo.data_dir, known, lambda: runs.start_training(demo.data_dir, [READER])
        )
        demo.say(f"   {told}")
        result = result_of_run(demo.data_dir, run)
    demo.results["train"] = result
    demo.say(*(f"   {line}" for line in training_lines(result)))
    return run.id


def _export(demo: Demo, trained: str) -> None:
    from engine import runs

    with demo.stage("export", f"Merge, GGUF, {QUANT}, and a check that it answers"):
        order = ExportOrder((QUANT,))
        print_ = runs.export_fingerprint(demo.data_dir, trained, order)
        known = run_of_same_input(demo.data_dir, "export", READER, print_)
        run, told = reuse_or_start(
            demo.data_dir, known, lambda: runs.start_export(demo.data_dir, trained, order)
        )
        demo.say(f"   {told}")
        result = result_of_run(demo.data_dir, run)
    demo.results["export"] = result
    demo.say(*(f"   {line}" for line in export_lines(result)))


def _preview(demo: Demo) -> list[Written]:
    from engine import desk
    from engine.preview import DEFAULT_SAMPLING

    book = desk.books(demo.data_dir, READER)[0]
    with demo.stage("preview", f"{book.title} by {book.author}, described for {READER}"):
        written = asyncio.run(
            write_panes(
                demo.data_dir,
                READER,
                book,
                ["base", "tuned"],
                DEFAULT_SAMPLING,
                aloud=demo.aloud,
            )
        )
    demo.results["preview"] = {
        "reader": READER,
        "book": book.id,
        "panes": [pane.as_json() for pane in written],
    }
    return written


def _last_page(demo: Demo, written: list[Written], seconds: float) -> None:
    peak = peak_memory_bytes()
    width = shutil.get_terminal_size((80, 24)).columns
    texts = [
        (f"{pane.title} ({pane.reply.model_sha256[:12]})", pane.reply.text) for pane in written
    ]
    demo.say("", *columns(texts, width), "")
    stages = ", ".join(f"{name} {duration(took)}" for name, took in demo.seconds.items())
    demo.say(f"Took {duration(seconds)}: {stages}. The largest process took {size(peak)}.")
    demo.say(
        "The embedded model is small (135 million parameters): it shows that the loop works, "
        "not how well a larger base would write."
    )
    if not demo.aloud:
        give(
            {
                **demo.results,
                "seconds": {**demo.seconds, "all": round(seconds, 1)},
                "peak_memory_bytes": peak,
            },
            [],
        )
    name = "persona-studio" if shutil.which("persona-studio") else sys.argv[0]
    tell(f"`{name}` opens the window on all of this.")


def peak_memory_bytes() -> int:
    """The largest resident size so far of this process or any child of it that has ended."""
    from engine import jobs

    jobs.reap()
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
