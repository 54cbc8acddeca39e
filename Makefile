# Short names for `python make.py ...`, which works without make too.
PYTHON ?= python3

.PHONY: help install briefing test second lab lint fix bench lock clean
help install briefing test second lab lint fix bench lock clean:
	@$(PYTHON) make.py $@
