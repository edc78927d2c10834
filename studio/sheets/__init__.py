"""Sheets to print and to share: HTML and Markdown with everything inside."""
