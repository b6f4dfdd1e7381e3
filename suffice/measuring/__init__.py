"""Candidates: made, asked, scored, measured."""
