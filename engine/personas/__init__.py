"""Who would prefer an answer: personas inferred from preference data, checked and mapped."""
