"""The truth check of an export in words."""

from studio.shell.run_lines import export_lines
from studio.truth_words import truth_lines


def row(name: str, size_bytes: int = 0, **figures: object) -> dict[str, object]:
    told = {"pairs": 24, "preferred": 0.5, "moved": 0.0, "mean_margin": 0.0, "kept": None}
    return {
        "name": name,
        "size_bytes": size_bytes,
        "figures": {**told, **figures},
        "same_tokens": 12,
        "standing": "keeps",
        "says": "",
    }


MODELS = [
    row("base"),
    row("torch", preferred=0.875, moved=0.9583, mean_margin=4.21),
    row(
        "Q4_K_M",
        105_000_000,
        preferred=0.875,
        moved=0.9167,
        mean_margin=4.05,
        kept={"share": 0.962, "interval": [0.871, 1.053]},
    ),
]
SAYS = "Q4_K_M is the smallest of these that keeps what training made."
TRUTH = {"pairs": 24, "says": SAYS, "answer_tokens": 32, "models": MODELS, "smallest": "Q4_K_M"}


def test_a_line_tells_of_each_model_what_is_left_of_the_training() -> None:
    lines = list(truth_lines({"truth": TRUTH}))
    assert lines == [
        "Truth check, on 24 held-out pairs:",
        "File         Size  Prefers  Moved  Margin  Keeps                 Words",
        "base                   50%",
        "trained                88%    96%    4.21",
        "Q4_K_M     105 MB      88%    92%    4.05  96% (87% to 105%)     12/32",
        SAYS,
    ]
    assert max(map(len, lines)) <= 72


def test_without_held_out_pairs_there_is_no_table() -> None:
    says = "There are no held-out pairs: whether the files keep the effect was not checked."
    assert list(truth_lines({"truth": {**TRUTH, "pairs": 0, "says": says}})) == [says]


def test_an_export_of_before_the_check_has_its_file_alone() -> None:
    old = {"gguf": "/x/a.gguf", "quant": "Q4_K_M", "size_bytes": 105e6, "sha256": "ab"}
    assert list(truth_lines(old)) == []
    (line,) = export_lines({**old, "size_bytes": 105_000_000})
    assert line == "/x/a.gguf: Q4_K_M, 105 MB, sha256 ab"
    assert list(export_lines({**old, "size_bytes": 1, "truth": TRUTH}))[-1] == SAYS
