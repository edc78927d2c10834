"""Where a text may play: a country and a kind of place, so that a model leaves its usual three."""

from hashlib import sha256

COUNTRIES = (
    *("Ghana", "Estonia", "Peru", "Vietnam", "Portugal", "Oman", "Canada", "Poland", "Kenya"),
    *("Japan", "Bolivia", "Ireland", "Turkey", "New Zealand", "Senegal", "Mexico", "Finland"),
    *("Sri Lanka", "Greece", "Georgia", "Brazil", "Malaysia", "Iceland", "Morocco", "India"),
    *("Croatia", "South Korea", "Chile", "Ethiopia", "Wales", "Nepal", "Cuba", "Hungary"),
    *("the Philippines", "Tunisia", "Norway", "Uruguay"),
)
PLACES = (
    *("a workshop", "a kitchen", "a ferry", "a school", "a market", "a clinic", "an orchard"),
    *("a night train", "an office", "a harbour", "a football ground", "a stairwell", "a library"),
    *("a building site", "a post office", "a mountain hut", "a bakery", "a rehearsal room"),
    *("a bus station", "a garden", "a laundry", "a fishing boat", "a town hall", "a print shop"),
    *("a farmyard", "a museum cellar", "a garage", "a beach", "a family table"),
)
"""37 countries and 29 places: both prime, so that counting on meets every pair of them."""


def setting(name: str, attempt: int) -> str:
    """A setting for an attempt, the same one for the same attempt on every machine."""
    start = int.from_bytes(sha256(name.encode()).digest()[:4])
    at = start + attempt
    return f"{PLACES[at % len(PLACES)]} in {COUNTRIES[at % len(COUNTRIES)]}"
