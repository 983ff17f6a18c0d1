"""The real Dockerfile, built without a Docker engine and run read-only as a plain user.

The base image is Debian's Python from debootstrap in place of the official one: a rehearsal.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .served import free_port

ROOT = Path(__file__).parents[2]
BASE = "localhost/python:3.11-slim-bookworm"
IMAGE = "localhost/forecast-service:test"
TOOLS = ("buildah", "runc", "debootstrap", "apt-get")
START_SECONDS = 600.0
DAYS = (f"1,2026-01-{day:02d},{100 + day % 7}" for day in range(1, 29))
SALES = "\\n".join(["store,date,sales", *DAYS, ""])

missing = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(6000),
    pytest.mark.skipif(
        bool(missing) or os.geteuid() != 0,
        reason="the image test needs root and: apt-get install buildah runc debootstrap",
    ),
]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{command[0]}: {finished.stdout}{finished.stderr}"
    return finished.stdout.strip()


def make_base(folder: Path) -> None:
    """Tag a minimal Debian with Python as the base image, unless there is one."""
    if run("buildah", "images", "--quiet", "--filter", f"reference={BASE}"):
        return
    release = ("Codename: bookworm", "Identifier: Packages")
    mirrors = run("apt-get", "indextargets", "--format", "$(REPO_URI)", *release).splitlines()
    packages = "--include=ca-certificates,python3,python3-venv"
    run("debootstrap", "--variant=minbase", packages, "bookworm", folder / "rootfs", mirrors[0])
    run("tar", "-C", folder / "rootfs", "-cf", folder / "rootfs.tar", ".")
    shutil.rmtree(folder / "rootfs")
    (folder / "Dockerfile").write_text("FROM scratch\nADD rootfs.tar /\n")
    run("buildah", "bud", "--pull-never", "--isolation", "chroot", "-t", BASE, ".", cwd=folder)
    (folder / "rootfs.tar").unlink()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of the image, built from the Dockerfile."""
    make_base(tmp_path_factory.mktemp("base"))
    # Files that pip needs to reach its index are mounted, never copied into a layer.
    shared = [
        p for p in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf") if Path(p).exists()
    ]
    mounts = [option for path in shared for option in ("-v", f"{path}:{path}:ro")]
    options = ["--pull-never", "--format", "docker", "--isolation", "chroot", "--layers"]
    base = ["--build-arg", f"BASE_IMAGE={BASE}"]
    run("buildah", "bud", *options, *mounts, *base, "-t", IMAGE, ".", cwd=ROOT)
    return IMAGE


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[str]:
    """Name of a working container of the image; its files can be mounted."""
    name = run("buildah", "from", "--pull-never", image)
    yield name
    run("buildah", "rm", name)


@pytest.fixture(scope="module")
def config(container: str) -> dict[str, Any]:
    """The image's configuration, as a container engine reads it."""
    return json.loads(run("buildah", "inspect", container))["Docker"]["config"]


@pytest.fixture
def bundle(container: str, config: dict[str, Any], tmp_path: Path) -> Path:
    """A runc bundle: read-only root, no capabilities, the image's user, its own port."""
    run("runc", "spec", "-b", tmp_path)
    spec = json.loads((tmp_path / "config.json").read_text())
    user, group = map(int, config["User"].split(":"))
    spec["root"] = {"path": run("buildah", "mount", container), "readonly": True}
    spec["process"].update(
        terminal=False,
        args=config["Cmd"],
        cwd=config["WorkingDir"],
        user={"uid": user, "gid": group},
        capabilities={},
        env=[*config["Env"], f"FORECAST_PORT={free_port()}", "FORECAST_HOST=127.0.0.1"],
    )
    namespaces = spec["linux"]["namespaces"]
    spec["linux"]["namespaces"] = [n for n in namespaces if n["type"] != "network"]
    spec["mounts"] += [
        {
            "destination": folder,
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "nodev", f"uid={user}", f"gid={group}"],
        }
        for folder in ("/tmp", "/data")
    ]
    (tmp_path / "config.json").write_text(json.dumps(spec))
    return tmp_path


def answer(bundle: Path, path: str) -> dict[str, Any]:
    """Wait until the container answers; return the answer."""
    environment = json.loads((bundle / "config.json").read_text())["process"]["env"]
    port = next(e.split("=")[1] for e in reversed(environment) if e.startswith("FORECAST_PORT"))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60))
        time.sleep(0.2)
    pytest.fail(f"no answer in {START_SECONDS} s:\n{(bundle / 'log').read_text()}")


def test_the_image_names_a_plain_user_a_health_check_and_its_volume(config: dict[str, Any]) -> None:
    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert "/data" in config["Volumes"]


def test_the_final_stage_has_no_compiler(container: str) -> None:
    root = Path(run("buildah", "mount", container))

    assert not [
        path for path in (root / "usr/bin").iterdir() if path.name.startswith(("gcc", "cc"))
    ]


def test_a_read_only_container_serves_imports_and_stops_cleanly_on_term(bundle: Path) -> None:
    name = f"forecast-service-{bundle.name}"
    with (bundle / "log").open("w") as log:
        container = subprocess.Popen(["runc", "run", "-b", bundle, name], stdout=log, stderr=log)
        try:
            health = answer(bundle, "/healthz")
            run("runc", "exec", name, "sh", "-c", f"printf '{SALES}' > /tmp/sales.csv")
            run("runc", "exec", name, "forecast-service", "import", "/tmp/sales.csv")
            stores = run("runc", "exec", name, "forecast-service", "stores")
            run("runc", "kill", name, "TERM")
            exit_code = container.wait(timeout=300)
        finally:
            subprocess.run(["runc", "delete", "--force", name], capture_output=True, check=False)
            container.kill()
            container.wait()

    assert health["status"] == "ok"
    assert stores.splitlines()[1].split("\t") == ["1", "all", "2026-01-01", "2026-01-28", "28"]
    assert exit_code == 0
    assert "Stopped." in (bundle / "log").read_text()
    assert "Traceback" not in (bundle / "log").read_text()
