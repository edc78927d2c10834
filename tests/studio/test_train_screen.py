"""The fourth screen: runs of the past and of now, their figures, and what came of them."""

import fcntl
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Sparkline

from engine.runs import run_dir
from models.events import Failed, Finished, Metric, Note, Step, to_line

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, PastRun

METRICS = [
    Metric(
        step,
        {
            "loss": (7 - step) / 10,
            "rewards/margins": step / 5,
            "rewards/accuracies": 0.5 + step / 10,
            "pairs_per_second": 1.25,
            "eta_s": 90,
            "memory_bytes": 1.9e9,
        },
    )
    for step in range(1, 5)
]
TRAINED = Finished(
    {
        "device": "cpu",
        "steps": 4,
        "seconds": 131,
        "held_out": {
            "pairs": 48,
            "accuracy": 0.8125,
            "accuracy_before": 0.5,
            "reward_accuracy": 0.75,
        },
    }
)


async def test_a_finished_run_says_what_it_gained_in_a_sentence(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", Step(0, 4), *METRICS, TRAINED)
    async with open_window(data_dir, "train") as window:
        assert window.text("#outcome").startswith(
            "On 48 pairs it never trained on, the model preferred this reader's answer in 81% "
            "after training, 50% before. Beside the base, training moved it the reader's way in "
            "75% of them (50% would be chance). 4 steps on cpu, 2 min 11 s."
        )


async def test_each_curve_has_its_figures_in_words(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *METRICS, TRAINED)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        figures = [str(widget.render()) for widget in window.screen.query(".figures").results()]
        assert figures[0] == "last 0.3\nmin 0.3  max 0.6"
        assert window.screen.query(Sparkline).first().data == [0.6, 0.5, 0.4, 0.3]


async def test_a_run_that_goes_on_is_found_again_and_followed_to_its_end(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    """The lock is what makes a run a running one, here held by the test in the child's place."""
    past_run("train-1", "train", Note("On the processor."), Step(1, 4, "training"), METRICS[0])
    directory = run_dir(data_dir, "train-1")
    with directory.lock.open("w") as lock, directory.events.open("a") as events:
        fcntl.flock(lock, fcntl.LOCK_EX)
        async with open_window(data_dir, "train") as window:
            await window.until(lambda: "1 of 4" in window.text("#state"))
            assert "1.25 pairs/s   1 min 30 s left   1.9 GB memory" in window.text("#state")
            assert "On the processor." in window.text("#state")
            events.write(to_line(TRAINED) + "\n")
            events.flush()
            fcntl.flock(lock, fcntl.LOCK_UN)
            await window.until(lambda: window.text("#outcome").startswith("On 48 pairs"))
            await window.until(lambda: window.rows("#runs")[0][0] == "finished")


async def test_a_failed_run_of_yesterday_shows_its_reason_without_a_modal(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", Failed("The disk is [full].", "Free 2 GB."))
    async with open_window(data_dir, "train") as window:
        assert window.text("#outcome") == "The disk is [full].\nFree 2 GB."
        assert not window.screen.is_modal


async def test_an_export_tells_quant_size_and_hash(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    result = {"quant": "Q4_K_M", "size_bytes": 105e6, "sha256": "ab" * 32, "gguf": "/x/[y].gguf"}
    past_run("export-1", "export", Finished(result))
    async with open_window(data_dir, "train") as window:
        assert window.text("#outcome") == (
            "Q4_K_M model of 105 MB, hash abababababab. Press 5 to read its descriptions.\n"
            "/x/[y].gguf"
        )


async def test_the_preset_is_explained(data_dir: Path, open_window: "OpenWindow") -> None:
    async with open_window(data_dir, "train") as window:
        assert "152 pairs once" in window.text("#note")


async def test_a_reader_without_pairs_is_sent_to_build_them(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "4")
        assert "Press 2 to build the profile of Jo [x] first." in window.text("EmptyState")
