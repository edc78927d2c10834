"""The fourth screen: runs of the past and of now, their figures, and what came of them."""

import fcntl
import json
import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import SelectionList

from engine import run_queue
from engine.runs import run_dir
from engine.train.input_files import input_files
from models.events import Failed, Finished, Metric, Note, Step, to_line
from studio.screens.show_lines import ShowLines
from studio.widgets.metric_chart import MetricChart
from tests.studio import run_data

if TYPE_CHECKING:
    from tests.studio.conftest import OpenWindow, PastRun, Window

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
            "after training, 50% before. Beside the base, training moved it that way in "
            "75% of them (50% would be chance).\n4 steps on cpu, 2 min 11 s."
        )


def curves(window: "Window") -> list[list[str]]:
    """The lines of each chart that is shown."""
    charts = [chart for chart in window.screen.query(MetricChart) if chart.region.height]
    return [chart.render().plain.splitlines() for chart in charts]


async def test_a_small_window_shows_one_chart_and_m_turns_over(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *METRICS)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        assert [chart[0].split()[0] for chart in curves(window)] == ["loss"]
        await window.press("m")
        assert [chart[0].split()[0] for chart in curves(window)] == ["rewards/accuracies"]
        await window.press("M", "M")
        assert curves(window)[0][0].startswith("memory  7 of 7")


async def test_a_large_window_shows_four_charts_at_once(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *METRICS, TRAINED)
    async with open_window(data_dir, "train") as window:
        titles = [chart[0].split()[0] for chart in curves(window)]
        assert titles == ["loss", "rewards/accuracies", "rewards/margins", "logps"]
        assert window.text("#outcome").startswith("On 48 pairs")


async def test_held_out_points_stand_in_the_chart_of_training(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *run_data.beginning(), *run_data.training(10, 20))
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        words, *chart = curves(window)[0][1:]
        assert words.startswith("⠒ train 0.326  ◆ held-out 0.547  first ")
        assert sum(line.count("◆") for line in chart) == 3


