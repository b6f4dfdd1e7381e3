"""A real embedded server in a process of its own, and what it is trained on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import openai

from suffice.local.weights import BASES

BASE = next(iter(BASES))
PAIRS = [
    ("The invoice is wrong", "billing"),
    ("I was charged twice", "billing"),
    ("Where is my refund?", "billing"),
    ("The card was declined", "billing"),
    ("My API returns 401", "access"),
    ("The key does not work", "access"),
    ("I cannot log in", "access"),
    ("Reset my password", "access"),
    ("The page is slow", "speed"),
    ("Calls time out", "speed"),
    ("It takes ten seconds", "speed"),
    ("Everything hangs", "speed"),
]


def wait_for(look, seconds=540):
    """What *look* returns once that is true; a loop that never hangs a test run."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {look}")


def training_file(pairs=PAIRS, **last):
    """A training file of question and answer, as bytes."""
    chats = [
        [{"role": "user", "content": q}, {"role": "assistant", "content": a, **last}]
        for q, a in pairs
    ]
    return b"".join(json.dumps({"messages": c}).encode() + b"\n" for c in chats)


class Server:
    """One root folder, and the server process that is on it just now."""

    def __init__(self, root):
        self.root = root
        self.process = None
        self.client = None

    def start(self):
        (self.root / "server.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "suffice.local", "--root", str(self.root)]
        with (self.root / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for((self.root / "server.json").exists)
        url = json.loads((self.root / "server.json").read_text())["url"]
        self.client = openai.OpenAI(
            base_url=url.removesuffix("/v1") + "/v1", api_key="none", max_retries=0
        )
        return self

    def kill(self):
        """As the kernel would: no warning, no tidying."""
        self.client.close()
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def upload(self, content=None, name="train.jsonl"):
        content = training_file() if content is None else content
        return self.client.files.create(file=(name, content), purpose="fine-tune")

    def submit(self, content=None, **fields):
        """A job that is quick: only the last layers learn."""
        quick = {"n_epochs": 2, "batch_size": 4, "first_layer": 27}
        quick |= fields.pop("hyperparameters", {})
        method = {"type": "supervised", "supervised": {"hyperparameters": quick}}
        return self.client.fine_tuning.jobs.create(
            model=fields.pop("model", BASE),
            training_file=fields.pop("training_file", None) or self.upload(content).id,
            method=fields.pop("method", method),
            **{"seed": 7, **fields},
        )

    def wait(self, job, *statuses, seconds=540):
        """The job once it has one of the *statuses*, or any end."""
        ends = (*statuses, "succeeded", "failed", "cancelled")

        def ended():
            now = self.client.fine_tuning.jobs.retrieve(job.id)
            return now if now.status in ends else None

        return wait_for(ended, seconds)

    def trainer(self):
        """Process id of the trainer under this root; None while there is none."""
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"suffice.local.train_job" in words and str(self.root).encode() in words:
                return int(entry.parent.name)
        return None

    def kill_trainer(self):
        pid = wait_for(self.trainer)
        os.kill(pid, signal.SIGKILL)
        return pid

    def steps(self, job):
        """Steps of the metrics events, oldest first."""
        events = self.client.fine_tuning.jobs.list_events(job.id, limit=100).data
        return [e.data["step"] for e in reversed(events) if e.type == "metrics"]

    def epochs(self, job):
        """Last step of each epoch that was finished, oldest first."""
        events = self.client.fine_tuning.jobs.list_events(job.id, limit=100).data
        said = [e for e in reversed(events) if e.message.startswith("Epoch ")]
        return [e.data["step"] for e in said]
