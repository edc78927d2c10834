"""`python -m engine.bank_check`: all measures as one JSON list."""

import json

from engine.bank_check.check import check_bank

if __name__ == "__main__":
    print(json.dumps([measure.as_json() for measure in check_bank()]))
