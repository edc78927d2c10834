"""BeaverTails as PKU-SafeRLHF has it: two answers, which is better, and which of them are safe.

The better answer is by helpfulness; of rows that rank by safety alone, the safer. A row whose
rejected answer is harmful teaches what not to say rather than who prefers what.
"""

from engine.sources.records import BadRow, Record, number_of, required_text

_BETTER = ("better_response_id", "safer_response_id")


def texts_of(record: Record, takes_harmful: bool) -> tuple[str, str, str]:
    """Prompt, chosen and rejected of a row.

    Raises:
        BadRow: it is no such row, or its rejected answer is harmful.
    """
    better = next(
        (number for name in _BETTER if (number := number_of(record, name)) is not None), None
    )
    if better not in (0, 1):
        raise BadRow("The field 'better_response_id' is neither 0 nor 1.")
    chosen, rejected = (int(better), 1 - int(better))
    if not takes_harmful:
        is_safe = record.fields.get(f"is_response_{rejected}_safe")
        if not isinstance(is_safe, bool):
            raise BadRow(f"The field 'is_response_{rejected}_safe' is neither true nor false.")
        if not is_safe:
            raise BadRow("The rejected answer is labelled harmful.")
    texts = [required_text(record, f"response_{number}") for number in (chosen, rejected)]
    return required_text(record, "prompt"), texts[0], texts[1]
