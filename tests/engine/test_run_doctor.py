"""The run doctor on the figures of real runs, and on runs that were broken on purpose."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from engine.train.config import TrainConfig
from engine.train.run_doctor import Advice, diagnose
from models.events import Metric

QUICK = TrainConfig(beta=0.3, learning_rate=1e-4)
KEYS = (
    "loss",
    "grad_norm",
    "rewards/chosen",
    "rewards/rejected",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
)
HEALTHY = """
0.665 5.580 0.033 -0.027 0.500 0.060 -215.493 -202.754
0.675 5.476 -0.013 -0.058 0.375 0.046 -218.658 -215.215
0.685 5.546 -0.012 -0.041 0.500 0.029 -186.610 -207.316
0.697 4.820 -0.011 -0.006 0.500 -0.006 -160.048 -168.524
0.664 4.473 -0.013 -0.076 0.750 0.063 -168.972 -168.850
0.631 4.104 -0.016 -0.389 0.750 0.372 -210.370 -217.512
0.711 4.902 -0.045 -0.013 0.500 -0.032 -149.828 -143.679
0.661 4.622 0.053 -0.022 0.625 0.076 -184.582 -180.239
0.495 3.891 0.059 -0.997 0.750 1.056 -235.219 -259.796
0.729 4.974 -0.040 0.018 0.375 -0.058 -157.192 -150.799
0.588 4.155 -0.060 -0.647 0.875 0.587 -217.516 -218.637
0.736 4.851 -0.038 0.042 0.250 -0.081 -205.082 -208.701
0.489 4.088 -0.048 -1.293 0.625 1.245 -258.203 -272.775
0.422 3.747 -0.024 -1.954 0.750 1.929 -313.200 -334.474
0.520 4.209 -0.046 -1.344 0.500 1.298 -278.584 -276.394
0.623 4.185 -0.018 -0.701 0.375 0.683 -198.639 -200.915
0.594 4.221 -0.079 -0.807 0.500 0.729 -211.032 -214.485
0.686 4.254 -0.194 -0.212 0.625 0.018 -203.264 -209.608
0.614 5.330 -0.113 -0.788 0.500 0.675 -199.641 -208.649
"""
"""A quick run of the embedded model on the bundled example, learning rate 1e-4."""
FASTER = """
0.693 4.874 0.000 0.000 0.000 0.000 -148.857 -150.369
0.693 5.509 0.000 0.000 0.000 0.000 -258.405 -255.539
0.713 5.934 -0.014 0.020 0.625 -0.033 -251.930 -239.472
0.701 8.510 0.035 0.026 0.625 0.010 -277.015 -305.902
0.690 7.598 -0.044 -0.065 0.500 0.022 -232.690 -220.845
0.648 5.101 0.072 -0.043 0.625 0.115 -204.964 -203.264
0.634 3.823 0.025 -0.116 0.750 0.140 -203.784 -208.698
0.593 4.044 -0.058 -0.408 0.625 0.351 -299.220 -300.809
0.742 5.061 -0.112 -0.026 0.250 -0.086 -186.542 -197.083
0.560 4.183 0.069 -0.235 0.875 0.304 -172.783 -151.443
0.545 3.425 0.700 -0.555 0.625 1.256 -196.413 -181.680
0.385 3.270 0.518 -2.505 0.875 3.023 -328.511 -307.899
0.403 3.659 0.211 -1.360 0.875 1.571 -236.969 -235.760
0.368 3.086 0.836 -1.940 1.000 2.776 -240.146 -230.732
0.640 4.458 0.529 -0.776 0.500 1.305 -200.141 -207.917
0.476 3.790 0.108 -1.084 0.875 1.192 -188.714 -220.051
0.545 4.986 0.333 -2.619 0.625 2.952 -280.510 -288.358
0.317 2.736 0.969 -2.999 0.750 3.969 -352.485 -330.568
0.656 4.214 0.335 -1.002 0.500 1.337 -273.800 -271.869
"""
"""Another, at 3e-4."""


def a_run(table: str) -> list[Metric]:
    rows = [map(float, line.split()) for line in table.strip().splitlines()]
    return [Metric(step, dict(zip(KEYS, row, strict=True))) for step, row in enumerate(rows, 1)]


def steps(count: int, **values: float) -> list[Metric]:
    """`count` steps like a healthy one but for `values`, whose `_` stand for `/`."""
    usual = dict(zip(KEYS, (0.6, 4.0, 0.0, -0.5, 0.625, 0.5, -200.0, -200.0), strict=True))
    changed = {name.replace("_", "/", 1): value for name, value in values.items()}
    return [Metric(step, {**usual, **changed}) for step in range(1, count + 1)]


def a_look(step: int, loss: float, accuracy: float = 0.6) -> Metric:
    return Metric(step, {"held_out/loss": loss, "held_out/accuracies": accuracy})


def a_sample(step: int, tokens: float, repeated: float = 0.0) -> Metric:
    return Metric(step, {"sample/tokens": tokens, "sample/repeated": repeated})


def only(found: tuple[Advice, ...]) -> Advice:
    (one,) = found
    return one


@pytest.mark.parametrize("table", [HEALTHY, FASTER], ids=["quick", "three times as fast"])
def test_a_healthy_run_is_left_in_peace_at_every_step(table: str) -> None:
    metrics = a_run(table)
    assert [diagnose(metrics[:end], QUICK) for end in range(len(metrics) + 1)] == [()] * 20


def test_forty_pairs_told_apart_at_once_are_too_easy() -> None:
    """Five steps of eight pairs, from the third on."""
    metrics = [*steps(2), *(replace(m, step=m.step + 2) for m in steps(5, rewards_accuracies=1.0))]
    assert diagnose(metrics[:6], QUICK) == ()
    found = only(diagnose(metrics, QUICK))
    assert (found.id, found.step) == ("too_easy", 7)
    assert "40 pairs in a row" in found.says
    assert "pairs doctor READER" in found.next_step
    assert diagnose(metrics, replace(QUICK, start_from="train-1")) == ()  # it may have learned that


def test_pairs_told_apart_when_they_come_again_are_not_called_easy() -> None:
    again = [Metric(m.step, {**m.values, "epoch": 1.5}) for m in steps(8, rewards_accuracies=1.0)]
    assert diagnose(again, QUICK) == ()


def test_exploding_margins_are_told_in_nats_with_a_slower_rate() -> None:
    """At beta 0.3 a margin of 30 is 100 nats; a third of 1e-4 is 3e-5."""
    found = only(diagnose(steps(5, rewards_margins=30.0), QUICK))
    assert (found.id, found.step, found.grave) == ("margins_explode", 5, True)
    assert "100 nats" in found.says
    assert "learning_rate=3e-05" in found.next_step


def test_a_rate_far_above_the_presets_is_answered_with_the_presets() -> None:
    """As at 1e-2, where ten steps of the embedded model moved its answers by 200 nats."""
    exploded = steps(10, rewards_margins=30.0, rewards_chosen=-60.0, rewards_rejected=-95.0)
    found = only(diagnose(exploded, replace(QUICK, learning_rate=1e-2)))
    assert found.id == "margins_explode"
    assert "learning_rate=0.0005" in found.next_step


def test_margins_that_exploded_are_remembered_when_they_come_back() -> None:
    metrics = steps(5, rewards_margins=30.0)
    metrics += [replace(metric, step=metric.step + 5) for metric in steps(5)]
    assert only(diagnose(metrics, QUICK)).step == 5


def test_what_no_longer_holds_is_forgotten() -> None:
    metrics = steps(20, rewards_margins=0.0, rewards_accuracies=0.5)
    assert only(diagnose(metrics, QUICK)).id == "stuck"
    metrics += [replace(metric, step=metric.step + 20) for metric in steps(10)]
    assert diagnose(metrics, QUICK) == ()


@pytest.mark.parametrize(
    ("rejected", "told", "grave"), [(-20.0, "fell faster", False), (-3.0, "the opposite", True)]
)
def test_falling_chosen_answers_are_told_with_what_it_means(
    rejected: float, told: str, grave: bool
) -> None:
    """12 of beta 0.3 are 40 nats, a fifth of 200."""
    metrics = steps(10, rewards_chosen=-12.0, rewards_rejected=rejected)
    found = only(diagnose(metrics, QUICK))
    assert (found.id, found.grave) == ("chosen_falls", grave)
    assert "by 40 nats each" in found.says
    assert told in found.says
    assert "apo_zero" in found.next_step
    held = replace(QUICK, loss="apo_zero")
    assert "apo_zero" not in only(diagnose(metrics, held)).next_step


def test_held_out_pairs_that_part_from_training_name_the_checkpoint_to_take() -> None:
    metrics = steps(10) + [replace(m, step=m.step + 10) for m in steps(20, loss=0.3)]
    looks = [a_look(0, 0.69), a_look(10, 0.62), a_look(20, 0.70), a_look(30, 0.80)]
    assert diagnose([*metrics[:20], *looks[:3]], QUICK) == ()  # 0.08 may be noise
    found = only(diagnose([*metrics, *looks], QUICK))
    assert (found.id, found.step) == ("parting", 30)
    assert "from 0.62 at step 10 to 0.80" in found.says
    assert "runs pick RUN 10" in found.next_step


@pytest.mark.parametrize(("epoch", "told"), [(2.0, "epochs=1"), (5.0, "pairs build READER")])
def test_pairs_known_by_heart_without_held_out_ones_are_told(epoch: float, told: str) -> None:
    """Ten steps of eight pairs: in two epochs forty of them, in five sixteen."""
    known = [
        Metric(m.step, {**m.values, "epoch": epoch})
        for m in steps(10, loss=0.01, rewards_accuracies=1.0)
    ]
    config = replace(QUICK, epochs=20)
    found = only(diagnose(known, config))
    assert found.id == "by_heart"
    assert "no held-out pairs" in found.says
    assert told in found.next_step
    assert diagnose([*known, a_look(0, 0.6), a_look(10, 0.3, accuracy=0.9)], config) == ()


@pytest.mark.parametrize(
    ("margin", "told"), [(0.001, "learning_rate=0.0003"), (0.04, "pairs doctor READER")]
)
def test_a_loss_that_does_not_move_is_told_with_its_likely_reason(margin: float, told: str) -> None:
    metrics = steps(20, rewards_margins=margin, rewards_accuracies=0.5, loss=0.693)
    assert diagnose(metrics[:19], QUICK) == ()
    found = only(diagnose(metrics, QUICK))
    assert (found.id, found.step) == ("stuck", 20)
    assert told in found.next_step


@pytest.mark.parametrize("name", ["loss", "grad_norm", "rewards/margins", "held_out/loss"])
def test_figures_that_are_no_numbers_are_grave(name: str) -> None:
    metrics = steps(3)
    broken = Metric(2, {**metrics[1].values, name: math.nan})
    found = only(diagnose([metrics[0], broken], QUICK))
    assert (found.id, found.step, found.grave) == ("not_a_number", 2, True)
    assert "learning_rate=1e-05" in found.next_step


def test_gradients_cut_to_a_small_part_throughout_are_told() -> None:
    assert diagnose(steps(20, grad_norm=8.0), QUICK) == ()
    metrics = [Metric(m.step, {**m.values, "grad_norm": 40.0}) for m in steps(20)]
    found = only(diagnose(metrics, QUICK))
    assert found.id == "clipped"
    assert "40th" in found.says


def test_descriptions_that_grow_or_repeat_are_told() -> None:
    """Base 60 tokens: a quarter more is 75, fifteen more too."""
    assert diagnose([a_sample(0, 60), a_sample(10, 74, 0.1)], QUICK) == ()
    longer = only(diagnose([a_sample(0, 60), a_sample(10, 90)], QUICK))
    assert (longer.id, longer.step) == ("longer", 10)
    assert "loss=sigmoid_norm" in longer.next_step
    repeats = only(diagnose([a_sample(0, 60, 0.1), a_sample(10, 60, 0.5)], QUICK))
    assert repeats.id == "repeats"
    assert "50%" in repeats.says


def test_longer_chosen_answers_are_told_before_the_first_step() -> None:
    data = Metric(0, {"data/chosen_tokens": 90.0, "data/rejected_tokens": 60.0})
    assert only(diagnose([data], QUICK)).id == "lopsided"


@pytest.mark.parametrize(
    ("kind", "batch_size", "told"),
    [
        ("memory", 8, "batch_size=4"),
        ("gpu_memory", 8, "batch_size=4"),
        ("memory", 1, "smaller base"),
    ],
)
def test_memory_near_its_limit_is_grave(kind: str, batch_size: int, told: str) -> None:
    limits = {f"{kind}_bytes": 9.5e9, f"{kind}_limit_bytes": 1e10}
    metric = Metric(1, {**steps(1)[0].values, **limits})
    found = only(diagnose([metric], replace(QUICK, batch_size=batch_size)))
    assert (found.id, found.grave) == ("memory", True)
    assert "95%" in found.says
    assert told in found.next_step


FINE_TUNING: Mapping[str, float] = {
    "rewards_chosen": -60.0,
    "rewards_rejected": -60.0,
    "rewards_margins": 0.0,
    "rewards_accuracies": 0.0,
}


def test_fine_tuning_is_not_judged_as_preferring() -> None:
    fine_tuned = steps(30, loss=3.0, **FINE_TUNING)
    for method in ("sft", "sft-dpo"):
        assert diagnose(fine_tuned, replace(QUICK, method=method)) == ()
    after = [replace(m, step=m.step + 30) for m in steps(5, rewards_margins=30.0)]
    found = only(diagnose([*fine_tuned, *after], replace(QUICK, method="sft-dpo")))
    assert (found.id, found.step) == ("margins_explode", 35)


@pytest.mark.parametrize("turn", [reversed, list])
def test_a_step_done_again_after_a_kill_counts_once(
    turn: Callable[[list[Metric]], list[Metric]],
) -> None:
    """Four steps, the third and fourth done twice, are no five of exploding margins."""
    metrics = steps(4, rewards_margins=30.0)
    assert diagnose([*metrics, *turn(metrics[2:])], QUICK) == ()
