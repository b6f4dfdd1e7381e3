"""The record of climbs and the served winner, in MLflow."""
