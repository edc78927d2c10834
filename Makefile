# make demo   sets everything up and runs the whole loop on the bundled example
# make test   checks everything that .ci/run checks

.PHONY: demo test

demo: .venv/ready-to-run
	.venv/bin/persona-studio demo

test: .venv/ready-to-test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m pytest

.venv/ready-to-run: pyproject.toml constraints.txt
	tools/set_up.sh run

.venv/ready-to-test: pyproject.toml constraints.txt
	tools/set_up.sh test
