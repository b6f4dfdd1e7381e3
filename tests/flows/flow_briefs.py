"""Briefs and examples for flow tests: real, and as small as they can be."""

import json

import yaml

COLOURS = ("red", "blue", "green", "white")
THINGS = (
    *("car", "door", "shirt", "bag", "lamp", "chair", "boat", "house", "pen", "cup"),
    *("hat", "kite", "wall", "bike", "book", "coat", "ring", "vase", "rug", "phone"),
)
ASKING = (
    "I would like the {c} {t}, please.",
    "Have you still got that {t} in {c}?",
    "My sister bought a {t}; it is {c} and I want one too.",
    "Send me one {c} {t} by post.",
)


def examples(n, *, first=0):
    """Orders for things of a colour; the wanted answer is a code of the colour."""
    rows = []
    for i in range(first, first + n):
        colour, thing = COLOURS[i % 4], THINGS[(i * 7) % len(THINGS)]
        text = ASKING[(i // 4) % len(ASKING)].format(c=colour, t=thing)
        answer = f"K-{colour[0].upper()}"
        rows.append(
            {
                "id": f"e{i}",
                "messages": [
                    {"role": "user", "content": f"{text} Order {i}."},
                    {"role": "assistant", "content": answer},
                ],
            }
        )
    return rows


def write_brief(folder, *, n=60, n_test=30, **fields):
    """A brief on *n* examples and its data, written into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        ("train.jsonl", examples(n)),
        ("test.jsonl", examples(n_test, first=1000)),
    ):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")
    content = {
        "name": "colours",
        "instructions": "Answer with the code of the colour: K-R, K-B, K-G or K-W.",
        "examples": "train.jsonl",
        "test_examples": "test.jsonl",
        "bar": 0.8,
        "max_output_tokens": 8,
        "output": str(folder / "out"),
        **fields,
    }
    path = folder / "brief.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
