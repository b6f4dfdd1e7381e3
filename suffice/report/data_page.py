"""The data gate's report as one page that needs no network and escapes all it shows."""

from __future__ import annotations

from importlib import resources

from suffice.data.checking import CheckReport


def data_page(report: CheckReport, *, title: str) -> str:
    """The whole report as HTML, self-contained; no script, no request, no cookie."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = resources.files("suffice.report").joinpath("data_page.html")
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        report=report,
        title=title,
        n={
            severity: sum(f.severity == severity for f in report.findings)
            for severity in ("critical", "warning", "info")
        },
    )
