"""Texts all the way: a recipe, a training, scores, a service that answers a text."""

from __future__ import annotations

from collections import Counter

import pytest

import workbench as wb
from workbench.testing.samples import docstrings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),  # named by MLflow, in SQLAlchemy
]


def test_a_model_learns_texts_and_answers_them_as_a_service(real_ws: wb.Workspace) -> None:
    train, val = wb.split(docstrings(real_ws), 0.8, 0.2)
    model = wb.train(wb.recipe("text-classification", epochs=6), train, val, name="packages").result()
    scores = wb.evaluate(model, val).scores
    [(_, commonest)] = Counter(val.labels()).most_common(1)
    assert scores["accuracy"] > max(0.75, 3 * commonest / len(val))
    rows = val.rows()[:20]
    said = model.predict([row["text"] for row in rows])
    assert sum(p.label == row["label"] for p, row in zip(said, rows, strict=True)) >= 14
    service = wb.serve(model, "packages")
    try:
        answered = service.predict(rows[0]["text"])
    finally:
        service.stop()
    assert (answered.label, answered.score) == (said[0].label, pytest.approx(said[0].score, abs=1e-4))
