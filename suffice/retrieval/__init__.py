"""Retrieval: which labelled examples or passages a model is shown with a question."""
