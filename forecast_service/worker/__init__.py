"""The worker: claims work, has it done in child processes, keeps its leases."""

from __future__ import annotations

from forecast_service.worker.worker import Worker

__all__ = ["Worker"]
