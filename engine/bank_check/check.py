"""The whole check, with the encoder that comes with the program."""

from engine.bank import scenarios
from engine.bank_check.contents import contents, texts
from engine.bank_check.measure import Measure
from engine.bank_check.nearness import nearest_twins
from engine.bank_check.probes import probes
from models.encoder import Encoder
from models.library import embedded_encoder


def check_bank() -> list[Measure]:
    """Every measure of the bank. Loads the encoder: some twenty seconds, and not for the window."""
    embed = Encoder.load(embedded_encoder()).embed_layers
    return [*contents(), nearest_twins(texts(), embed), *probes(scenarios(), embed)]
