"""The command line: what an engineer types, and what it shows."""
