"""Which traits a person means: by the beginning of an id, or by a part of a name."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from engine.workbench.folding import folded
from engine.workbench.grammar import EXAMPLES
from models.errors import BadInput

MOST_NEAR = 3
LEAST_NEARNESS = 0.75
"""Of `difflib`, 0 to 1."""


def traits_called(said: str, ids: Collection[str], names: Mapping[str, str]) -> frozenset[str]:
    """The traits whose id begins with what was said, or whose name has it; a space is a _.

    Args:
        ids: of the traits to choose from; those of `names` are traits too.

    Raises:
        BadInput: there is no such trait; names those that are called much the same.
    """
    wanted = _plain(said)
    called = {
        trait
        for trait in {*ids, *names}
        if trait.startswith(wanted) or wanted in _plain(names.get(trait, ""))
    }
    if not called:
        raise BadInput(f"There is no trait {said!r}.", _near(wanted, names) or EXAMPLES["trait"])
    return frozenset(called)


def _plain(text: str) -> str:
    return folded(text).replace(" ", "_")


def _near(wanted: str, names: Mapping[str, str]) -> str:
    """A sentence with the traits that are called much the same; empty where none is.

    Single statements (`schwartz.face.1`) are left out: their trait is named.
    """
    traits = [trait for trait in names if not trait.rpartition(".")[2].isdigit()]
    called: dict[str, str] = {}
    for trait in traits:
        for form in (trait, _plain(names[trait])):
            beginning = form[: len(wanted)]
            # A beginning that several have is what was meant; it may be cut short in a filter.
            called[beginning] = beginning if beginning in called else trait
    called |= {trait.rpartition(".")[2]: trait for trait in traits}
    found = get_close_matches(wanted, called, MOST_NEAR, LEAST_NEARNESS)
    near = dict.fromkeys(called[one] for one in found)
    return f"Did you mean {' or '.join(f'trait:{trait}' for trait in near)}?" if near else ""
