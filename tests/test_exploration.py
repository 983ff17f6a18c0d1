"""The notebooks run to their end; the committed ones contain pictures and no local paths."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "exploration").glob("*.ipynb"))


@pytest.fixture(autouse=True)
def quiet_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A kernel with its own configuration folder and without hints about its transport."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")


def pictures(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_draws(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the kernel's client warns a lot
        NotebookClient(notebook, timeout=800, kernel_name="python3").execute()

    assert pictures(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_committed_notebook_is_executed_and_names_no_place_of_a_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert all(cell.execution_count for cell in code)
    assert pictures(notebook)
    text = path.read_text(encoding="utf-8")
    assert str(Path.home()) + os.sep not in text
    assert "site-packages" not in text
