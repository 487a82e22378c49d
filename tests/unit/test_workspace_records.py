import dataclasses
import json
import math
import random
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightlab.checks import InputError
from sightlab.workspace_records import artefact_key, current_commit, environment_record, to_plain


@dataclasses.dataclass(frozen=True)
class Inner:
    rate: float = 0.1


@dataclasses.dataclass(frozen=True)
class Outer:
    inner: Inner = Inner()
    names: tuple[str, ...] = ("a", "b")
    folder: Path = Path("photos")
    limit: float | None = None


def key(settings, inputs=("i",), step="step", version=1):
    return artefact_key(step, version, settings, list(inputs))


def test_key_is_16_hex_characters_and_stays_the_same_between_versions_of_this_code():
    assert set(key(Outer())) <= set(string.hexdigits.lower())
    assert len(key(Outer())) == 16
    # sha256 of ["step",1,["dict",[["a",["int","1"]]]],["i"]], computed by hand with sha256sum
    assert key({"a": 1}) == "fc314b18fb97d082"


def test_every_setting_every_input_step_and_version_changes_the_key():
    base = Outer()
    others = [
        key(dataclasses.replace(base, inner=Inner(rate=math.nextafter(0.1, 1)))),
        key(dataclasses.replace(base, names=("b", "a"))),
        key(dataclasses.replace(base, folder=Path("photo"))),
        key(dataclasses.replace(base, limit=0.0)),
        key(base, inputs=("j",)),
        key(base, inputs=("i", "i")),
        key(base, inputs=()),
        key(base, step="other"),
        key(base, version=2),
    ]
    assert len({key(base), *others}) == 10


def test_values_that_look_alike_have_different_keys():
    alike = [
        1,
        1.0,
        True,
        "1",
        [1],
        {"1": 1},
        {1: 1},
        None,
        "None",
        0.0,
        -0.0,
        "nan",
        math.nan,
        ["a", "b"],
        ["ab"],
    ]
    assert len({key(value) for value in alike}) == len(alike)


def test_order_of_a_dict_and_kind_of_sequence_and_number_type_do_not_matter():
    assert key({"a": 1, "b": 2}) == key({"b": 2, "a": 1})
    assert key((1, 2)) == key([1, 2])
    assert key(np.float64(0.5)) == key(0.5)
    assert key(np.int32(3)) == key(3)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(PLAIN, PLAIN)
def test_equal_keys_only_for_equal_settings(a, b):
    # repr tells 1, 1.0 and True apart, which == does not
    assert (key(a) == key(b)) == (canonical(a) == canonical(b))


def canonical(value):
    """The slow literal meaning: reprs, with dicts sorted."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{k!r}:{canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(v) for v in value) + "]"
    return repr(value)


@pytest.mark.parametrize("value", [{1, 2}, np.zeros(3), object(), lambda: 0, Outer, b"bytes"])
def test_a_type_that_cannot_be_told_apart_is_refused_by_name(value):
    with pytest.raises(InputError, match=rf"settings.list\[1\] is a {type(value).__name__}"):
        key({"list": [0, value]})


def test_a_single_string_as_inputs_is_refused():
    with pytest.raises(InputError, match="inputs must be a list of keys"):
        artefact_key("step", 1, {}, "abc")


def test_to_plain_gives_json():
    value = {"o": Outer(), "n": np.float32(0.5), "nan": math.nan, 3: (np.int64(1), np.arange(2))}
    assert json.loads(json.dumps(to_plain(value), allow_nan=False)) == {
        "o": {"inner": {"rate": 0.1}, "names": ["a", "b"], "folder": "photos", "limit": None},
        "n": 0.5,
        "nan": "nan",
        "3": [1, [0, 1]],
    }


def test_environment_is_plain_and_names_versions():
    record = environment_record()
    assert record["versions"]["numpy"] == np.__version__
    assert record["n_cpus"] >= 1
    json.dumps(record, allow_nan=False)


def test_commit_is_unknown_or_a_hash(monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as inside a git hook; must not matter
    commit = current_commit().removesuffix("+changes")
    assert commit == "unknown" or (len(commit) == 40 and set(commit) <= set(string.hexdigits))


def test_commit_is_unknown_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert current_commit() == "unknown"


def test_keys_use_nobodys_random_state():
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 (the caller's old-style state is what is watched)
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    key(Outer())
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002
