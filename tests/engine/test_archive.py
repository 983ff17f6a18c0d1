"""Model files: what is loaded equals what was saved; a damaged file is refused."""

from __future__ import annotations

import numpy as np
import pytest
from damage import DAMAGES, flipped_copies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, floating_dtypes, integer_dtypes

from forecast_service.engine import archive
from forecast_service.errors import InvalidData

some_arrays = st.dictionaries(
    st.text("abc._", min_size=1, max_size=5),
    arrays(floating_dtypes() | integer_dtypes(), array_shapes(min_side=0)),
    max_size=3,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_arrays, st.dictionaries(st.text(), st.integers() | st.text()))
def test_loaded_arrays_and_facts_equal_the_saved_ones(tmp_path, members, facts) -> None:
    archive.save(tmp_path / "000.npz", members, facts)

    loaded, meta = archive.load(tmp_path / "000.npz")

    assert meta == facts
    assert loaded.keys() == members.keys()
    for name, array in members.items():
        assert loaded[name].dtype == array.dtype
        assert np.array_equal(loaded[name], array, equal_nan=True)


def test_text_is_kept(tmp_path) -> None:
    archive.save(tmp_path / "a.npz", {"names": np.array(["Köln", "", "a"])}, {})

    assert archive.load(tmp_path / "a.npz")[0]["names"].tolist() == ["Köln", "", "a"]


def test_python_objects_are_refused_and_leave_no_file(tmp_path) -> None:
    with pytest.raises(ValueError, match="'x' holds Python objects; only plain"):
        archive.save(tmp_path / "a.npz", {"x": np.array([{}], dtype=object)}, {})

    assert list(tmp_path.iterdir()) == []


def test_saving_replaces_and_leaves_nothing_else_behind(tmp_path) -> None:
    archive.save(tmp_path / "deep" / "a.npz", {"x": np.arange(3)}, {})
    archive.save(tmp_path / "deep" / "a.npz", {"x": np.arange(4)}, {})

    assert len(archive.load(tmp_path / "deep" / "a.npz")[0]["x"]) == 4
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.npz"]


def test_an_altered_file_is_refused(tmp_path) -> None:
    path = tmp_path / "a.npz"
    archive.save(path, {"x": np.arange(3)}, {"version": 1})
    with np.load(path) as file:
        members = {name: file[name] for name in file.files}
    members["x"] = np.arange(1, 4)
    np.savez(path, **members)

    with pytest.raises(InvalidData, match="its checksum does not fit its content"):
        archive.load(path)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 broken"])
def test_an_absent_or_broken_file_is_refused(tmp_path, content) -> None:
    path = tmp_path / "a.npz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(InvalidData, match=r"Model file 'a\.npz' cannot be read"):
        archive.load(path)


def test_a_truncated_file_is_refused(tmp_path) -> None:
    path = tmp_path / "a.npz"
    archive.save(path, {"x": np.arange(1000)}, {})
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(InvalidData, match="Train again"):
        archive.load(path)


def test_pickled_objects_are_never_loaded(tmp_path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, allow_pickle=True, x=np.array([{"a": 1}], dtype=object))

    with pytest.raises(InvalidData, match="cannot be read"):
        archive.load(path)


@pytest.mark.parametrize("compress", [True, False])
def test_no_flipped_bit_is_loaded_as_another_model(tmp_path, compress: bool) -> None:
    path = tmp_path / "a.npz"
    saved = {"levels": np.arange(20.0), "names": np.array(["Köln", "Bonn"])}
    archive.save(path, saved, {"algorithm": "pooled"}, compress=compress)
    harmless, copies = 0, flipped_copies(path.read_bytes(), 1500)
    for content in copies:
        path.write_bytes(content)
        try:
            loaded, meta = archive.load(path)
        except InvalidData:
            continue
        # Some bits have no meaning, such as the time of a file in the archive.
        assert meta == {"algorithm": "pooled"}
        assert all(np.array_equal(loaded[name], array) for name, array in saved.items())
        harmless += 1

    assert harmless < len(copies) / 2


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_damage_is_named_without_a_path(tmp_path, damage) -> None:
    path = tmp_path / "a.npz"
    archive.save(path, {"x": np.arange(1000)}, {})
    assert archive.problem_of(path) is None
    damage(path)

    assert archive.problem_of(path) is not None
    with pytest.raises(InvalidData, match=r"^Model file 'a\.npz' ") as caught:
        archive.load(path)
    assert str(tmp_path) not in caught.value.detail
