"""What detection takes from river: the native mean, and numbers that are river's own."""

import random
import subprocess
import sys
from importlib.metadata import version

import pytest
from river import stats

from edge_agent.detect import _river
from edge_agent.detect._scale import Moments, Variance


@pytest.fixture
def values() -> list[float]:
    chance = random.Random(7)
    return [1e6 + chance.gauss(0, 1) * chance.choice((1e-6, 1, 1e6)) for _ in range(2000)]


def test_rivers_native_mean_is_where_it_was() -> None:
    assert _river.native() is not None, (
        f"river {version('river')} has no river._river_rust.stats.RsEWMean any more: the agent goes on with "
        "river.stats, which costs 28 MB. Find the class in that river and name it in detect/_river.py."
    )


def test_the_native_mean_and_the_public_one_say_the_same(values: list[float]) -> None:
    native, public = _river.ew_mean(1 / 15), _river.public()(1 / 15)
    for value in values:
        native.update(value)
        public.update(value)
        assert native.get() == public.get()


def test_mean_and_variance_are_rivers_to_the_last_digit(values: list[float]) -> None:
    ours, rivers = Variance(Moments()), stats.Var()
    for value in values:
        ours.update(value)
        rivers.update(value)
        assert (ours.n, ours.mean, ours.get()) == (rivers.n, rivers.mean.get(), rivers.get())


def test_a_variance_goes_on_where_it_was_saved(values: list[float]) -> None:
    whole, first = Variance(Moments()), Variance(Moments())
    for value in values[:1000]:
        whole.update(value)
        first.update(value)
    second = Variance(first.moments())
    for value in values[1000:]:
        whole.update(value)
        second.update(value)
    assert second.moments() == whole.moments()


def test_detection_imports_neither_numpy_nor_scipy() -> None:
    code = "import sys, edge_agent.detect; print(*{'numpy', 'scipy', 'river.stats'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
