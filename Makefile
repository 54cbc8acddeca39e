# Short names for `python make.py ...`, which works without make too.
PYTHON ?= python3

.PHONY: help install briefing test second docs lab lint fix bench mutate lock clean
help install briefing test second docs lab lint fix bench mutate lock clean:
	@$(PYTHON) make.py $@
