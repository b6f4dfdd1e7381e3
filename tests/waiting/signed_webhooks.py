"""Webhooks as a provider signs them, by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

KEY = b"a key of thirty-two bytes, or so"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def event(kind="fine_tuning.job.succeeded", job_id="ftjob-1"):
    told = {"id": "evt_1", "object": "event", "created_at": 1, "type": kind}
    return json.dumps({**told, "data": {"id": job_id}}).encode()


def signed(body, *, delivery="wh_1", at=None, key=KEY):
    """Headers as the Standard Webhooks specification makes them."""
    stamp = str(int(time.time() if at is None else at))
    content = f"{delivery}.{stamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return {
        "webhook-id": delivery,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
