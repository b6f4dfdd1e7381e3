"""The marks that travel with a job so that it is found again. Pure, no network."""

from __future__ import annotations

import re

from suffice.tuning.job import JobState, TuneSpec


def sent_metadata(spec: TuneSpec, generation: int) -> dict[str, str]:
    """What travels with the job so that it can be found again."""
    return {"suffice_key": spec.key, "suffice_generation": str(generation)}


def sent_suffix(spec: TuneSpec, generation: int, most: int = 49) -> str:
    """
    The second mark, for providers that keep no metadata; *most* characters at most.

    The name is cut, never the mark.
    """
    mark = f"{spec.key[:8]}-{generation}" if generation else spec.key[:8]
    name = spec.suffix[: max(0, most - len(mark) - 1)].rstrip("-")
    return f"{name}-{mark}".lstrip("-")


def generation_of(job: JobState, spec: TuneSpec) -> int | None:
    """Which generation of *spec* the job is; ``None`` when it is another one's."""
    if "suffice_key" in job.metadata:
        ours = job.metadata["suffice_key"] == spec.key
        return int(job.metadata.get("suffice_generation", "0")) if ours else None
    mark = re.search(rf"(?:^|-){spec.key[:8]}(?:-(\d+))?$", job.suffix)
    return int(mark[1] or 0) if mark else None
