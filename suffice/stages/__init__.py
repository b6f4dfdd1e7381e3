"""One climb, stage by stage: what a Prefect task calls."""
