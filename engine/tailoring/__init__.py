"""Tailoring: training, asking and judging models that serve whoever a persona describes (story P).

After N. Balepur et al., "Whose Boat Does it Float? Improving Personalization in Preference Tuning
via Inferred User Personas", arXiv 2501.11549.
"""
