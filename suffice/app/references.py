"""
Pages of reference that the code writes: the brief, the commands, the price rows.

What stands in the code is what stands on the page, so it cannot lag behind.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, Literal

_COMMANDS = """\
# The commands

Every command answers `--help`. `--debug` anywhere shows the traceback of an error.
Exit codes: 0 something suffices, 1 nothing does, 2 the input cannot be used (nothing \
was spent), 3 the environment failed, 130 Ctrl-C.
This page is written by `suffice reference commands`; its texts are those of the code.
"""
_PRICES = """\
# The keys of a price row

Rows stand in a TOML file under `[[price]]`, or in the brief under `price_rows` \
([prices](prices.md)).
A key that is left out is unknown, which is never taken for 0.
This page is written by `suffice reference prices`; its texts are those of the code.

| key | type | meaning |
| --- | --- | --- |
"""


def reference(page: Literal["brief", "commands", "prices"]) -> None:
    """Write a page of reference from the code, as Markdown."""
    from suffice.app.reference import reference as brief

    pages = {"brief": brief, "commands": commands, "prices": price_rows}
    sys.stdout.write(pages[page]())


def commands() -> str:
    """Every command with its arguments and options."""
    from typer.main import get_command

    from suffice.app.cli import app

    found = dict(_flat(get_command(app), "suffice"))
    return "\n".join([_COMMANDS, *(_page(n, found[n]) for n in sorted(found))])


def _flat(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The command and those below it, by what one types."""
    below = getattr(command, "commands", {})
    if not below or command.invoke_without_command:
        yield name, command
    for word, one in below.items():
        if not one.hidden:
            yield from _flat(one, f"{name} {word}")


def _page(name: str, command: Any) -> str:
    told = [p for p in command.params if p.name != "help" and not p.hidden]
    words = [p.name.upper() for p in told if p.param_type_name == "argument"]
    lines = [f"## `{' '.join([name, *words])}`\n", f"{one_line(command.help)}\n"]
    if told:
        lines += ["| argument or option | default | meaning |", "| --- | --- | --- |"]
        lines += [_row(p) for p in told]
        lines.append("")
    return "\n".join(lines)


def _row(param: Any) -> str:
    named = [param.name.upper()]
    if param.param_type_name != "argument":
        named = [*param.opts, *param.secondary_opts]
    default = "" if param.default in (None, False, (), "") else f"`{param.default}`"
    shown = "required" if param.required else default
    called = ", ".join(f"`{one}`" for one in named)
    return f"| {called} | {shown} | {one_line(param.help)} |"


def price_rows() -> str:
    """Every key of a price row."""
    from suffice.economics import price_rows as rows
    from suffice.economics.price import Price

    told, types = _told(Price), inspect.get_annotations(Price)
    keys = {field: key for key, field in rows.DATES.items()}
    keys |= {field: f"usd_per_mtok.{key}" for key, field in rows.PER_MTOK.items()}
    needed = set(rows.NEEDED)
    lines = []
    for field, kind in types.items():
        key = keys.get(field, field)
        must = ", required" if key in needed else ""
        lines.append(f"| `{key}` | {_kind(kind)}{must} | {told.get(field, '')} |")
    return _PRICES + "\n".join(lines) + "\n"


def _kind(annotation: str) -> str:
    plain = {
        "str": "text",
        "float": "number, 0 or more",
        "int": "number, 0 or more",
        "date": "date",
        "bool": "true or false",
        "Kind": "`tokens`, `cpu` or `hosted`",
    }
    return plain[annotation.removesuffix(" | None")]


def _told(cls: type) -> dict[str, str]:
    """What stands under each field of a dataclass."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body  # type: ignore[attr-defined]
    told, last = {}, ""
    for node in body:
        if isinstance(node, ast.AnnAssign):
            last = node.target.id  # type: ignore[union-attr]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if last:
                told[last] = one_line(str(node.value.value))
        else:
            last = ""
    return told


def one_line(text: str | None) -> str:
    """One line; code in one back-quote, bars that do not end a cell."""
    joined = re.sub(r"\s+", " ", (text or "").strip())
    return joined.replace("``", "`").replace("|", "\\|")
