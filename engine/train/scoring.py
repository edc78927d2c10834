"""Summed log-probabilities of both completions of many pairs, packed into big prefix trees.

Used for the reference (the base, adapter off) before training, cached by content so that an
edited pair costs one pair; and for held-out pairs before and after.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

import torch
from transformers import PreTrainedModel

from engine.kept_lines import keep_lines, kept_lines
from engine.train import processes, shared_prefix
from engine.train.data import Example
from engine.train.logprobs import label_logprobs
from engine.train.prefix_tree import common_length, pack
from models.library import BaseModel, sha256_of

PAIRS_AT_ONCE = 32
"""More share a card's tokens."""
TOKENS_AT_ONCE = 8192
"""Of a pack's tree; 8 billion parameters hold some 0.5 GB for them without gradient."""


@dataclass(frozen=True)
class PairLogps:
    """Log-probabilities summed over completion tokens."""

    chosen: float
    rejected: float


def score_pairs(
    model: PreTrainedModel,
    examples: Sequence[Example],
    known: Collection[str] = frozenset(),
    precision: torch.dtype | None = None,
) -> Iterator[dict[str, PairLogps]]:
    """Score pairs with the model as it stands, a batch at a time, keyed by pair id.

    Pairs that begin alike are scored together, whatever their order: a question's four pairs have
    four answers between them. Processes of one run score a pack each and all get all scores.

    Args:
        model: the causal model; a row at a time where the prefix tree cannot serve it.
        known: ids of pairs that were scored before. They are left out of their packs, which stay
            what they were: in bfloat16 a pair scored in other company comes out otherwise. The
            same in every process.
        precision: of the matrix products; None: that of the weights.
    """
    device = next(model.parameters()).device
    score = _score_batch if shared_prefix.is_installed(model) else _score_rows
    missing = ([ex for ex in each if ex.pair_id not in known] for each in packs(examples))
    every = filter(None, missing)
    while share := list(islice(every, processes.count())):
        with torch.autocast(device.type, precision, enabled=precision not in (None, model.dtype)):
            mine = share[processes.index() :][:1]
            found = [score(model, pack_of_them, device) for pack_of_them in mine]
        yield processes.union(found)


def packs(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """The pairs, those that begin alike together, in packs of the sizes above, one at the least."""
    taken: list[Example] = []
    tokens = 0
    for example in sorted(examples, key=lambda example: example.prompt_ids):
        own = len(example.prompt_ids) + len(example.chosen_ids) + len(example.rejected_ids)
        shared = common_length([taken[-1].prompt_ids, example.prompt_ids]) if taken else 0
        if taken and (len(taken) == PAIRS_AT_ONCE or tokens + own - shared > TOKENS_AT_ONCE):
            yield taken
            taken, tokens, shared = [], 0, 0
        taken.append(example)
        tokens += own - shared
    if taken:
        yield taken


@torch.no_grad()
def _score_batch(
    model: PreTrainedModel, batch: Sequence[Example], device: torch.device
) -> dict[str, PairLogps]:
    completions = [side for ex in batch for side in (ex.chosen_ids, ex.rejected_ids)]
    prompts = [ex.prompt_ids for ex in batch for _ in (0, 1)]
    rows = [(*prompt, *own) for prompt, own in zip(prompts, completions, strict=True)]
    tree = pack(rows, device)
    hidden = shared_prefix.hidden_states(model, tree)
    # The token at t is predicted from t - 1, so a completion is scored from its prompt's last on.
    at = [
        index
        for path, prompt in zip(tree.paths, prompts, strict=True)
        for index in path[len(prompt) - 1 : -1]
    ]
    labels = torch.tensor([token for own in completions for token in own], device=device)
    scores = label_logprobs(model, hidden[torch.tensor(at, device=device)], labels)
    sums = [float(part.sum()) for part in torch.split(scores, [len(own) for own in completions])]
    return {ex.pair_id: PairLogps(sums[2 * i], sums[2 * i + 1]) for i, ex in enumerate(batch)}


@torch.no_grad()
def _score_rows(
    model: PreTrainedModel, batch: Sequence[Example], device: torch.device
) -> dict[str, PairLogps]:
    """By the model's own forward, which no row can disturb another in."""

    def score(example: Example, completion: tuple[int, ...]) -> float:
        row = torch.tensor([(*example.prompt_ids, *completion)], device=device)
        logits = model(input_ids=row, logits_to_keep=len(completion) + 1).logits[0, :-1]
        labels = row[0, -len(completion) :, None]
        return float(logits.float().log_softmax(-1).gather(1, labels).sum())

    return {
        ex.pair_id: PairLogps(score(ex, ex.chosen_ids), score(ex, ex.rejected_ids)) for ex in batch
    }


def accuracy(logps: Sequence[PairLogps]) -> float | None:
    """Share of pairs whose chosen completion is the likelier one; None for no pairs."""
    if not logps:
        return None
    return sum(pair.chosen > pair.rejected for pair in logps) / len(logps)


def margin(policy: PairLogps, reference: PairLogps, beta: float) -> float:
    """DPO's implicit reward of the chosen completion over the rejected one, in nats.

    beta * ((log pi(c) - log ref(c)) - (log pi(r) - log ref(r))), arXiv 2305.18290, equation 5.
    """
    return beta * ((policy.chosen - reference.chosen) - (policy.rejected - reference.rejected))


def weights_key(model: PreTrainedModel, base: BaseModel, cache_dir: Path) -> str:
    """What names the base's weights: the hash of its files, or its commit on the hub."""
    if base.path is None:
        return f"{base.spec}@{model.config._commit_hash}"
    files = sorted(base.path.glob("*.safetensors")) if base.path.is_dir() else [base.path]
    return sha256("".join(sha256_of(file, cache_dir) for file in files).encode()).hexdigest()


class ReferenceCache:
    """Reference log-probabilities on disk, a JSON line each, by base, precision and tokens."""

    def __init__(self, path: Path, base_key: str) -> None:
        self._path = path
        self._base_key = base_key
        self._known = {
            str(key): PairLogps(float(chosen), float(rejected))
            for key, chosen, rejected in kept_lines(path)
        }

    def key(self, example: Example) -> str:
        tokens = (example.prompt_ids, example.chosen_ids, example.rejected_ids)
        return sha256(json.dumps([self._base_key, tokens]).encode()).hexdigest()[:24]

    def find(self, example: Example) -> PairLogps | None:
        return self._known.get(self.key(example))

    def add(self, examples: Sequence[Example], scores: dict[str, PairLogps]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        found = {
            self.key(example): score
            for example in examples
            if (score := scores.get(example.pair_id))
        }
        self._known |= found
        keep_lines(self._path, *([key, one.chosen, one.rejected] for key, one in found.items()))
