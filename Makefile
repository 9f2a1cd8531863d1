# Two commands matter: `make run` starts the demo, `make test` checks everything; `make setup` is for a server of one's own.
# All set up what they need first (scripts/setup), and can be repeated.
BIN = .venv/bin
# Also where Python is told to keep no bytecode: the programs that the tests start would each compile the desk anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help run test lint faults bench bench-full texts format setup clean set-up-for-run set-up-for-server set-up-for-test

help:
	@echo "make run      start the demo: an XMPP server, the desk, the pages; Ctrl-C stops it"
	@echo "make test     all checks and tests"
	@echo "make setup    what a desk beside your own XMPP server needs: .venv/bin/livechat-xmpp"
	@echo "make faults   break everything, again and again (ROUNDS=5 SEED=…); the table is kept in var/faults"
	@echo "make lint     the checks alone: style, types, structure"
	@echo "make bench    measure waits, chats per second, growth, recovery (docs/performance.md); bench-full: all sizes"
	@echo "make texts    bring the translations in step with the texts (LANGUAGE=fr begins one more)"
	@echo "make format   bring the code into shape"
	@echo "make clean    remove what the set-up made (the demo's data in var/demo stays)"

run: set-up-for-run
	@exec $(BIN)/livechat-xmpp demo

test: lint
	$(BIN)/pytest -n 2 --dist worksteal

lint: set-up-for-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: set-up-for-test
	FAULTS_ROUNDS=$(or $(ROUNDS),5) FAULTS_SEED=$(SEED) $(BIN)/pytest tests/faults -n 2 --dist loadscope

bench: set-up-for-test
	@$(BIN)/python -m benchmarks

bench-full: set-up-for-test
	@$(BIN)/python -m benchmarks --full

texts: set-up-for-test
	@$(BIN)/python -m livechat_xmpp.po_files $(LANGUAGE)

format: set-up-for-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: set-up-for-server
	@echo "Set up: $(BIN)/livechat-xmpp"

set-up-for-run set-up-for-server set-up-for-test: set-up-for-%:
	@PYTHON="$(PYTHON)" scripts/setup $*

clean:
	rm -rf .venv var/log livechat_xmpp/web/vendor *.egg-info build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
