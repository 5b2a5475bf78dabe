# Every target is one line that calls the project's own command line, after setting up .venv.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && echo $$p && exit; \
	done; echo python3)
COMMAND := .venv/bin/python -m pipelines
export TRIALS PARALLEL PORT DATA TEAMS A B MODEL LOSS PARAMS BEAM VERBOSE RUN WATCH WAIT JSON LIMIT BACKEND CACHE FAILURE CRON TIMEZONE CATCH_UP
export REGISTRY VERSION MARGIN IMAGE TOOL PUSH DIRTY BUILD_ARGS PRESET ACCELERATOR ACCELERATOR_COUNT WORKERS SPOT TRAIN_CPU TRAIN_MEMORY TRAIN_DISK_GB KERAS_BACKEND MANAGED

.DEFAULT_GOAL := help
.PHONY: help run tune dashboard evaluate check-submission battle tournament compile image check submit schedule schedules pause-schedule resume-schedule delete-schedule runs compare cancel promote rollback models test lint bench tensorboard lock golden clean environment dev-environment

# Fills lines of 79 columns; what is in brackets stays together.
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s", $$1; fill(substr($$0, index($$0, "## ") + 3))} \
	function fill(text,  words, n, i, word, width) { \
		n = split(text, words, " "); width = 24; \
		for (i = 1; i <= n; i++) { \
			word = words[i]; \
			while (i < n && gsub(/\[/, "[", word) > gsub(/\]/, "]", word)) word = word " " words[++i]; \
			if (width + 1 + length(word) > 79) { printf "\n%24s", ""; width = 24 } \
			printf " %s", word; width += 1 + length(word) \
		} \
		print "" \
	}' $(MAKEFILE_LIST)

run: environment ## run a pipeline here: PIPELINE=quickdraw [DATA=folder|glob|gs://...] [MODEL=mine.py:MyNet] [LOSS=mine.py:MyLoss] [PARAMS="epochs=3" or @best.json] [BEAM="--runner=..."] [VERBOSE=1]
	@$(COMMAND) run $(call needed,PIPELINE)

tune: environment ## try parameters of a training: PIPELINE=quickdraw [TRIALS=20] [PARALLEL=2] [DATA=folder|glob|gs://...] [MODEL=] [LOSS=] [PARAMS="epochs=6"] [VERBOSE=1], or in the cloud: BACKEND=vertex|kubeflow [BEAM=] [PRESET=gpu] [SPOT=1] [WAIT=1]
	@$(COMMAND) tune $(call needed,PIPELINE)

dashboard: environment ## open Optuna's dashboard of all tunings here: [PORT=8080]
	@$(COMMAND) dashboard

evaluate: environment ## judge the newest export of a run: PIPELINE=quickdraw [RUN=quickdraw-...] [WATCH=1, each export until the training ends]
	@$(COMMAND) evaluate $(call needed,PIPELINE)

check-submission: environment ## would this GAN be let into a battle: MODEL=runs/gan-... [DATA=real images] [PARAMS="seed=1"]
	@$(COMMAND) check-submission --model $(call needed,MODEL)

battle: environment ## let two GANs fight: A=folder B=folder [DATA=real images] [PARAMS="seed=1"]
	@$(COMMAND) battle --a $(call needed,A) --b $(call needed,B)

tournament: environment ## let all GANs of a folder fight: TEAMS=folder [DATA=real images] [PARAMS="seed=1 round_robin=true"]
	@$(COMMAND) run tournament --teams $(call needed,TEAMS)

compile: environment ## write build/<pipeline>.yaml: [PIPELINE=quickdraw] [MODEL=mine.py:MyNet] [LOSS=mine.py:MyLoss] [PRESET=cpu|gpu|4gpu|distributed] [KERAS_BACKEND=jax] [ACCELERATOR=NVIDIA_TESLA_T4 ACCELERATOR_COUNT=4] [WORKERS=3] [SPOT=1] [TRAIN_CPU=8 TRAIN_MEMORY=30G] [MANAGED="dataflow batch-prediction custom-job"] [IMAGE=...]
	@$(COMMAND) compile $(PIPELINE)

image: environment ## build the images that compile names: [PIPELINE=quickdraw MODEL=mine.py:MyNet LOSS=...] [PRESET=gpu] [KERAS_BACKEND=jax] [IMAGE=...] [PUSH=1] [TOOL=docker|podman|buildah|cloud-build] [DIRTY=1]
	@$(COMMAND) image $(PIPELINE)