async def test_what_training_did_twice_after_a_kill_is_drawn_once(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    again = [Metric(2, {"loss": 0.9}), Metric(3, {"loss": 0.8})]
    past_run("train-1", "train", *METRICS, *again)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        words = curves(window)[0][1]
        assert words.startswith("⠒ train 0.8  first 0.6  lowest 0.6 at step 1  highest 0.9")


async def test_the_outcome_comes_first_and_v_turns_to_the_curves(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *METRICS, TRAINED)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        assert curves(window) == []
        await window.press("v")
        assert len(curves(window)) == 1


async def test_a_verdict_stands_over_a_table_of_tracks(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *run_data.training(20, 20), run_data.finished())
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        told = window.text("#outcome").splitlines()
        assert told[0].startswith("It learned: training moved 77% (63% to 87%)")
        assert told[1].split() == [
            "Held-out",
            "Pairs",
            "Before",
            "After",
            "95%",
            "between",
            "Moved",
            "Margin",
        ]
        assert told[3].split() == ["values", "24", "50%", "71%", "59%", "to", "82%", "75%", "0.408"]
        assert told[5].split()[:2] == ["all", "48"]


async def test_after_memorising_the_next_step_is_not_the_export(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    verdict = {"kind": "memorised", "beats_card": False, "says": "It memorised: 100% against 51%."}
    past_run("train-1", "train", *METRICS, run_data.finished(verdict=verdict))
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        assert window.text("#outcome").startswith("It memorised: 100% against 51%.")
        assert window.text("#next").startswith("▸ 3 builds more pairs, k changes settings;")


async def test_a_run_can_be_watched_alone(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    past_run("train-1", "train", *METRICS, TRAINED)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        table = window.screen.query_one("#runs")
        await window.press("enter")
        assert table.region.height == 0
        await window.press("escape")
        assert table.region.height > 0
        assert window.app.focused is table


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
            assert "1.25 pairs/s  1 min 30 s left  1.9 GB memory" in window.text("#state")
            assert "On the processor." in window.text("#told")
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
            "Q4_K_M model of 105 MB, hash abababababab.\n/x/[y].gguf"
        )
        assert window.text("#next") == "▸ Press 5 to read its descriptions."


async def test_the_preset_is_explained_and_what_differs_from_it_told_in_its_place(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir, "train") as window:
        assert "40 pairs and 40 of made-up readers" in window.text("#note")
        await window.press("k")
        window.type_in("#max_pairs", "8")
        await window.press("ctrl+s")
        assert window.text("#note") == "Changed: max_pairs 8; all else as quick has it."


async def test_of_the_files_of_an_export_only_the_ticked_bear_a_mark(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    """Textual draws a mark for both and tells them apart by colour alone."""
    past_run("train-1", "train", *METRICS, TRAINED)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("e")
        files = window.screen.query_one("#files", SelectionList)
        for part, is_seen in (("", False), ("-selected", True)):
            style = files.get_component_rich_style(f"selection-list--button{part}")
            assert (style.color != style.bgcolor) is is_seen


async def test_a_reader_without_pairs_is_sent_to_build_them(
    data_dir: Path, open_window: "OpenWindow"
) -> None:
    async with open_window(data_dir) as window:
        await window.press("down", "4")
        assert "Press 2 to build the profile of Jo [x] first." in window.text("EmptyState")


async def test_the_run_doctor_is_heard_on_two_lines_and_read_in_full(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    broken = [Metric(step, {"loss": math.nan}) for step in range(5, 8)]
    past_run("train-1", "train", *METRICS, *broken)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.until(lambda: bool(window.text("#advice")))
        assert window.text("#advice").startswith("Warning, step 5")
        assert window.screen.query_one("#advice").region.height == 2
        await window.press("a")
        assert isinstance(window.screen, ShowLines)
        assert "Warning, step 5:" in window.text("#lines Static")


async def test_runs_that_wait_show_their_place_and_x_takes_one_out(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    """Their children, here the test, hold their locks; so nobody starts them again."""
    with ExitStack() as locks:
        for number in (1, 2):
            past_run(f"train-{number}", "train")
            directory = run_dir(data_dir, f"train-{number}")
            fcntl.flock(locks.enter_context(directory.lock.open("w")), fcntl.LOCK_EX)
            run_queue.join(directory)
        async with open_window(data_dir, "train", size=(80, 24)) as window:
            places = {row[0] for row in window.rows("#runs")}
            assert places == {"waiting 1", "waiting 2"}
            assert "as number" in window.text("#next")
            await window.press("x")
            await window.until(lambda: "waiting 2" not in {r[0] for r in window.rows("#runs")})
            assert len(run_queue.waiting(data_dir / "runs")) == 1


async def test_a_run_that_waited_tells_of_its_device_and_one_that_was_stopped_that_it_stops(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    notes = (Note("Waiting for train-0 to end."), Note("On the processor."), Note("8 pairs."))
    past_run("train-1", "train", *notes, Step(1, 4, "training"))
    with run_dir(data_dir, "train-1").lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        async with open_window(data_dir, "train", size=(80, 24)) as window:
            await window.until(lambda: window.text("#told") == "8 pairs. On the processor.")
            await window.press("s")
            assert window.text("#next").startswith("▸ It stops after the step in hand;")


async def test_two_runs_are_compared_by_what_they_were_told(
    data_dir: Path, past_run: "PastRun", open_window: "OpenWindow"
) -> None:
    for number, beta in ((1, 0.3), (2, 0.1)):
        past_run(f"train-{number}", "train", *METRICS)
        directory = run_dir(data_dir, f"train-{number}")
        job = {"kind": "train", "reader_ids": ["ana"], "config": {"beta": beta}}
        directory.job.write_text(json.dumps(job))
        for name, text in input_files([], {"ana": "A card."}).items():
            (directory.path / name).write_text(text)
    async with open_window(data_dir, "train", size=(80, 24)) as window:
        await window.press("c")
        await window.until(lambda: "beta" in window.text("#told"))
        told = [line.split() for line in window.text("#told").splitlines()]
        assert told[0] == ["Setting", "This", "run", "The", "other"]
        assert sorted(told[1][1:]) == ["0.1", "0.3"]
