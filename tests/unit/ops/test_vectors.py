"""Neighbours, clusters and variety of vectors."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ops import vectors as ops
from workbench.ops.vectors import clusters, cover, nearest, neighbours, unit, variety


def _clouds(*sizes: int, seed: int = 0, noise: float = 0.1, centers: int = 0) -> ops.Vectors:
    middle = np.random.default_rng(centers).normal(size=(len(sizes), 32))
    random = np.random.default_rng(seed)
    parts = [middle[i] + noise * random.normal(size=(n, 32)) for i, n in enumerate(sizes)]
    return unit(np.concatenate(parts).astype(np.float32))


def test_neighbours_are_the_nearest_others_and_never_the_row_itself() -> None:
    rows = _clouds(30, 30, 30)
    places, cosines = neighbours(rows, 5)
    like = rows @ rows.T
    np.fill_diagonal(like, -2)
    assert (places == np.argsort(-like, axis=1, kind="stable")[:, :5]).all()
    assert np.allclose(cosines, -np.sort(-like, axis=1)[:, :5], atol=1e-6)


def test_many_rows_find_nearly_all_of_their_neighbours_by_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _clouds(*[40] * 50, noise=0.5)
    exact, _ = neighbours(rows, 10)
    monkeypatch.setattr(ops, "EXACT", 100)
    found, _ = neighbours(rows, 10)
    assert not np.array_equal(exact, found)  # it went the other way
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]) > 0.98


@pytest.mark.parametrize("width", [200, 801, 5000])
def test_the_greatest_of_many_numbers_are_found_whatever_their_place(width: int) -> None:
    random = np.random.default_rng(width)
    rows, queries = (
        unit(random.normal(size=(width, 8)).astype(np.float32)),
        unit(random.normal(size=(30, 8)).astype(np.float32)),
    )
    places, cosines = nearest(rows, queries, 3)
    like = queries @ rows.T
    assert (places == np.argsort(-like, axis=1)[:, :3]).all()
    assert (cosines == np.take_along_axis(like, places, axis=1)).all()


def test_a_long_search_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "EXACT", 100)
    told: list[int] = []
    neighbours(_clouds(*[40] * 10), 3, step=told.append)
    assert told == sorted(set(told))
    assert told[-1] == 400
    assert len(told) > 5


def test_what_is_covered_of_many_is_told_by_some() -> None:
    mine, theirs = _clouds(50, 50), _clouds(2000, 2000, 1000, 1000, centers=0)
    assert cover(mine, theirs, most=600) == pytest.approx(cover(mine, theirs, most=6000), abs=0.05)


def test_rows_that_are_all_the_same_have_neighbours_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "EXACT", 10)
    places, cosines = neighbours(unit(np.ones((200, 4), np.float32)), 3)
    assert (places >= 0).all()
    assert (places != np.arange(200)[:, None]).all()
    assert np.allclose(cosines, 1)


def test_fewer_rows_than_neighbours_give_all_others() -> None:
    places, _ = neighbours(_clouds(3), 10)
    assert sorted(places[0].tolist()) == [1, 2]
    assert nearest(_clouds(3), _clouds(1), 10)[0].shape == (1, 3)


def test_clusters_are_the_clouds() -> None:
    _, home = clusters(_clouds(40, 60, 20), 3)
    assert sorted(np.bincount(home).tolist()) == [20, 40, 60]
    assert len(set(home[:40].tolist())) == 1


def test_variety_counts_what_differs() -> None:
    assert variety(unit(np.ones((50, 8), np.float32))) == pytest.approx(1, abs=1e-4)
    assert variety(np.eye(8, dtype=np.float32)) == pytest.approx(8, abs=1e-4)
    assert variety(_clouds(50, 50, 50, noise=0.01)) == pytest.approx(3, abs=0.3)


def test_a_missing_cluster_is_not_covered() -> None:
    target = _clouds(40, 40, 40, seed=1)
    assert cover(_clouds(40, 40, 40, seed=2), target) > 0.9
    assert cover(_clouds(40, 40, seed=2), target) < 0.75
