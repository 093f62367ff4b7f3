# The demo and a running set-up for a person; both install what they need.

.PHONY: deps deps-check demo run
deps:
	@mk/install-packages mk/packages-build mk/packages-run
deps-check:
	@mk/install-packages mk/packages-build mk/packages-run mk/packages-check

.PHONY: built
built: deps
	@mk/quietly Building $(MAKE) --no-print-directory MODE=$(MODE) programs data

demo: built
	@TWEELUIK_BUILD=$(B) $(PYTHON) tests/demo/demo.py $(DEMO_DIR)

run: built
	@TWEELUIK_BUILD=$(B) exec $(PYTHON) tests/demo/run.py $(RUN_DIR) $(WEB_PORT)

# The picture in README, from the mail that the demo sent.
.PHONY: picture
picture: deps-check
	@$(PYTHON) tests/demo/picture.py $(DEMO_DIR) docs/mail.png