submit: environment ## check, estimate and start a run in the cloud: PIPELINE=quickdraw [BACKEND=vertex|kubeflow] [DATA=gs://...] [TEAMS=gs://...] [MODEL=] [LOSS=] [PARAMS="epochs=3"] [BEAM=] [PRESET=distributed] [WORKERS=3] [SPOT=1] [CACHE=0] [FAILURE=fast|slow] [WAIT=1, until its end]
	@$(COMMAND) submit $(call needed,PIPELINE)

check: environment ## show the settings with their origin, and check all that a run in the cloud needs: [BACKEND=vertex|kubeflow]
	@$(COMMAND) check

runs: environment ## list runs, here and in the cloud: [PIPELINE=quickdraw] [BACKEND=local|vertex|kubeflow] [LIMIT=20] [JSON=1], or show one: RUN=its name or how that begins [JSON=1] [WAIT=1, follow it to its end]
	@$(COMMAND) runs $(PIPELINE)

compare: environment ## put runs side by side: RUNS="a b c" [BACKEND=...] [JSON=1]
	@$(COMMAND) compare $(call needed,RUNS)

cancel: environment ## end a run in the cloud: RUN=its name [BACKEND=...]
	@$(COMMAND) cancel $(call needed,RUN)

schedule: environment ## run a pipeline again and again: PIPELINE=quickdraw CRON="0 3 * * 1" DATA=gs://... [TIMEZONE=Europe/Zurich] [BACKEND=vertex|kubeflow] [PARAMS="epochs=3"] [CATCH_UP=1, let starts wait for a run that goes on]
	@$(COMMAND) schedule $(call needed,PIPELINE) --cron $(call needed,CRON)

schedules: environment ## list the schedules: [BACKEND=vertex|kubeflow] [JSON=1]
	@$(COMMAND) schedules

pause-schedule: environment ## pause a schedule: PIPELINE=quickdraw [BACKEND=vertex|kubeflow]
	@$(COMMAND) pause-schedule $(call needed,PIPELINE)

resume-schedule: environment ## resume a schedule, without what was missed: PIPELINE=quickdraw [BACKEND=vertex|kubeflow]
	@$(COMMAND) resume-schedule $(call needed,PIPELINE)

delete-schedule: environment ## delete a schedule, its runs stay: PIPELINE=quickdraw [BACKEND=vertex|kubeflow]
	@$(COMMAND) delete-schedule $(call needed,PIPELINE)

promote: environment ## make the model of a local run the champion, if it beats the one there is: PIPELINE=quickdraw [RUN=quickdraw-...] [MARGIN=0.01] [REGISTRY=folder|gs://...|projects/.../locations/...]
	@$(COMMAND) promote $(call needed,PIPELINE)

rollback: environment ## make an earlier version the champion again: PIPELINE=quickdraw [VERSION=2] [REGISTRY=...]
	@$(COMMAND) rollback $(call needed,PIPELINE)

models: environment ## list the versions of the champions: [PIPELINE=quickdraw] [JSON=1] [REGISTRY=...]
	@$(COMMAND) models $(PIPELINE)

test: dev-environment ## run the tests: [ARGS="-k plan"]
	@.venv/bin/python -m pytest $(ARGS)

lint: dev-environment ## check style and types
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

bench: environment ## measure each path beside what one would do without it: [ARGS="preprocess"]
	@.venv/bin/python -m benchmarks $(ARGS)

tensorboard: environment ## open the training curves of all runs
	@.venv/bin/tensorboard --logdir runs

lock: ## write the lock files anew from requirements*.in (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" requirements.in -o requirements.txt
	@for lock in dev gpu-tensorflow gpu-jax; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -c requirements.txt requirements-$$lock.in -o requirements-$$lock.txt || exit 1; done

golden: environment ## write the compiled pipelines that reviewers see: tests/pipelines/golden
	@IMAGE=registry/image:1 PRESET=cpu $(COMMAND) compile --folder tests/pipelines/golden
	@IMAGE=registry/image:1 PRESET=gpu MANAGED="batch-prediction custom-job" $(COMMAND) compile --folder tests/pipelines/golden/managed quickdraw

clean: ## remove .venv, build, runs and sample data
	rm -rf .venv build runs data

environment:
	@$(PYTHON) bootstrap.py requirements.txt

dev-environment:
	@$(PYTHON) bootstrap.py requirements-dev.txt

needed = $(if $($1),'$($1)',$(error $1 is not set: `make help` shows what $@ takes))
