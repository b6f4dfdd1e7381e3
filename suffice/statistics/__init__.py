"""Passed, failed or inconclusive, and how sure: pure numbers in, pure numbers out."""
