"""``python -m benchmarks``: the figures of this folder, one command each."""

from __future__ import annotations

import sys
from pathlib import Path

for script in sorted(Path(__file__).parent.glob("[!_]*.py")):
    text = script.read_text(encoding="utf-8").lstrip('"\n')
    print(f"python -m benchmarks.{script.stem:20} {text.splitlines()[0]}")
sys.exit(0)
