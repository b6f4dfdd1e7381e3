"""The report: one self-contained page that says what to run, and why."""
