# Every target does its own set-up: on a fresh machine `make run` and `make test` are all there is to type.
.PHONY: help set-up build run test bench bench-peers bench-learned bench-blocks verify documents format lint clean

help:
	@echo "make run        the main job: fit a rubber, stretch a sheet, write result and report"
	@echo "make test       build and run every test, and a client package"
	@echo "make bench      the measured figures, with machine and date"
	@echo "make bench-peers  cantilever and cube in turn with a peer from PyPI"
	@echo "make bench-learned  learned laws and their training in turn with JAX and PyTorch"
	@echo "make bench-blocks  walls of blocks in turn with Box2D from PyPI"
	@echo "make verify     the validation cases, one line each"
	@echo "make documents  run the commands of the README and the notebooks"
	@echo "make build      the command line, natively: .build/release/deepmanifold"
	@echo "make format     format the sources; make lint checks them"

set-up:
	@scripts/set-up.sh

build: set-up
	@scripts/build.sh

run: build
	@scripts/main-job.sh

test: set-up
	@scripts/test.sh

bench: set-up
	@scripts/bench.sh

bench-peers: set-up
	@scripts/bench-peers.sh

bench-learned: set-up
	@scripts/bench-learned.sh

bench-blocks: set-up
	@scripts/bench-blocks.sh

verify: build
	@.build/release/deepmanifold verify

documents: build
	@scripts/check-documents.sh

format:
	@swift format --in-place --parallel --recursive --configuration .swift-format Package.swift Sources solvers Tests

lint:
	@swift format lint --strict --parallel --recursive --configuration .swift-format Package.swift Sources solvers Tests

clean:
	@rm -rf .build out
