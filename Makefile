# Two commands do everything on a fresh machine: `make demo` and `make test`.
RUN = .venv/bin/python
# A process of tests for each processor; the tests of one file stay together, since they share what is dear to make.
AT_ONCE = --numprocesses logical --maxprocesses 8 --dist loadfile
SECURITY = tests/intake_service/security tests/intake_service/test_server.py tests/intake_service/test_wrong_tries.py \
	$(wildcard tests/intake_service/test_at_rest.py)
BENCHES = $(basename $(notdir $(wildcard bench/[a-z]*.py)))

.PHONY: help demo demo-reset test test-security env packages lint types pictures docs bench wheel lock image image-release image-test image-updates image-cuts sbom audit-packages

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  make bench-NAME     one of: $(BENCHES)"

demo: env ## start kiosk, service and console with made-up people; Ctrl-C stops all of it
	@if [ -n "$$DISPLAY" ]; then scripts/debian-packages kiosk && $(RUN) -m kiosk_client fonts; fi
	@$(RUN) scripts/demo.py

demo-reset: ## forget the demo's people and data, so that the next `make demo` starts over
	rm -rf demo-data

test: packages env lint types ## install what the tests need, then run every check there is
	@echo "== tests"
	$(RUN) -m pytest $(AT_ONCE)

test-security: packages env ## attack it: fuzzing, malformed envelopes, guessing, slow and large requests; prints what was tried
	$(RUN) -m pytest -m "not pictures" $(AT_ONCE:loadfile=worksteal) $(SECURITY)

env: .venv/installed ## only the Python environment, in .venv

.venv/installed: requirements/dev.txt pyproject.toml
	@echo "== Python environment in .venv"
	@test -x .venv/bin/python || { python=$$(scripts/python) && scripts/debian-packages venv "$$python" && "$$python" -m venv .venv; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

packages: # the Debian packages of the tests
	@echo "== Debian packages"
	@scripts/debian-packages test

lint: env ## format and lint
	@echo "== lint"
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

types: env ## mypy --strict
	@echo "== types"
	.venv/bin/mypy

pictures: packages env ## draw every kiosk screen in every language, look and size, and console pages, under build/pictures
	PICTURES=all $(RUN) -m pytest -m pictures --numprocesses logical --maxprocesses 8 --dist load

docs: env ## write the pages of docs that are made from data: reading times, accessibility, ASVS
	$(RUN) -m tests.kiosk.two_minutes
	$(RUN) -m tests.accessibility.report
	$(RUN) -m tests.intake_service.security.asvs

bench: $(addprefix bench-,$(BENCHES)) ## measure everything: tables, and rows in build/bench

bench-%: env
	$(RUN) -m bench.$*

wheel: env ## build the package under dist
	$(RUN) -m hatchling build --target wheel

sbom: env ## list everything that it is made of, in CycloneDX, under build
	$(RUN) scripts/sbom.py build/sbom.json

audit-packages: env ## ask the public advisories about every locked package; needs the internet
	scripts/audit-packages

image: env ## build the kiosk's disk image under build/kiosk-image; needs root, and Debian's apt and mmdebstrap
	@scripts/debian-packages image
	kiosk_image/build

image-release: ## make what kiosks fetch out of the built image, signed: make image-release KEY=name-of-your-gpg-key
	kiosk_image/release "$(KEY)"

image-test: env ## start the built image in an emulator, pair it, do an intake, look inside; needs root and half an hour
	$(RUN) -m pytest tests/image/boots.py

image-updates: env ## update a disk that nobody starts, then the built image in an emulator, and back; needs root and an hour
	$(RUN) -m pytest tests/image/slots.py tests/image/updates.py

image-cuts: env ## pull the plug of the built image fifty times in an emulator; needs root and an hour or two
	$(RUN) -m pytest tests/image/power_cuts.py

lock: env ## write the hashed lock files anew
	scripts/lock
