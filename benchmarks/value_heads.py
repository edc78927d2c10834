"""How well the shipped value heads tell which values an argument draws on.

python -m benchmarks.value_heads [FOLDER] prints one JSON object last: macro-F1 over the 20 values
on the validation arguments of Touché23-ValueEval (FOLDER, by default the shared data beside this
repository). The heads saw the training arguments only, their thresholds too. Beside it: always
saying yes, and each value's F1.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from engine.profile.heads import heads
from models.encoder import Encoder
from models.errors import BadInput
from models.library import embedded_encoder
from tools.train_heads import arguments, macro_f1

VALUEEVAL = Path(__file__).parents[2] / "shared" / "data" / "labels" / "valueeval23"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=VALUEEVAL)
    folder = parser.parse_args().folder
    if not (folder / "arguments-validation.tsv").exists():
        raise BadInput(
            f"{folder} holds no arguments-validation.tsv.",
            "Give the folder of Touché23-ValueEval (arXiv 2301.13771).",
        )
    known = arguments(folder, "validation")
    logits = heads().value_logits(
        Encoder.load(embedded_encoder()).embed_layers(list(known.premises))
    )
    each = {
        name: round(macro_f1(logits[:, [column]], known.labels[:, [column]]), 3)
        for column, name in enumerate(known.values)
    }
    report = {
        "benchmark": "value_heads",
        "file": f"{folder.name}/arguments-validation.tsv",
        "arguments": len(known.premises),
        "macro_f1": round(macro_f1(logits, known.labels), 4),
        "macro_f1_always_yes": round(macro_f1(np.ones_like(logits), known.labels), 4),
        "f1": each,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
