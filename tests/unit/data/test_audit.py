"""An audit proposes, with reasons; applying a report makes the next version and nothing else."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import DependencyError, GateError, InputError, NotFoundError
from workbench.core.events import Event
from workbench.core.labels import dumps
from workbench.core.verbs import call
from workbench.data import vectors as vectors_of
from workbench.data.audit import findings
from workbench.ops import vectors as ops


def _scene(seed: int, side: int = 64) -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), tuple(random.integers(0, 255, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y, w, h = random.integers(0, side * 2 // 3, 4).tolist()
        draw.rectangle([x, y, x + w + 4, y + h + 4], fill=tuple(random.integers(0, 255, 3).tolist()))
    return image


def _kept(ws: wb.Workspace, image: Image.Image, kind: str = "PNG", **more: Any) -> str:
    content = io.BytesIO()
    image.save(content, kind, **more)
    return ws.blobs.put(content.getvalue(), suffix=f".{kind.lower()}")


def _photos(ws: wb.Workspace, n: int, name: str = "photos", first: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": f"{name}{i:03}", "media": _kept(ws, _scene(first + i)), "width": 64, "height": 64, "label": "ab"[i % 2]}
        for i in range(n)
    ]


def _told(report: wb.Report, check: str) -> dict[str, str]:
    return {f.id: f.reason for name, f in findings(report) if name == check}


def test_what_cannot_be_used_is_listed_with_its_reason_and_taken_out(real_ws: wb.Workspace) -> None:
    rows = _photos(real_ws, 6)
    whole = real_ws.blobs.path(rows[0]["media"]).read_bytes()
    rows[1]["media"] = real_ws.blobs.put(whole[: len(whole) // 2], suffix=".png")
    rows[2]["media"] = "0" * 64 + ".png"
    rows[3]["label"] = "NaN"
    rows[4]["label"] = "c"
    data = commit(real_ws, "photos", rows, task="image-classification", classes=["a", "b"])
    real_ws.blobs.path(rows[5]["media"]).chmod(0o644)
    real_ws.blobs.path(rows[5]["media"]).write_bytes(whole)
    report = wb.audit(data, checks=["invalid"])
    told = _told(report, "invalid")
    assert sorted(told) == [row["id"] for row in rows[1:]]
    assert "cannot be decoded" in told["photos001"]
    assert "is missing" in told["photos002"]
    assert told["photos003"] == "The label 'NaN' says that there is none."
    assert told["photos004"] == "The label: 'c' is none of the classes."
    assert told["photos005"].startswith("The file was changed after it was brought in")
    made = report.apply()
    assert made.ids() == ["photos000", "photos003", "photos004"]
    assert made.labels() == ["a", None, None]
    assert data.labels()[3] == "NaN"  # the version before stays


def test_empty_texts_and_rows_are_found(real_ws: wb.Workspace) -> None:
    texts = commit(
        real_ws,
        "notes",
        [
            {"id": "a", "text": "a leak"},
            {"id": "b", "text": " \n"},
            {"id": "c", "text": None},
            {"id": "d", "text": "\ufffd" * 9},
        ],
    )
    report = wb.audit(texts, checks=["invalid", "quality"])
    assert _told(report, "invalid") == {"b": "The text is empty.", "c": "The text is empty."}
    assert _told(report, "quality") == {"d": "The text is garbled: 9 of 9 characters cannot be shown."}
    rows = commit(real_ws, "rows", [{"id": "a", "x": 1.0, "y": 2.0}, {"id": "b", "x": float("nan"), "y": None}])
    assert _told(wb.audit(rows, checks=["invalid"]), "invalid") == {"b": "The row has no values."}


def test_pictures_of_little_use_are_tagged_when_asked(real_ws: wb.Workspace) -> None:
    dark = Image.fromarray(np.random.default_rng(0).integers(0, 20, (40, 40), np.uint8))
    odd = {"blank": Image.new("RGB", (40, 40), "gray"), "dark": dark, "thin": _scene(1).resize((200, 20)), "ok": _scene(2)}
    rows = [{"id": id, "media": _kept(real_ws, image), "tags": ["mine"]} for id, image in odd.items()]
    report = wb.audit(commit(real_ws, "odd", rows, task="image-classification"), checks=["quality"])
    told = _told(report, "quality")
    assert set(told) == {"blank", "dark", "thin"}
    assert told["thin"] == "The picture is 10 times as long as it is wide."
    assert report.apply().version == 1  # not beyond doubt, so not by default
    tags = {row["id"]: row["tags"] for row in report.apply(only=["quality"]).rows()}
    assert tags == {"blank": ["mine", "quality"], "dark": ["mine", "quality"], "thin": ["mine", "quality"], "ok": ["mine"]}


def test_copies_are_found_and_the_one_with_the_better_label_stays(real_ws: wb.Workspace) -> None:
    rows = _photos(real_ws, 30)
    image = _scene(0)
    rows[0]["label"] = None
    rows += [
        {"id": "exact", "media": rows[0]["media"], "width": 64, "height": 64, "label": "a", "reviewed_by": "ann"},
        {"id": "jpeg", "media": _kept(real_ws, image, "JPEG", quality=60), "width": 64, "height": 64, "label": "b"},
        {"id": "small", "media": _kept(real_ws, image.resize((40, 40))), "width": 40, "height": 40, "label": None},
    ]
    data = commit(real_ws, "photos", rows, task="image-classification", classes=["a", "b"])
    report = wb.audit(data, checks=["duplicates", "near-duplicates"])
    assert _told(report, "duplicates") == {"photos000": "The same as exact."}
    near = _told(report, "near-duplicates")
    assert near == {"jpeg": "Nearly the same as exact, whose label is 'a', not 'b'.", "small": "Nearly the same as exact."}
    assert report.details["checks"]["near-duplicates"]["with_other_labels"] == 1
    assert len(report.apply()) == 32
    assert len(report.apply(only=["duplicates", "near-duplicates"])) == 30


def test_the_same_picture_with_another_question_is_another_item(real_ws: wb.Workspace) -> None:
    media = _kept(real_ws, _scene(0))
    rows = [{"id": f"q{i}", "media": media, "text": f"How many {what}?"} for i, what in enumerate(["caps", "Caps", "seals"])]
    report = wb.audit(commit(real_ws, "vqa", rows, task="visual-question-answering"), checks=["duplicates", "near-duplicates"])
    assert _told(report, "duplicates") == {"q1": "The same as q0."}
    assert _told(report, "near-duplicates") == {}


def test_items_on_both_sides_of_a_split_are_found(real_ws: wb.Workspace) -> None:
    train, test = _photos(real_ws, 30, "train"), _photos(real_ws, 12, "test", first=100)
    for i, row in enumerate(train):
        row["group"] = f"scene{i // 3}"
    test[0]["media"] = train[3]["media"]
    test[1]["media"] = _kept(real_ws, _scene(7).resize((90, 90)), "JPEG", quality=70)
    test[2]["group"] = "scene4"
    one = commit(real_ws, "train", train, task="image-classification", classes=["a", "b"])
    other = commit(real_ws, "test", test, task="image-classification", classes=["a", "b"])
    report = wb.audit(one, against=[other], checks=["leakage"])
    assert _told(report, "leakage") == {
        "train003": f"It is in {other.ref} too.",
        "train007": f"Nearly the same as test001 of {other.ref}.",
    }
    assert report.details["checks"]["leakage"]["shared_groups"] == ["scene4"]
    with pytest.raises(GateError, match="leakage is 0.933, required 1.000"):
        report.require(leakage=1.0)
    clean = report.apply(only=["leakage"])
    assert wb.audit(clean, against=[other], checks=["leakage"]).require(leakage=1.0).scores["clean"] == 1


def test_texts_that_nearly_repeat_are_found(real_ws: wb.Workspace) -> None:
    words = [f"w{i}" for i in range(60)]
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(words, 20)) for _ in range(40)]
    rows = [{"id": f"t{i:02}", "text": text} for i, text in enumerate(texts)]
    rows += [{"id": "x0", "text": texts[0].upper() + "  "}, {"id": "x1", "text": f"{texts[1]} more"}]
    report = wb.audit(commit(real_ws, "notes", rows), checks=["duplicates", "near-duplicates"])
    assert _told(report, "duplicates") == {"x0": "The same as t00."}
    assert _told(report, "near-duplicates") == {"x1": "Nearly the same as t01."}


def test_a_doubtful_label_comes_off_with_the_suggestion_beside_it_and_goes_to_people(real_ws: wb.Workspace) -> None:
    texts = {"leak": "oil leaks from the pump seal number {}", "paid": "the invoice {} was paid by transfer"}
    rows = [{"id": f"{name}{i:02}", "text": text.format(i), "label": name} for name, text in texts.items() for i in range(20)]
    rows[3]["label"], rows[5]["label"], rows[5]["reviewed_by"] = "paid", "paid", "ann"
    data = commit(real_ws, "notes", rows, task="text-classification", classes=["leak", "paid"])
    report = wb.audit(data, checks=["labels"])
    assert report.items("labels").ids() == ["leak03"]  # what ann has reviewed is not doubted again
    assert report.scores["labels"] == pytest.approx(39 / 40)
    assert wb.label(report.items("labels"), task="text-classification", classes=["leak", "paid"], name="again", place="cell")
    made = report.apply(only=["labels"])
    row = next(row for row in made.rows() if row["id"] == "leak03")
    assert (row["label"], row["prediction"], row["prediction_by"]) == (None, "leak", report.ref)
    assert sum(label is None for label in made.labels()) == 1


def test_of_several_labels_each_is_doubted_by_itself(real_ws: wb.Workspace) -> None:
    said = {"oil": "oil drips from the pump", "noise": "a loud grinding noise", "heat": "the housing is too hot"}
    pairs = [("oil",), ("noise",), ("heat",), ("noise", "oil"), ("heat", "oil")]
    rows = [
        {"id": f"{k}{i:02}", "text": f"{'; '.join(said[n] for n in names)} {i}", "label": dumps(sorted(names))}
        for k, names in enumerate(pairs)
        for i in range(12)
    ]
    rows[40]["label"] = dumps(["noise"])
    rows[41]["label"] = "oil and noise"  # no label of this task: told by another check
    task = "multi-label-text-classification"
    report = wb.audit(commit(real_ws, "notes", rows, task=task, classes=["heat", "noise", "oil"]), checks=["labels"])
    ((_, finding),) = findings(report)
    assert (finding.id, finding.other) == ("304", dumps(["noise", "oil"]))
    assert finding.reason.startswith("By the others, 'oil' is missing")
    row = next(row for row in report.apply(only=["labels"]).rows() if row["id"] == "304")
    assert (row["label"], row["prediction"]) == (None, '["noise","oil"]')
    regions = commit(real_ws, "boxes", [{"id": "a", "text": "x"}], task="object-detection", classes=["cap"])
    told = wb.audit(regions, checks=["labels"]).details["checks"]["labels"]
    assert told["skipped"].startswith("Labels of object-detection are more than a class")


def test_what_has_changed_since_the_audit_stays(real_ws: wb.Workspace) -> None:
    rows = [{"id": id, "text": "same", "label": "nan"} for id in "abc"]
    report = wb.audit(
        commit(real_ws, "notes", rows, task="text-classification", classes=["x", "y"]), checks=["invalid", "duplicates"]
    )
    commit(real_ws, "notes", [{"id": "a", "label": "x"}, {"id": "d", "text": "new"}], remove=["c"])
    made = report.apply()
    assert {row["id"]: row["label"] for row in made.rows()} == {"a": "x", "d": None}


def test_a_report_applies_to_named_items_only(real_ws: wb.Workspace) -> None:
    data = commit(real_ws, "notes", [{"id": id, "text": "same"} for id in "abcd"])
    report = wb.audit(data.select(["a", "b", "c"]), checks=["duplicates"])
    made = report.apply(only=["b"])
    assert (made.ids(), real_ws.dataset("notes").ids()) == (["a", "c"], ["a", "c", "d"])
    with pytest.raises(NotFoundError, match="'z'"):
        report.apply(only=["z"])
    with pytest.raises(NotFoundError, match="No check named 'dupes'"):
        wb.audit(data, checks=["dupes"])
    with pytest.raises(NotFoundError, match="No column named 'site'"):
        wb.audit(data, groups=["site"])
    with pytest.raises(InputError, match="found no items by 'labels'"):
        report.items("labels")


def test_outliers_are_found_and_a_plain_cloud_has_none(real_ws: wb.Workspace) -> None:
    random = np.random.default_rng(0)
    rows = [
        {"id": f"r{i:03}", "a": float(a), "b": float(b), "c": float(c)}
        for i, (a, b, c) in enumerate(random.normal(size=(200, 3)))
    ]
    assert wb.audit(commit(real_ws, "cloud", rows), checks=["outliers"]).scores["outliers"] == 1
    rows[17] |= {"a": 40.0}
    rows[90] |= {"b": -60.0, "c": 55.0}
    report = wb.audit(commit(real_ws, "odd", rows), checks=["outliers"])
    assert set(report.items("outliers").ids()) == {"r017", "r090"}


def test_a_planted_bias_is_flagged_and_an_unbiased_set_is_not(real_ws: wb.Workspace) -> None:
    random = np.random.default_rng(1)
    fair = [
        {"id": f"{i:04}", "text": f"note {i}", "label": str(random.choice(["ok", "bad"], p=[0.7, 0.3])), "site": "ABC"[i % 3]}
        for i in range(600)
    ]
    report = wb.audit(commit(real_ws, "fair", fair), checks=["bias"], groups=["site"])
    table = report.details["checks"]["bias"]["groups"]["site"]
    assert findings(report) == []
    assert table["n"] == {"A": 200, "B": 200, "C": 200}
    assert table["gap"] < 0.1
    unfair = [row | {"label": "bad" if row["site"] == "C" and i % 2 else row["label"]} for i, row in enumerate(fair)]
    report = wb.audit(commit(real_ws, "unfair", unfair), checks=["bias"])
    ((name, finding),) = findings(report)
    assert (name, finding.id, finding.proposal, finding.other) == ("bias", "", "none", "site")
    assert finding.reason.startswith("'ok' is 73% of site 'B' and 37% of 'C'; chance alone would hardly do that (p =")


def test_an_annotator_who_labels_otherwise_is_a_bias_and_a_folder_that_is_the_label_is_not(real_ws: wb.Workspace) -> None:
    rows = [
        {
            "id": f"{i:03}",
            "text": f"n{i}",
            "group": "xy"[i % 2],
            "label": "xy"[i % 2],
            "label_by": "ann" if i % 4 < 2 else "bob",
        }
        for i in range(200)
    ]
    assert findings(wb.audit(commit(real_ws, "plain", rows), checks=["bias"])) == []
    for row in rows:
        if row["label_by"] == "bob" and int(row["id"]) % 3:
            row["label"] = "x"
    told = [f for _, f in findings(wb.audit(commit(real_ws, "bob", rows), checks=["bias"]))]
    assert "label_by" in {f.other for f in told}


def test_taking_a_cluster_away_lowers_variety_and_coverage(real_ws: wb.Workspace) -> None:
    subjects = ["the pump leaks oil", "an invoice was paid late", "gulls sit on the roof", "train to Basel is full"]
    rows = [{"id": f"{s}-{i:02}", "text": f"{text} {i}", "label": str(s)} for s, text in enumerate(subjects) for i in range(25)]
    whole = commit(real_ws, "notes", rows, task="text-classification", classes=list("0123"))
    target = commit(
        real_ws, "target", [r | {"text": r["text"] + "!"} for r in rows], task="text-classification", classes=list("0123")
    )
    full = wb.audit(whole, against=[target], checks=["coverage"])
    part = wb.audit(whole.select([r["id"] for r in rows if r["label"] != "2"]), against=[target], checks=["coverage"])
    before, after = (report.details["checks"]["coverage"] for report in (full, part))
    assert after["variety"] < before["variety"] * 0.9
    assert before["targets"][target.ref]["covered"] == 1
    assert after["targets"][target.ref]["covered"] == pytest.approx(0.75)
    assert after["targets"][target.ref]["apart"] > before["targets"][target.ref]["apart"]
    assert after["classes"] == {"0": 25, "1": 25, "3": 25}
    assert before["lengths"]["counts"]
    reasons = " ".join(f.reason for _, f in findings(part))
    assert f"25% of {target.ref} has nothing like it here." in reasons
    assert "The shares of classes differ" in reasons
    assert findings(full) == []


def test_pairs_of_pictures_and_texts_are_as_varied_as_both(real_ws: wb.Workspace) -> None:
    media = [_kept(real_ws, _scene(i)) for i in range(8)]
    questions = ["How many caps are there?", "Which color has the seal?", "Is the label torn off?", "What stands behind it?"]
    rows = [{"id": f"{i:02}", "media": media[i % 8], "text": questions[i // 8]} for i in range(32)]
    rows += [{"id": "empty", "media": media[0], "text": " "}]
    data = commit(real_ws, "vqa", rows, task="visual-question-answering")
    report = wb.audit(data, checks=["invalid", "duplicates"])
    assert [(f.id, f.reason) for _, f in findings(report)] == [("empty", "The text is empty.")]

    def told(ids: list[str]) -> dict[str, float]:
        return dict(wb.audit(data.select(ids), checks=["coverage"]).details["checks"]["coverage"])

    whole, one_question = told([r["id"] for r in rows[:32]]), told([r["id"] for r in rows[:8]])
    assert one_question["variety"] == pytest.approx(whole["variety"], rel=0.01)  # the same pictures
    assert one_question["text_variety"] == pytest.approx(1, abs=0.01)
    assert whole["text_variety"] > 3
    assert whole["pair_variety"] > one_question["pair_variety"] * 1.3


@pytest.mark.parametrize("kind", ["image", "image-text", "audio", "text", "tabular", "time-series", "graph"])
def test_the_profile_knows_what_the_data_are(real_ws: wb.Workspace, kind: str) -> None:
    random = np.random.default_rng(0)
    made: dict[str, Any] = {
        "image": lambda i: {"media": _kept(real_ws, _scene(i))},
        "image-text": lambda i: {"media": _kept(real_ws, _scene(i)), "text": f"scene {i}"},
        "audio": lambda i: {"media": real_ws.blobs.put(b"RIFF%d" % i, suffix=".wav")},
        "text": lambda i: {"text": f"note {i}"},
        "tabular": lambda i: {"age": 20 + i % 40, "income": float(random.normal(5e4, 1e4)), "town": "ABC"[i % 3]},
        "time-series": lambda i: {"date": f"2024-{1 + i // 28:02}-{1 + i % 28:02}", "sales": float(random.normal())},
        "graph": lambda i: {"source": f"n{i % 9}", "target": f"n{(i * 5 + 1) % 9}", "weight": float(i)},
    }
    rows = [{"id": f"{i:03}", **made[kind](i)} for i in range(40)]
    facts = wb.audit(commit(real_ws, kind, rows), checks=["profile"]).details["checks"]["profile"]
    assert facts["modality"] == kind
    if kind == "tabular":
        assert facts["columns"]["town"] == {"missing": 0.0, "type": "name", "distinct": 3}
        assert facts["suggests"]["standardize"]
    if kind == "time-series":
        assert facts["suggests"]["split"] == "time"


def test_a_notebook_shows_a_table_in_which_names_do_no_harm(real_ws: wb.Workspace) -> None:
    rows = [{"id": f"{i}", "text": "same", "label": "<img src=x onerror=alert(1)>|`x`"} for i in range(2)]
    data = commit(real_ws, "notes", rows, task="text-classification", classes=["a", "b"])
    shown = str(wb.audit(data, checks=["invalid", "duplicates", "leakage"])._repr_markdown_())
    assert shown.startswith(f"**audit-1** of `{data.ref}`: 0.0% clean\n")
    assert "| duplicates | 1 | The same as 0. |" in shown
    assert "| leakage | 0 | Name the other side: wb.audit(train, against=&#91;test&#93;). |" in shown
    assert "<img" not in shown
    assert all(line.count("|") == 4 for line in shown.splitlines()[2:])


def test_a_package_that_is_missing_costs_one_check(real_ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, **_: str) -> None:
        raise DependencyError(f"Measuring bias needs {name!r}.", hint="Run: pip install it")

    monkeypatch.setattr("workbench.data.care.bias.need", missing)
    said = ("the pump leaks", "a bill was paid")
    rows = [{"id": f"{i:03}", "text": f"{said[i % 2]} {i}", "label": "ab"[i % 2], "group": "xy"[i // 25]} for i in range(50)]
    data = commit(real_ws, "notes", rows, task="text-classification", classes=["a", "b"])
    report = wb.audit(data)
    assert report.details["checks"]["bias"]["skipped"] == "Measuring bias needs 'scipy.stats'. Run: pip install it"
    assert set(report.scores) == {
        "clean",
        "invalid",
        "quality",
        "duplicates",
        "near-duplicates",
        "labels",
        "outliers",
        "coverage",
    }
    with pytest.raises(DependencyError):
        wb.audit(data, checks=["bias"])


def test_an_audit_says_how_far_it_is_and_stopped_leaves_nothing(real_ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors_of, "_WHOLE", 4)
    monkeypatch.setattr(ops, "EXACT", 10)
    data = wb.embed(commit(real_ws, "photos", _photos(real_ws, 40), task="image-classification"))
    told: list[Event] = []
    stop = real_ws.events.subscribe(told.append)
    wb.audit(data, checks=["duplicates", "outliers"])
    stop()
    said = [event.fields for event in told if event.name == "progress"]
    assert [fields["what"] for fields in said if "what" in fields] == ["duplicates", "outliers"]
    assert [fields["done"] for fields in said if fields["total"] == 40][:2] == [1, 2]  # row by row: a part is one row here
    assert said[-1] == {"verb": "audit", "done": 2, "total": 2}

    def interrupted(event: Event) -> None:
        if event.fields.get("what") == "outliers":
            raise KeyboardInterrupt

    real_ws.events.subscribe(interrupted)
    n_reports = len(real_ws.records.all("report"))
    with pytest.raises(KeyboardInterrupt):
        wb.audit(data, checks=["duplicates", "outliers"])
    assert len(real_ws.records.all("report")) == n_reports


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"checks": "labels"}, "`checks` must be a list of names, got 'labels'"),
        ({"checks": [1]}, "`checks` must be a list of names"),
        ({"groups": "label"}, "`groups` must be a list of names"),
        ({"against": ["test"]}, "`against` must be a list of datasets"),
    ],
)
def test_what_is_no_list_of_its_kind_is_refused(real_ws: wb.Workspace, wrong: dict[str, Any], said: str) -> None:
    data = commit(real_ws, "notes", [{"id": "a", "text": "a gull", "label": "x"}], task="text-classification")
    with pytest.raises(InputError, match=said):
        wb.audit(data, **wrong)
    photos = commit(real_ws, "photos", _photos(real_ws, 1), task="image-classification")
    with pytest.raises(InputError, match=r"photos@1#\w+ is image, dataset:notes@1#\w+ is text"):
        wb.audit(photos, against=[data])


def _awkward(ws: wb.Workspace, kind: str) -> list[dict[str, Any]]:
    """Return forty rows of a kind that a check could stumble over, their labels in turns."""
    tongues = ("泵在漏油", "насос течёт", "المضخة تتسرب", "ปั๊มรั่ว", "😀😀", "ಪಂಪ್")
    contents: dict[str, Any] = {
        "tongues": lambda i: {"text": f"{tongues[i % 6]}{i}"},
        "blank": lambda _: {"text": "  "},
        "pixels": lambda i: {"media": _kept(ws, Image.new("RGB", (1, 1), (i, 90, 7))), "width": 1, "height": 1},
        "rows": lambda i: {"age": float("nan") if i % 2 else float(i), "far": float("inf"), "city": "東京" if i % 3 else None},
        "nothing": lambda _: {},
    }
    return [{"id": f"{i:02}", "label": "ab"[i % 2], **contents[kind](i)} for i in range(40)]


@pytest.mark.parametrize("kind", ["tongues", "blank", "pixels", "rows", "nothing"])
def test_awkward_items_break_no_check_and_what_tells_no_classes_apart_doubts_no_label(real_ws: wb.Workspace, kind: str) -> None:
    task = {"pixels": "image-classification", "rows": "tabular-classification", "nothing": "tabular-classification"}
    data = commit(real_ws, "odd", _awkward(real_ws, kind), task=task.get(kind, "text-classification"), classes=["a", "b"])
    for part in (data, data.select(["00"]), data.select([])):
        report = wb.audit(part, against=[data])
        dumps(report.details)
        assert all(0 <= score <= 1 for score in report.scores.values())
        assert kind == "rows" or not _told(report, "labels")


def test_one_class_alone_and_labels_that_say_none_are_told(real_ws: wb.Workspace) -> None:
    rows = [{"id": f"{i:02}", "text": f"pump {i}", "label": "x" if i else "NaN"} for i in range(40)]
    report = wb.audit(commit(real_ws, "notes", rows, task="text-classification", classes=["x", "y"]))
    assert _told(report, "invalid") == {"00": "The label 'NaN' says that there is none."}
    assert report.details["checks"]["labels"]["skipped"] == "It takes two classes with 5 labels each."


def test_a_shell_names_datasets_by_reference(real_ws: wb.Workspace) -> None:
    for name in ("train", "test", "more"):
        commit(real_ws, name, [{"id": name, "text": f"the {name} text"}, {"id": "both", "text": "in all"}])
    report = call("audit", real_ws, {"data": "train", "against": "test,dataset:more", "checks": ["leakage"]})
    assert report.items("leakage").ids() == ["both"]
    assert len(report.details["against"]) == 2
    with pytest.raises(NotFoundError, match="No dataset named 'tests'"):
        call("audit", real_ws, {"data": "train", "against": ["tests"]})


def test_a_report_of_another_kind_proposes_nothing(real_ws: wb.Workspace) -> None:
    from workbench.core.report import record

    data = commit(real_ws, "notes", [{"id": "a", "text": "x"}])
    with pytest.raises(InputError, match="report:evaluate-1 proposes nothing"):
        record(real_ws, "evaluate", subject="model:a@1", data=data.ref, scores={}).apply()


def test_captions_that_say_nothing_or_the_same_of_different_pictures_are_found(real_ws: wb.Workspace) -> None:
    rows = _photos(real_ws, 5)
    for row, caption in zip(rows, ("A red cap", "a  red cap", "A blue cap", "A lid", None), strict=True):
        row["label"] = caption
    report = wb.audit(commit(real_ws, "captions", rows, task="image-captioning"), checks=["captions"])
    assert _told(report, "captions") == dict.fromkeys(("photos000", "photos001"), "2 pictures have this caption.")
    pairs = [{**row, "text": text, "label": "match"} for row, text in zip(rows, ("a", " ", "b", "c", "d"), strict=True)]
    report = wb.audit(commit(real_ws, "pairs", pairs, task="image-text-matching"), checks=["captions"])
    assert _told(report, "captions") == {"photos001": "Its caption is empty."}
    texts = commit(real_ws, "texts", [{"id": "a", "text": "x"}, {"id": "b", "text": "x"}], task="text-classification")
    assert _told(wb.audit(texts, checks=["captions"]), "captions") == {}
