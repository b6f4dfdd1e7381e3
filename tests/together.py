"""Which test files go to one worker because they share what is slow to make."""

from __future__ import annotations

from pathlib import PurePath

from xdist.scheduler.loadfile import LoadFileScheduling

SHARED = {
    "one Prefect server": (
        *("test_climb", "test_handing_over", "test_deployments", "test_worker"),
        *("test_check", "test_closed", "test_pools"),
    ),
    "another Prefect server": (
        *("test_learning_curve_flow", "test_approval", "test_docs", "test_canaries"),
        *("test_triggering", "test_recheck_flow", "test_shards"),
    ),
    "a server and a tuned model": (
        *("test_preference_jobs", "test_training", "test_export"),
        *("test_jobs_api", "test_files_api"),
    ),
    "a server of the base": (
        *("test_batches_api", "test_chat_api", "test_models_and_embeddings"),
        *("test_similarity", "test_local_server"),
    ),
}
"""
By what they share: the names of the files.

Starting a Prefect server takes seconds, and so does its idling over a run.  Files that
wait for what automations do are not among them: they depend on how busy it is.
"""

_SHARING = {name: what for what, names in SHARED.items() for name in names}


class Together(LoadFileScheduling):
    """As ``--dist loadfile``, with these files taken for one."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return _SHARING.get(PurePath(file).stem, file)
