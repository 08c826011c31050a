# Everyday commands. `make help` lists them; each works on a fresh clone and makes its own .venv.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# make test DATABASE=postgresql://admin:password@host:5432/postgres runs the suite against that server
DATABASE ?=
LONG := tests/contract/fuzz tests/docs tests/ledger tests/long
# make bench ONLY=reads
ONLY ?=
# make demo DATA=folder
DATA ?= sampledata

.DEFAULT_GOAL := help
.PHONY: help run demo test test-long bench lint format lock clean

help: ## This list 命令一览
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/runtime ## Start the platform with its demonstration; Ctrl-C stops it 启动平台
	@exec $(BIN)/python -m sdz up

demo: $(VENV)/runtime ## The demonstration on a throw-away database, then end 演示后退出
	@exec $(BIN)/python -m sdz demo --data $(DATA)

test: $(VENV)/dev ## All tests, in parallel 全部测试
	SDZ_TEST_DATABASE='$(DATABASE)' $(BIN)/python -m pytest -n 2

test-long: $(VENV)/dev ## The tests that have a long form, in it 长时测试
	SDZ_TEST_LONG=1 SDZ_TEST_DATABASE='$(DATABASE)' $(BIN)/python -m pytest -n 2 $(LONG)

bench: $(VENV)/dev ## Measure side by side; ONLY=name[,name] for some 性能对比
	@$(BIN)/python -m benchmarks --only '$(ONLY)'

lint: $(VENV)/dev ## Style, types, import contracts 代码检查
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev ## Format and sort imports 整理格式
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Lock the dependencies again (needs uv) 重新锁定依赖
	@command -v uv >/dev/null || { echo "uv is missing: pip install uv"; exit 1; }
	for name in server runtime dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove the virtual environment and caches, not the data 清理环境
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# One environment serves both; `dev` holds all that `runtime` does.
$(VENV)/runtime: requirements/runtime.txt | $(VENV)/bin/python
	@test -e $(VENV)/dev && [ $(VENV)/dev -nt requirements/dev.txt ] || { \
	  echo "installing what the platform needs 正在安装依赖 …"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
	  || { echo "the packages could not be installed: is a package index reachable?"; exit 1; }; }
	@touch $@

$(VENV)/dev: requirements/dev.txt | $(VENV)/bin/python
	@echo "installing what the tests need 正在安装测试依赖 …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
	  || { echo "the packages could not be installed: is a package index reachable?"; exit 1; }
	@touch $@ $(VENV)/runtime

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing (PYTHON=path chooses one)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version) (PYTHON=path chooses one)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "python3-venv is missing (Debian: apt install python3-venv)"; exit 1; }
