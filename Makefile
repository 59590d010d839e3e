# Two commands do everything: make demo, make test. What they need, they install.
.PHONY: setup demo test fresh check bench serve evaluate calibrate samples lock clean

BIN := .venv/bin
DEMO := out/demo
export OMP_THREAD_LIMIT = 1
export OPENBLAS_NUM_THREADS = 1

setup:
	@sh scripts/setup.sh

demo: setup
	@$(BIN)/python scripts/demo.py $(DEMO)

serve: setup
	@if [ -n "$$SOHOA_DATA" ]; then $(BIN)/sohoa serve; else SOHOA_DATABASE_URL= $(BIN)/sohoa --data $(DEMO) serve; fi

test:
	@sh scripts/setup.sh --tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

# both README commands on minimal Debian systems, as each kind of user; options: make fresh FRESH="--suite trixie --only demo"
fresh:
	@python3 scripts/fresh.py $(FRESH)

check: setup
	@sh scripts/setup.sh --check
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@sh scripts/check_js.sh
	@$(BIN)/python -m pytest -q tests/test_imports.py tests/test_docs.py

evaluate: setup
	@mkdir -p out
	@$(BIN)/sohoa evaluate samples/truth.jsonl --report out/evaluate.html --baseline docs/baseline.json || test $$? -eq 3

bench: setup
	@$(BIN)/python -m benchmarks.bench

calibrate: setup
	@$(BIN)/python -m training.calibrate

samples: setup
	@$(BIN)/python -m samples ship

lock:
	@$(BIN)/pip-compile -q --extra fast --extra postgres --extra cluster --extra dev --generate-hashes --allow-unsafe \
	  --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --no-annotate --no-header \
	  --output-file requirements.lock pyproject.toml

clean:
	@rm -rf .venv out build *.egg-info
