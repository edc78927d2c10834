"""Logistic regression by L-BFGS, with weights per row: all that the small heads need."""

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def fitted(
    inputs: Floats,
    labels: Floats,
    decay: float,
    weight: Floats | None = None,
    positive_power: float = 0.0,
    with_bias: bool = True,
) -> tuple[Floats, Floats]:
    """Logistic regressions by L-BFGS: inputs (N, D), labels (N, K) to weights (D, K), bias (K,)."""
    x = torch.tensor(inputs, dtype=torch.float64)
    y = torch.tensor(labels, dtype=torch.float64)
    of_row = torch.ones(len(x), 1, dtype=torch.float64)
    if weight is not None:
        of_row = torch.tensor(weight, dtype=torch.float64)[:, None]
    share = y.mean(dim=0).clamp(1e-3, 1 - 1e-3)
    positive = ((1 - share) / share) ** positive_power
    w = torch.zeros(x.shape[1], y.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros(y.shape[1], dtype=torch.float64, requires_grad=with_bias)
    optimizer: torch.optim.Optimizer = torch.optim.LBFGS(
        [w, b] if with_bias else [w], max_iter=200, line_search_fn="strong_wolfe"
    )

    def closure() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            x @ w + b, y, pos_weight=positive, reduction="none"
        )
        total = (loss * of_row).sum() / of_row.sum() + decay * (w**2).sum()
        torch.autograd.backward(total)
        return total.item()

    optimizer.step(closure)
    return w.detach().numpy().astype(np.float32), b.detach().numpy().astype(np.float32)
