"""What must the data look like? Suites for Great Expectations, and the data gate."""
