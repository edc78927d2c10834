"""The settings of sampling that an editor may change, with their ranges."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from models.chat import Sampling
from models.errors import BadInput


@dataclass(frozen=True)
class Knob:
    """One setting; `low` and `high` may be taken too."""

    name: str
    """As a field of `Sampling`."""
    label: str
    low: float
    high: float
    is_whole: bool
    about: str

    def value_of(self, typed: str) -> float:
        """The number that was typed.

        Raises:
            BadInput: it is none, or outside the range.
        """
        try:
            value = int(typed) if self.is_whole else float(typed)
        except ValueError:
            value = self.low - 1
        if not self.low <= value <= self.high:  # a NaN is neither
            kind = "whole number" if self.is_whole else "number"
            raise BadInput(
                f"{self.label} is {typed.strip()!r}.",
                f"Give a {kind} from {self.low:g} to {self.high:.10g}.",
            )
        return value


KNOBS = (
    Knob("temperature", "Temperature", 0, 2, False, "0 takes the likeliest word every time"),
    Knob("max_tokens", "Length", 1, 4096, True, "in tokens, at most; four of them are three words"),
    Knob("repeat_penalty", "Repeat penalty", 1, 2, False, "1 is none; endpoints ignore it"),
    # llama.cpp takes 2^32 - 1 to mean: any seed.
    Knob("seed", "Seed", 0, 2**31 - 1, True, "the same one writes the same text"),
)


def resampled(sampling: Sampling, typed: Mapping[str, str]) -> Sampling:
    """A sampling with some of its settings changed to what was typed.

    Args:
        typed: a knob's name to its value; what is left out stays.

    Raises:
        BadInput: a value that the setting cannot take.
    """
    fields = asdict(sampling)
    for knob in KNOBS:
        if knob.name in typed:
            fields[knob.name] = knob.value_of(typed[knob.name])
    return Sampling(**fields)


def told(sampling: Sampling) -> str:
    """In a few words: `temperature 0, 200 tokens, repeat penalty 1.1, seed 1`."""
    return (
        f"temperature {sampling.temperature:g}, {sampling.max_tokens} tokens, "
        f"repeat penalty {sampling.repeat_penalty:g}, seed {sampling.seed}"
    )
