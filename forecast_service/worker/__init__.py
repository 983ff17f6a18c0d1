"""The worker: claims work, does it in child processes and renews its leases."""

from __future__ import annotations

from forecast_service.worker.worker import Worker

__all__ = ["Worker"]
