"""Manifests and pool templates: what a cluster would refuse or regret is found here."""

import json

import kubernetes_validate
import pytest
import yaml
from operating import ROOT
from typer.main import get_command

from suffice.app.cli import app

FOLDER = ROOT / "deployments/kubernetes"
POOL = json.loads((ROOT / "deployments/pools/kubernetes.json").read_text())
VERSION = "1.33"


def filled(template):
    """A pool's template with its variables' defaults, as a worker fills it in."""
    given = {
        **{k: v.get("default") for k, v in POOL["variables"]["properties"].items()},
        "name": "climb-support",
        "env": [{"name": "PREFECT_API_URL", "value": "http://prefect-server:4200/api"}],
        "labels": {"prefect.io/flow-run-name": "climb-support"},
        "command": ["prefect", "flow-run", "execute"],
    }
    if isinstance(template, dict):
        return {key: filled(value) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value) for value in template]
    if not isinstance(template, str) or "{{" not in template:
        return template
    name = template.partition("{{")[2].partition("}}")[0].strip()
    whole = template == f"{{{{ {name} }}}}"
    return given[name] if whole else template.replace(f"{{{{ {name} }}}}", given[name])


def manifests():
    files = sorted(FOLDER.glob("*.yaml"))
    written = [m for f in files for m in yaml.safe_load_all(f.read_text())]
    return [*written, filled(POOL["job_configuration"]["job_manifest"])]


MANIFESTS = manifests()
PODS = [m for m in MANIFESTS if m["kind"] in ("Deployment", "Job")]


def named(manifest):
    return f"{manifest['kind']} {manifest['metadata'].get('name', 'of a run')}"


@pytest.mark.parametrize("manifest", MANIFESTS, ids=named)
def test_every_manifest_fits_the_schema_of_kubernetes(manifest):
    """A misspelt key is dropped by a cluster without a word; here it is an error."""
    kubernetes_validate.validate(manifest, VERSION, strict=True)


@pytest.mark.parametrize("manifest", PODS, ids=named)
def test_no_pod_runs_as_root_or_gains_rights(manifest):
    """Who breaks into a flow must not own the node."""
    spec = manifest["spec"]["template"]["spec"]
    container = spec["containers"][0]["securityContext"]

    assert spec["securityContext"]["runAsNonRoot"]
    assert not container["allowPrivilegeEscalation"]
    assert ["ALL"] == container["capabilities"]["drop"]


@pytest.mark.parametrize("manifest", PODS, ids=named)
def test_images_are_pinned_and_secrets_come_by_reference(manifest):
    """What runs tomorrow is what was tested, and no key is in a file or a variable."""
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    named = {e["name"] for e in container.get("env", [])}
    tag = container["image"].rpartition(":")[2]

    assert tag[0].isdigit()
    assert not [n for n in named if "KEY" in n or "AUTH" in n or "PASSWORD" in n]
    # Runs report to Prefect; what only answers has a key of its own, and not that.
    secret = "suffice-serve" if container["name"] == "serve" else "prefect-auth"
    assert secret in [s["secretRef"]["name"] for s in container["envFrom"]]


def test_every_claim_account_and_service_that_is_named_exists():
    """A name that nobody defines shows only as a pod that stays pending."""
    defined = {(m["kind"], m["metadata"].get("name")) for m in MANIFESTS}
    specs = [m["spec"]["template"]["spec"] for m in PODS]
    volumes = [v for s in specs for v in s.get("volumes", [])]
    wanted = {
        *(
            ("PersistentVolumeClaim", v["persistentVolumeClaim"]["claimName"])
            for v in volumes
            if "persistentVolumeClaim" in v
        ),
        *(
            ("ServiceAccount", s["serviceAccountName"])
            for s in specs
            if "serviceAccountName" in s
        ),
        ("Service", "prefect-server"),
    }

    assert set() == wanted - defined


def test_the_served_champion_is_started_as_the_command_line_takes_it():
    """An option that was renamed would show only as a pod that restarts for ever."""
    (one,) = [m for m in PODS if m["metadata"].get("name") == "suffice-serve"]
    container = one["spec"]["template"]["spec"]["containers"][0]
    given = [part for part in container["args"] if part.startswith("--")]
    taken = {o for p in get_command(app).commands["serve"].params for o in p.opts}

    assert ["suffice"] == container["command"]
    assert set() == set(given) - taken
    assert "serve" == container["args"][0]
