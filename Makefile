# The front door. Each target prepares what it needs through scripts/setup, which does nothing twice.
.PHONY: demo test bench check screenshots setup clean

CARGO_TARGET_DIR ?= target
DEMO = $(CARGO_TARGET_DIR)/debug/viva demo $(if $(LAN),--lan)

# One whole interview on real input; then serves until Ctrl-C. `make demo LAN=1` lets a phone answer.
demo: setup
	cargo build --workspace
	$(DEMO) $(ARGS)

test: setup
	scripts/test

# Figures for BENCHMARKS.md.
bench: setup
	scripts/bench
	tests/load/bench.py
	tests/load/reports.py --interviews 10

# A picture of every screen in each language, theme and size, in build/screenshots; axe-core looks at each, too.
screenshots: setup
	cargo build --workspace
	VIVA_SCREENSHOTS=$(CURDIR)/build/screenshots cargo nextest run --workspace --no-capture -E 'test(no_screen_shuts)'

# What a developer runs before a commit.
check: setup
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	npm --prefix web/ui run check

setup:
	scripts/setup

clean:
	cargo clean
	rm -rf build web/ui/dist
