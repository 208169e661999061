# seem_ros: `make help` tells what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo console test fuzz soak lint bench docs pictures clean train training-data

IN_WORKSPACE := set -eo pipefail; source ./env.sh;
# Folder for rendered scenes and training runs, outside git.
TRAINING ?= training_out
# Folder of photograph and video sets to train on too, none by default: make train PHOTOS=DIR
PHOTOS ?=
WITH_PHOTOS := $(if $(PHOTOS),--photos $(PHOTOS))
# Sets of them that the weights must not come from: make train PHOTOS=DIR LEAVE_OUT=video_train
LEAVE_OUT ?=
WITH_DATA = --data $(TRAINING)/data $(WITH_PHOTOS) $(if $(LEAVE_OUT),--leave-out $(LEAVE_OUT))
# More for pytest, such as: make test ARGS="test/ros -k inbox"
ARGS ?=

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

setup: ## make .venv, build the ROS package, write env.sh; quick when all is done already
	@PYTHON="$(PYTHON)" scripts/setup.sh

demo: setup ## run the node on the bundled clip and photographs, write demo_out/
	@$(IN_WORKSPACE) python -m seem_ros.demo $(ARGS)

console: setup ## open the operator's page on the bundled clip: click, draw, say (ARGS=photo.jpg for another)
	@$(IN_WORKSPACE) python -m seem_ros console $(ARGS)

test: setup ## run all tests: pure Python, rclpy in process, whole system through topics
	@$(IN_WORKSPACE) python -m pytest $(ARGS)

# Examples for each property
EXAMPLES ?= 100000

fuzz: setup ## try any bytes in any field, EXAMPLES=100000 of each (hours)
	@$(IN_WORKSPACE) SEEM_FUZZ_EXAMPLES=$(EXAMPLES) SEEM_FUZZED_MESSAGES=$(EXAMPLES) \
		python -m pytest test/properties test/console/test_fuzz.py $(ARGS)

# Minutes of it
MINUTES ?= 60

soak: setup ## run the node for MINUTES=60 at 30 Hz, asked at random from a seed; ends with 1 on a finding
	@$(IN_WORKSPACE) python -m benchmarks.soak --minutes $(MINUTES) $(ARGS)

lint: setup ## ruff (lint and format), who imports whom, and mypy
	@$(IN_WORKSPACE) ruff check . && ruff format --check . && lint-imports --no-logo --no-cache && mypy

bench: setup ## measure speed and accuracy of the bundled model, write bench_out/
	@$(IN_WORKSPACE) python -m benchmarks $(ARGS)

docs: ## write the guides as a site, site/index.html
	@PYTHON="$(PYTHON)" scripts/setup.sh --docs
	@$(IN_WORKSPACE) python scripts/reference.py && python -m sphinx -q -W --keep-going -b html docs site

pictures: setup ## make the pictures of README and guides anew, from the bundled clip, with the model of today
	@$(IN_WORKSPACE) python scripts/pictures.py && python scripts/console_picture.py

training-data: ## render the training pictures into TRAINING/data (hours; resumes)
	@PYTHON="$(PYTHON)" scripts/setup.sh --training
	@$(IN_WORKSPACE) python -m training.prepare --out $(TRAINING)/data $(WITH_PHOTOS) $(ARGS)

train: ## train nano on TRAINING/data into TRAINING/nano (hours; resumes)
	@PYTHON="$(PYTHON)" scripts/setup.sh --training
	@$(IN_WORKSPACE) python -m training.train $(WITH_DATA) --out $(TRAINING)/nano $(ARGS)
	@$(IN_WORKSPACE) python -m training.semantic $(WITH_DATA) --model $(TRAINING)/nano/model.safetensors --out $(TRAINING)/nano/named.safetensors
	@$(IN_WORKSPACE) python -m training.refine $(WITH_DATA) --model $(TRAINING)/nano/named.safetensors --out $(TRAINING)/nano/nano.safetensors

clean: ## remove all that setup, tests and demos made
	rm -rf .venv build install log env.sh demo_out bench_out dist site .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
