"""How much the feature is used: logs, traces, usage APIs, counters."""
