"""
In what order: Prefect flows, one a file.

Prefect reads its settings when it is first imported, so the ones this program needs
are given here, before any flow imports it.  What the user has set wins.
"""

import os

from suffice.redaction import guard_logs

_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Without a server Prefect starts one per process, which can take over a minute.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    # Results of tasks are never unpickled: what is kept, is kept as JSON.
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}
for _name, _value in _DEFAULTS.items():
    os.environ.setdefault(_name, _value)
# No log line of a flow, of Prefect or of a library carries a key.
guard_logs()
