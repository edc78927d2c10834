"""The types that a model is quantised to: names and sizes. Nothing here leads to llama.cpp."""

from dataclasses import dataclass

from models.errors import BadInput


@dataclass(frozen=True)
class Quantisation:
    """One of the types on offer."""

    ftype: int
    """`enum llama_ftype` of llama.h."""
    largest_bits_per_weight: float
    """With llama.cpp's fallbacks for rows that are no multiple of 256; for planning disk space."""
    words: str


QUANTS = {
    "Q4_K_M": Quantisation(15, 8.5, "smallest that usually keeps the effect"),
    "Q5_K_M": Quantisation(17, 8.5, "a little larger, a little closer"),
    "Q6_K": Quantisation(18, 8.5, "close to what was trained"),
    "Q8_0": Quantisation(7, 8.5, "hardly to be told from what was trained"),
    "Q4_0": Quantisation(2, 8.5, "fastest on some processors, coarser than Q4_K_M"),
    "IQ4_XS": Quantisation(30, 8.5, "smallest of all, slower to read on a CPU"),
    "F16": Quantisation(1, 16, "four times as large, exactly as trained"),
}
"""Name → type. No type below 4 bits: what an adapter learned would drown in their rounding."""


def checked_quant(name: str) -> Quantisation:
    """The type of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in QUANTS:
        raise BadInput(f"There is no quantisation {name!r}.", f"Choose one of {', '.join(QUANTS)}.")
    return QUANTS[name]
