"""When the service works without accounts."""

from __future__ import annotations

from forecast_service.common.hosts import is_local_name
from forecast_service.settings import Settings

__all__ = ["listens_locally"]


def listens_locally(settings: Settings) -> bool:
    """Whether only programs on this machine are meant to call.

    With hosts of another name, or a trusted proxy, this machine may pass on what others send.
    """
    hosts = (settings.host.lower(), *settings.allowed_hosts)
    return all(map(is_local_name, hosts)) and not settings.trusted_proxies
