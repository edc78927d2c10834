"""Stanford Human Preferences: a post of a forum and two comments on it, with their upvotes.

(K. Ethayarajh et al., 2022; `stanfordnlp/SHP`.) `labels` is 1 where comment A is preferred. Few
upvotes tell little of a preference, so that answers under so many are not taken.
"""

from engine.sources.records import BadRow, Record, number_of, required_text


def texts_of(record: Record, min_upvotes: int) -> tuple[str, str, str]:
    """Prompt, chosen and rejected of a row.

    Raises:
        BadRow: it is no such row, or an answer has fewer upvotes.
    """
    label = number_of(record, "labels")
    if label not in (0, 1):
        raise BadRow("The field 'labels' is neither 0 nor 1.")
    for side in ("A", "B"):
        if _upvotes(record, side) < min_upvotes:
            raise BadRow(f"An answer has fewer than {min_upvotes} upvotes.")
    answers = [required_text(record, f"human_ref_{side}") for side in ("A", "B")]
    chosen, rejected = answers if label == 1 else reversed(answers)
    return required_text(record, "history"), chosen, rejected


def _upvotes(record: Record, side: str) -> float:
    upvotes = number_of(record, f"score_{side}")
    if upvotes is None:
        raise BadRow(f"The field 'score_{side}' is missing.")
    return upvotes
