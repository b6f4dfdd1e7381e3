"""
Who may use the local servers: one user and password, or anyone on loopback.

The password lies in a file of the Prefect server's folder that only its owner can read.
Prefect knows one such user, without roles; MLflow's is its administrator, who may make
others.  What the environment says wins.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

_FILE = "auth"
_MLFLOW_USERS = "basic_auth.db"


def turn_on(home: Path) -> str:
    """The ``user:password`` of the server in *home*, made where there is none."""
    home.mkdir(parents=True, exist_ok=True)
    own = os.environ.get("PREFECT_SERVER_API_AUTH_STRING")
    if own or kept(home) is None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        text = own or f"suffice:{secrets.token_urlsafe(24)}"
        with os.fdopen(os.open(file_of(home), flags, 0o600), "w") as file:
            file.write(text)
    return kept(home) or ""


def turn_off(home: Path) -> None:
    """Anyone who reaches loopback may use the server from its next start on."""
    file_of(home).unlink(missing_ok=True)


def kept(home: Path) -> str | None:
    """The ``user:password`` of the server in *home*; ``None``: it asks for none."""
    try:
        return file_of(home).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def file_of(home: Path) -> Path:
    """Where it is kept."""
    return home / _FILE


def server_env(auth: str) -> dict[str, str]:
    """Environment of a server that asks for *auth*, and pages for a token."""
    return {
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    }


def mlflow_server_env(home: Path, auth: str) -> dict[str, str]:
    """
    Environment of an MLflow server that asks for *auth*; writes its settings.

    Its users lie in a database of *home*; the administrator is made on the first start.
    """
    home.mkdir(parents=True, exist_ok=True)
    user, _, password = auth.partition(":")
    settings = home / "basic_auth.ini"
    users = (home / _MLFLOW_USERS).resolve()
    settings.write_text(
        "[mlflow]\n"
        "default_permission = NO_PERMISSIONS\n"
        f"database_uri = sqlite:///{users}\n"
        f"admin_username = {user}\n"
        "authorization_function = "
        "mlflow.server.auth:authenticate_request_basic_auth\n",
        encoding="utf-8",
    )
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(settings.resolve()),
        "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        # Signs the forms of its page; a new one ends the sessions that are open.
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(32),
    }


def mlflow_client_env(auth: str | None) -> dict[str, str]:
    """Environment of a process that uses such a server; empty without *auth*."""
    if not auth:
        return {}
    user, _, password = auth.partition(":")
    return {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}


def forget_mlflow_users(home: Path) -> None:
    """The next start makes the administrator anew, with the password of that day."""
    (home / _MLFLOW_USERS).unlink(missing_ok=True)


def client_env(home: Path, url: str) -> dict[str, str]:
    """Environment of a process that uses the server of *home* at *url*."""
    own = _configured(os.environ) or kept(home)
    return {
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_HOME": str(home.resolve()),
        **({"PREFECT_API_AUTH_STRING": own} if own else {}),
    }


def _configured(env: Mapping[str, str]) -> str | None:
    client = env.get("PREFECT_API_AUTH_STRING")
    return client or env.get("PREFECT_SERVER_API_AUTH_STRING")
