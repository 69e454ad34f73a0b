# Needs Python 3.11 or newer and nothing else. uv is used for speed where it is installed.
PYTHON ?= python3
BIN := .venv/bin

LOCALES := bot/ui/locales
OPENAPI := $(or $(DISCORD_OPENAPI),../shared/facts/discord-openapi.json)

.PHONY: sandbox run test acceptance-http coverage lint check page-check format bench guard fuzz clients chaos soak picture film messages schema requirements clean

sandbox: .venv/run        ## try the whole bot in a browser: no account, no key
	@$(BIN)/python -m sandbox

run: .venv/run            ## run the bot with the settings of .env
	@$(BIN)/python -m bot

test: .venv/dev           ## run every test
	@$(BIN)/python -m pytest -n 4

acceptance-http: .venv/dev  ## run the acceptance tests once more, with interactions by HTTP
	@INTERACTIONS=http $(BIN)/python -m pytest -n 4 tests/acceptance

coverage: .venv/dev       ## run every test; measure bot and cogs, in bot processes too
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n 4
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

lint: .venv/dev           ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: .venv/dev           ## try properties with new examples; send 10,000 generated interactions
	@PROPERTIES=explore $(BIN)/python -m pytest -q tests/domain tests/pixazo tests/ui
	@GENERATED_INTERACTIONS=10000 $(BIN)/python -m pytest -q -rP -k generated tests/acceptance/test_interactions.py

check: lint               ## lint, then run every test
	@$(MAKE) --no-print-directory test

page-check: node_modules/.installed  ## types, lint and format of the sandbox's page (needs npm)
	@npm run --silent check

format: .venv/dev         ## format, and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev          ## measure what the docs quote
	@$(BIN)/python -m benchmarks

guard: .venv/dev          ## compare CPU an order with the shortest bot's, and fail if it is too much
	@$(BIN)/python -m benchmarks --only guard

clients: .venv/dev        ## run bots of other libraries on the stand-in, and ours on simcord (needs Node)
	@$(BIN)/python -m tests.clients

chaos: .venv/dev          ## kill the bot, trip the vendor, step the clock at random; count 100 outcomes
	@$(BIN)/python -m benchmarks.chaos

soak: .venv/dev           ## 10,000 orders with troubles through one bot: memory, descriptors, tasks
	@$(BIN)/python -m benchmarks.soak

picture: .venv/dev        ## take the pictures of README and docs anew (needs Chromium)
	@$(BIN)/python -m tools.pictures

film: .venv/dev           ## take README's film anew (needs Chromium)
	@$(BIN)/python -m tools.film

messages: .venv/dev       ## update every language's catalogue with new and changed texts
	@$(BIN)/pybabel --quiet extract --omit-header --no-default-keywords --add-location file \
		--sort-by-file --width 100 --ignore-dirs __pycache__ -o $(LOCALES)/imagine.pot \
		-k "_ gettext ngettext:1,2 pgettext:1c,2 localized marked lazy plural:1,2" bot cogs
	@$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --width 100 \
		--ignore-pot-creation-date -D imagine -i $(LOCALES)/imagine.pot -d $(LOCALES)

schema: .venv/dev         ## generate the checks of request bodies from Discord's OpenAPI description
	@$(BIN)/python -m tools.generate_schema $(OPENAPI)

requirements:             ## pin the newest dependencies that pyproject.toml allows (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--constraint requirements.txt --extra c2pa pyproject.toml -o requirements-c2pa.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--constraint requirements-c2pa.txt --extra c2pa --group dev pyproject.toml -o requirements-dev.txt

clean:
	rm -rf .coverage* dist .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .clients

# A stamp file for each set of requirements: make installs again when the pins change.
.venv/run: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

.venv/dev: requirements-dev.txt
	@$(call install,requirements-dev.txt)
	@touch $@ .venv/run

node_modules/.installed: package.json
	@npm install --silent --no-package-lock --ignore-scripts --no-audit --no-fund
	@touch $@

define install
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv && \
	if command -v uv >/dev/null; then \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); \
	fi
endef
