"""The servers this program knows how to start: Prefect's and MLflow's, on loopback."""

from __future__ import annotations

import sys
from pathlib import Path

from suffice.services import access
from suffice.services.servers import HOST, Service


def prefect_service(
    home: Path, port: int = 4200, *, auth: str | None = None
) -> Service:
    """
    Prefect's server, its database in *home*; foreign hosts and origins are refused.

    *auth* is the ``user:password`` that every request must bring then; with it, pages
    must bring a token of their own too (CSRF).
    """
    recorder = "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_"
    leases = "prefect.server.concurrency.lease_storage.filesystem"
    return Service(
        name="Prefect server",
        home=home,
        command=lambda p: [
            # Without -P a folder "deployments" where the user stands would win.
            *(sys.executable, "-P", "-m", "deployments.prefect_server"),
            *("--host", HOST, "--port", str(p)),
        ],
        health="/api/health",
        env={
            "PREFECT_HOME": str(home.resolve()),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            # Ten times less server time per task run than one at a time.
            f"{recorder}BATCH_SIZE": "200",
            f"{recorder}READ_BATCH_SIZE": "200",
            f"{recorder}FLUSH_INTERVAL": "1",
            # Leases in memory end running flows when the server restarts.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": leases,
            # A web page of another origin must not be able to start a climb.
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{HOST}",
            # The page asks for its data where it was served from.
            "PREFECT_UI_API_URL": "/api",
            **(access.server_env(auth) if auth else {}),
        },
        preferred_port=port,
    )


def mlflow_service(
    home: Path,
    store: str,
    artifacts: Path,
    port: int = 5000,
    *,
    auth: str | None = None,
) -> Service:
    """
    MLflow's server over the tracking *store*, small: one worker, no job queue.

    *auth* is the ``user:password`` of its administrator, without whom it answers
    nobody then; it needs the package flask-wtf.
    """
    app = ["--app-name", "basic-auth"] if auth else []
    return Service(
        name="MLflow server",
        home=home,
        command=lambda p: [
            *(sys.executable, "-m", "mlflow", "server", "--host", HOST),
            *("--port", str(p), "--workers", "1", "--backend-store-uri", store),
            *("--default-artifact-root", str(artifacts)),
            *("--allowed-hosts", f"localhost:{p},{HOST}:{p}", *app),
        ],
        health="/health",
        env={
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_MODEL_CATALOG_URI": "",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            **(access.mlflow_server_env(home, auth) if auth else {}),
        },
        preferred_port=port,
    )
