"""What it costs, what to run, what would change it: pure, on dated prices."""
