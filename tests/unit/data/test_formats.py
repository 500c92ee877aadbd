"""What goes out in a format comes back the same; what a format cannot hold is told."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.events import Event
from workbench.core.labels import loads
from workbench.data.formats import FORMATS, voc_masks
from workbench.ops import masks
from workbench.testing.task_samples import CLASSES, of_task

#: `datasets` takes seconds to import; it has its test among the slow ones.
QUICK = sorted(set(FORMATS) - {"huggingface"})


def labels_of(data: wb.Dataset) -> dict[str, str | None]:
    return dict(zip(data.ids(), data.labels(), strict=True))


@pytest.mark.parametrize("name", QUICK)
def test_the_labels_of_every_task_come_back_as_they_went_out(ws: wb.Workspace, tmp_path: Path, name: str) -> None:
    for task in FORMATS[name].tasks:
        data = of_task(ws, f"out-{task}", task, tmp_path / task)
        wb.export(data, str(tmp_path / f"{name}-{task}"), format=name)
        back = wb.ingest(ws, f"in-{task}", str(tmp_path / f"{name}-{task}"), format=name)
        assert labels_of(back) == labels_of(data), task
        assert (back.task, back.classes) == (data.task, data.classes)
        assert ws.records.get("dataset", f"in-{task}").fields["left_out"] == []


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_a_sheet_holds_every_column(ws: wb.Workspace, tmp_path: Path, name: str) -> None:
    made = of_task(ws, "rows", "image-preference", tmp_path / "src")
    told = {"score": 0.25, "rank": 7, "good": True, "tags": ["a", "b, c"], "note": "'=x", "prediction": "tie", "code": "007"}
    data = commit(ws, "rows", [{"id": made.ids()[0], **told}])
    exported = wb.export(data, str(tmp_path / "out"), format=name)
    assert exported.losses == ()
    row = wb.ingest(ws, "back", str(tmp_path / "out" / f"labels.{name}")).rows()[0]
    assert {key: row[key] for key in told} == told
    assert {key: row[key] for key in ("media", "media_b", "text")} == {
        k: data.rows()[0][k] for k in ("media", "media_b", "text")
    }


def test_one_file_is_written_when_the_path_names_one(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "texts", "text-classification", tmp_path)
    exported = wb.export(data, str(tmp_path / "texts.csv"))
    assert (exported.format, os.fspath(exported)) == ("csv", str(tmp_path / "texts.csv"))
    back = wb.ingest(ws, "back", str(tmp_path / "texts.csv"), task="text-classification")
    assert labels_of(back) == labels_of(data)
    assert not list(tmp_path.glob(".texts*"))


def test_a_sheet_with_ids_labels_items_that_are_there(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    unseen = next(id for id, label in labels_of(data).items() if label is None)
    box = '[{""label"":""ok"",""box"":[1,2,3,4]}]'
    (tmp_path / "more.csv").write_text(f'id,label\n{unseen},"{box}"\n' + f'ffffffffffffffff,"{box}"\n')
    back = wb.ingest(ws, "boxes", str(tmp_path / "more.csv"))
    assert (back.version, len(back), labels_of(back)[unseen]) == (2, 3, '[{"box":[1,2,3,4],"label":"ok"}]')
    (left_out,) = ws.records.get("dataset", "boxes").fields["left_out"]
    assert left_out == {"file": "more.csv line 3", "reason": "It names no file, and no item that is there."}
    assert back.rows()[back.ids().index(unseen)]["source"].startswith("csv:")


def test_a_sheet_that_went_out_alone_comes_back_with_other_labels(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "caps", "image-classification", tmp_path / "src")
    path = tmp_path / "away" / "caps.csv"
    wb.export(data, str(path))
    path.write_text(path.read_text().replace("crack", "ok").replace(data.ids()[2], "f" * 16))
    back = wb.ingest(ws, "caps", str(path))
    (was,) = (id for id, label in labels_of(data).items() if label == "crack")
    assert data.diff(back)["relabeled"] == [{"id": was, "label": ["crack", "ok"]}]
    (left_out,) = ws.records.get("dataset", "caps").fields["left_out"]
    assert left_out["reason"].startswith("There is no file 'files/")


def test_a_new_label_is_not_the_one_that_was_reviewed(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "boxes", "image-classification", tmp_path / "src")
    commit(ws, "boxes", [{"id": id, "reviewed_by": "bob", "agreement": 1.0} for id in data.ids()])
    changed, kept = (next(id for id, label in labels_of(data).items() if label == name) for name in ("crack", CLASSES[2]))
    lines = [{"id": changed, "label": "ok"}, {"id": kept, "label": CLASSES[2]}]
    (tmp_path / "vendor.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = {row["id"]: row for row in wb.ingest(ws, "boxes", str(tmp_path / "vendor.jsonl"))}
    assert (rows[changed]["label_by"], rows[changed]["reviewed_by"], rows[changed]["agreement"]) == ("jsonl", None, None)
    assert (rows[kept]["reviewed_by"], rows[kept]["agreement"]) == ("bob", 1.0)


def test_ids_of_somebody_else_attach_no_label_to_the_wrong_item(ws: wb.Workspace, tmp_path: Path) -> None:
    for name, text in (("a", "the cat"), ("b", "the dog")):
        (tmp_path / f"{name}.csv").write_text(f"id,text,label\n1,{text},{name}\n")
        data = wb.ingest(ws, "texts", str(tmp_path / f"{name}.csv"))
    assert sorted((row["text"], row["label"]) for row in data.rows()) == [("the cat", "a"), ("the dog", "b")]


def test_rows_of_a_table_keep_their_ids_and_the_types_of_their_columns(ws: wb.Workspace, tmp_path: Path) -> None:
    text = 'id;Größe (cm);age;city;zip;label\nr1;1.5;3;Bonn;01099;yes\nr2;2;;"Köln; rrh.";50667;no\n'
    (tmp_path / "people.csv").write_text(text, encoding="utf-8-sig")
    data = wb.ingest(ws, "people", str(tmp_path / "people.csv"), columns={"city": "place"})
    assert (data.task, data.ids(), data.classes) == ("tabular-classification", ["r1", "r2"], ("no", "yes"))
    first, second = data.rows()
    assert (first["Größe_cm"], first["age"], first["zip"]) == (1.5, 3, "01099")
    assert (second["age"], second["place"]) == (None, "Köln; rrh.")
    assert ws.records.get("dataset", "people").fields["losses"] == ["column 'Größe (cm)' is called 'Größe_cm' here"]


def test_what_a_format_has_no_place_for_is_told(ws: wb.Workspace, tmp_path: Path) -> None:
    made = of_task(ws, "turned", "object-detection", tmp_path / "src")
    turned = '[{"box":[20,10,10,4],"label":"ok","rotation":90}]'
    data = commit(ws, "turned", [{"id": made.ids()[0], "label": turned, "score": 0.5}])
    for name in ("coco", "cvat", "csv", "label-studio", "yolo"):
        wb.export(data, str(tmp_path / name), format=name)
        assert turned in labels_of(wb.ingest(ws, f"back-{name}", str(tmp_path / name), format=name)).values(), name
    losses = wb.export(data, str(tmp_path / "voc"), format="voc").losses
    assert losses[0] == "the rotation of a box, written as the upright box around it"
    assert "score" in losses[1]
    back = labels_of(wb.ingest(ws, "upright", str(tmp_path / "voc"), format="voc"))
    assert '[{"box":[16,10,4,10],"label":"ok"}]' in back.values()


def test_boxes_in_four_corners_are_turned_boxes(ws: wb.Workspace, tmp_path: Path) -> None:
    made = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    turned = '[{"box":[1,2,5,6],"label":"ok"},{"box":[30.5,10.25,20,6.5],"label":"crack","rotation":33.125}]'
    data = commit(ws, "boxes", [{"id": made.ids()[0], "label": turned}])
    assert len(wb.export(data, str(tmp_path / "obb"), format="yolo").losses) == 1
    assert "task: obb" in (tmp_path / "obb" / "data.yaml").read_text()
    assert labels_of(wb.ingest(ws, "back", str(tmp_path / "obb" / "data.yaml"))) == labels_of(data)
    # As somebody else has it: corners the other way around, pictures of the same files, and nothing said in the YAML.
    lines = "0 0.5 0.25 0.5 0.75 0.25 0.75 0.25 0.25\n1 0.1 0.1 0.5 0.12 0.4 0.9 0.1 0.8\n"
    for path in (tmp_path / "obb" / "labels").rglob("*.txt"):
        path.write_text(lines)
    yaml = tmp_path / "obb" / "data.yaml"
    yaml.write_text(yaml.read_text().replace("task: obb\n", ""))
    assert wb.ingest(ws, "outlines", str(yaml)).task == "instance-segmentation"
    boxes = wb.ingest(ws, "turned", str(yaml), task="object-detection")
    assert loads(str(boxes.labels()[0])) == [
        {"box": [16, 12, 16, 24], "label": data.classes[0]},
        {"box": [6.4, 4.8, 25.6, 38.4], "label": data.classes[1]},
    ]
    assert ws.records.get("dataset", "turned").fields["losses"] == ["the outlines of objects, read as boxes around them"]


def test_keypoints_as_ultralytics_has_them(ws: wb.Workspace, photos: Path) -> None:
    (photos / "ok" / "0.txt").write_text("1 0.5 0.5 0.5 0.5 0.25 0.5 2 0 0 0\n0 0.5 0.5 0.5 0.5 0.5 0.5 1 0.75 0.25 2\n")
    told = "train: ok\nnames: [cat, dog]\nkpt_shape: [2, 3]\n"
    (photos / "pets.yaml").write_text(told)
    data = wb.ingest(ws, "unnamed", str(photos / "pets.yaml"))
    assert (data.task, data.classes) == ("keypoint-detection", ("0", "1"))
    (photos / "pets.yaml").write_text(told + "kpt_names: {0: [nose, tail], 1: [snout, end]}\n")
    data = wb.ingest(ws, "pets", str(photos / "pets.yaml"))
    (label,) = (label for label in data.labels() if label)
    named = {region["label"]: region["point"] for region in loads(label)}
    assert named == {"snout": [12, 16], "nose": [24, 16], "tail": [36, 8]}
    assert ws.records.get("dataset", "pets").fields["losses"] == ["which keypoints belong to one object"]
    (photos / "ok" / "0.txt").write_text("0 0.5 0.5 0.5 0.5 0.25 0.5 2\n")
    wb.ingest(ws, "short", str(photos / "pets.yaml"))
    (left_out,) = ws.records.get("dataset", "short").fields["left_out"]
    assert left_out["reason"].endswith("0.txt line 1: 7 numbers are not a box and 2 keypoints of 3.")
    (photos / "pets.yaml").write_text(told.replace("2, 3", "1000000000, 3"))
    with pytest.raises(InputError, match="`kpt_shape` is up to 1000 keypoints"):
        wb.ingest(ws, "many", str(photos / "pets.yaml"))


def test_masks_as_the_challenge_has_them(ws: wb.Workspace, tmp_path: Path) -> None:
    """A mask with a palette, its border in 255, a file of boxes beside it, and no file that names the classes."""
    palette = [value for number in range(256) for value in voc_masks.color(number)]
    painted = np.zeros((32, 48), np.uint8)
    painted[4:9, 10:20], painted[9, 10:20], painted[20:24, 2:5] = 15, 255, 1
    for n, name in enumerate(("JPEGImages/a.jpg", "SegmentationClass/a.png", "SegmentationObject/a.png", "JPEGImages/b.jpg")):
        path = tmp_path / "VOC2012" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(painted, "P") if path.suffix == ".png" else Image.new("RGB", (48, 32), (n * 9, 9, 9))
        if path.suffix == ".png":
            image.putpalette(palette)
        image.save(path)
    sets = tmp_path / "VOC2012" / "ImageSets" / "Segmentation"
    sets.mkdir(parents=True)
    (sets / "val.txt").write_text("a\n")
    data = wb.ingest(ws, "people", str(tmp_path / "VOC2012"), format="voc")
    assert (data.task, len(data.classes), data.classes[14]) == ("semantic-segmentation", 20, "person")
    rows = {row["name"]: row for row in data.rows()}
    found = {region["label"]: masks.bounds(region["mask"]) for region in loads(rows["a.jpg"]["label"])}
    assert found == {"person": (10, 4, 10, 5), "aeroplane": (2, 20, 3, 4)}
    assert (rows["a.jpg"]["group"], rows["b.jpg"]["label"]) == ("val", None)
    assert ws.records.get("dataset", "people").fields["losses"] == ["pixels of borders, which belong to no class"]
    # As other tools write them: colors that a file names, or the plain numbers.
    for name, colors in (("rgb", {1: (250, 5, 5), 15: (9, 9, 250)}), ("gray", {1: (1, 1, 1), 15: (2, 2, 2)})):
        shown = np.zeros((32, 48, 3), np.uint8)
        for number, rgb in colors.items():
            shown[painted == number] = rgb
        Image.fromarray(shown).save(tmp_path / "VOC2012" / "SegmentationClass" / "a.png")
        (tmp_path / "VOC2012" / "labelmap.txt").write_text("background:0,0,0::\nkite:250,5,5::\nman:9,9,250::\n")
        again = wb.ingest(ws, name, str(tmp_path / "VOC2012"), format="voc")
        seen = {region["label"]: masks.bounds(region["mask"]) for label in again.labels() if label for region in loads(label)}
        assert (again.classes, seen) == (("kite", "man"), {"man": (10, 4, 10, 5), "kite": (2, 20, 3, 4)})
    shown[0, 0] = (7, 0, 0)
    Image.fromarray(shown).save(tmp_path / "VOC2012" / "SegmentationClass" / "a.png")
    wb.ingest(ws, "odd", str(tmp_path / "VOC2012"), format="voc")
    (left_out,) = ws.records.get("dataset", "odd").fields["left_out"]
    assert "a.png has the color (7, 0, 0), which no class has" in left_out["reason"]


def test_a_format_that_does_not_hold_a_task_names_those_that_do(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "spans", "token-classification", tmp_path)
    with pytest.raises(InputError, match="Format 'yolo' does not hold token-classification") as told:
        wb.export(data, str(tmp_path / "out"), format="yolo")
    assert "ground-truth" in told.value.hint
    with pytest.raises(InputError, match="Format 'voc' does not hold token-classification"):
        wb.ingest(ws, "spans", str(tmp_path), format="voc", task="token-classification")


def test_an_export_stands_there_whole_or_not_at_all(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    ws.blobs.path(str(data.rows()[1]["media"])).unlink()
    exported = wb.export(data, str(tmp_path / "one"), format="coco")
    assert "named, not written" in exported.losses[0]  # the others are there
    bad = commit(ws, "boxes", [{"id": data.ids()[0], "label": "no JSON"}])
    with pytest.raises(InputError, match="is not JSON"):
        wb.export(bad, str(tmp_path / "two"), format="voc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "src", "ws"]
    with pytest.raises(ConflictError, match="one is there already"):
        wb.export(data, str(tmp_path / "one"), format="coco")


@pytest.mark.parametrize("path", ["out", "out.csv"])
def test_an_export_that_is_cancelled_or_overtaken_leaves_nothing_of_itself(ws: wb.Workspace, tmp_path: Path, path: str) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    target = tmp_path / "there" / path

    def cancelled(event: Event) -> None:
        if event.name == "progress":
            assert len(list(target.parent.iterdir())) == 1, "it is being written"
            raise KeyboardInterrupt

    def overtaken(event: Event) -> None:
        if event.name == "progress":
            wb.export(ws.dataset("boxes@1"), str(target), media="none")

    stop = ws.events.subscribe(cancelled)
    with pytest.raises(KeyboardInterrupt):
        wb.export(data, str(target))
    stop()
    assert list(target.parent.iterdir()) == []
    stop = ws.events.subscribe(lambda event: (stop(), overtaken(event))[0])
    with pytest.raises(ConflictError, match=f"{target} is there already"):
        wb.export(data, str(target))
    assert [one.name for one in target.parent.iterdir()] == [path]


def test_names_of_files_never_lead_out_nor_over_each_other(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    names = ["../../over.png", "A.png", "a.jpg"]
    data = commit(ws, "boxes", [{"id": id, "name": name} for id, name in zip(data.ids(), names, strict=True)])
    wb.export(data, str(tmp_path / "out"), format="yolo", media="link")
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out/images").rglob("*.png"))
    assert files == ["images/train/A.png", "images/train/_.._over.png", f"images/train/a-{data.ids()[2]}.png"]
    assert all((tmp_path / "out" / name).is_symlink() for name in files)


def test_a_selection_goes_out_in_its_order_without_files(ws: wb.Workspace, tmp_path: Path) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    chosen = data.select([data.ids()[2], data.ids()[0]])
    exported = wb.export(chosen, str(tmp_path / "out"), media="none")
    lines = [json.loads(line) for line in (tmp_path / "out/labels.jsonl").read_text().splitlines()]
    assert (exported.n_items, [line["id"] for line in lines]) == (2, chosen.ids())
    assert not (tmp_path / "out/files").exists()


def test_captions_of_one_picture_are_items_of_their_own(ws: wb.Workspace, tmp_path: Path, photos: Path) -> None:
    captions = [{"id": n, "image_id": 1, "caption": said} for n, said in enumerate(["a cap", "a red cap", "a cap"])]
    told = {"images": [{"id": 1, "file_name": "ok/0.png"}], "annotations": captions}
    (photos / "captions.json").write_text(json.dumps(told))
    data = wb.ingest(ws, "captions", str(photos / "captions.json"))
    assert (data.task, sorted(map(str, data.labels()))) == ("image-captioning", ["a cap", "a red cap"])
    wb.export(data, str(tmp_path / "out"), format="coco")
    assert len(json.loads((tmp_path / "out/annotations.json").read_text())["images"]) == 1
    assert labels_of(wb.ingest(ws, "back", str(tmp_path / "out"), format="coco")) == labels_of(data)


def test_a_machines_label_in_a_manifest_stays_a_prediction(ws: wb.Workspace, photos: Path) -> None:
    about = {"class-map": {"0": "ok", "1": "crack"}, "type": "groundtruth/image-classification", "job-name": "labeling-job/q3"}
    lines = [
        {"source-ref": "s3://bucket/in/ok/0.png", "q3": 0, "q3-metadata": about | {"human-annotated": "yes"}},
        {"source-ref": "s3://bucket/in/ok/2.png", "q3": 1, "q3-metadata": about | {"human-annotated": "no", "confidence": 0.7}},
    ]
    (photos / "output.manifest").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = {row["name"]: row for row in wb.ingest(ws, "caps", str(photos / "output.manifest")).rows()}
    assert (rows["0.png"]["label"], rows["0.png"]["label_by"]) == ("ok", "ground-truth:q3")
    assert (rows["2.png"]["label"], rows["2.png"]["prediction"], rows["2.png"]["score"]) == (None, "crack", 0.7)


def test_files_may_stay_where_they_are(real_ws: wb.Workspace, tmp_path: Path, photos: Path) -> None:
    data = wb.ingest(real_ws, "caps", str(photos), labels="folder", media="link")
    row = data.rows()[0]
    assert (Path(row["media"]).parent.parent, len(row["sha256"])) == (photos, 64)
    assert not any((real_ws.root / "media").rglob("*.png"))
    wb.export(data, str(tmp_path / "out"), format="folder")
    assert labels_of(wb.ingest(real_ws, "back", str(tmp_path / "out"), format="folder")) == labels_of(data)


def test_files_behind_an_address_come_in_or_stay_there(real_ws: wb.Workspace, photos: Path) -> None:
    import fsspec

    far = fsspec.filesystem("memory")
    far.put(str(photos), "/photos", recursive=True)
    try:
        data = wb.ingest(real_ws, "far", "memory://photos", labels="folder", media="link")
        near = wb.ingest(real_ws, "near", str(photos), labels="folder")
        assert labels_of(data) == labels_of(near)
        assert all(row["media"].startswith("memory://") and row["sha256"] for row in data.rows())
        assert data.media(data.rows()[0]).read_bytes() == near.media(near.rows()[0]).read_bytes()
        with pytest.raises(NotFoundError, match="memory://elsewhere"):
            wb.ingest(real_ws, "far", "memory://elsewhere")
    finally:
        far.rm("/photos", recursive=True)


@pytest.fixture
def far() -> Iterator[Any]:
    """A store in memory, which addresses such as `memory://lab` reach."""
    import fsspec

    store = fsspec.filesystem("memory")
    yield store
    store.rm("/lab", recursive=True)


@pytest.mark.parametrize("name", QUICK)
def test_what_goes_to_an_address_comes_back_from_there(real_ws: wb.Workspace, tmp_path: Path, far: Any, name: str) -> None:
    task = "image-preference" if name == "csv" else FORMATS[name].tasks[0]
    data = of_task(real_ws, "out", task, tmp_path / "src")
    exported = wb.export(data, f"memory://lab/{name}/", format=name)
    here = wb.export(data, str(tmp_path / "here"), format=name)
    written = {path.relative_to(here.path).as_posix() for path in Path(here.path).rglob("*") if path.is_file()}
    assert {path.removeprefix(f"/lab/{name}/") for path in far.find(f"/lab/{name}")} == written
    back = wb.ingest(real_ws, "in", exported.path, format=name, media="link")
    assert (back.task, back.classes, labels_of(back)) == (data.task, data.classes, labels_of(data))
    assert all(row["media"].startswith(f"memory://lab/{name}/") for row in back.rows() if row.get("media"))
    assert sorted(path.name for path in real_ws.root.glob(".*")) == []


def test_a_label_file_here_may_tell_of_pictures_elsewhere(
    real_ws: wb.Workspace, photos: Path, tmp_path: Path, far: Any
) -> None:
    far.put(str(photos), "/lab/photos", recursive=True)
    far.pipe("/lab/photos/../up.png", b"no name for a file")
    (tmp_path / "labels.csv").write_text("file,label\nok/0.png,good\n../up.png,good\nok/none.png,good\n")
    data = wb.ingest(real_ws, "caps", str(tmp_path / "labels.csv"), root="memory://lab/photos", media="link")
    assert [(row["media"], row["label"]) for row in data.rows()] == [("memory://lab/photos/ok/0.png", "good")]
    reasons = [one["reason"] for one in real_ws.records.get("dataset", "caps").fields["left_out"]]
    assert reasons[1] == "There is no file 'ok/none.png' below memory://lab/photos."
    far.pipe("/lab/annotations/broken.json", b'{"images": [')
    with pytest.raises(InputError, match=r"^memory://lab/annotations/broken\.json is not JSON"):
        wb.ingest(real_ws, "caps", "memory://lab/annotations/broken.json")
    with pytest.raises(NotFoundError, match="No file or folder named 'memory://lab/none.json'"):
        wb.ingest(real_ws, "caps", "memory://lab/none.json")


def test_an_export_to_an_address_is_whole_or_taken_back(real_ws: wb.Workspace, tmp_path: Path, far: Any) -> None:
    data = of_task(real_ws, "boxes", "object-detection", tmp_path / "src")
    alone = wb.export(data, "memory://lab/caps.csv")
    assert (alone.path, far.find("/lab")) == ("memory://lab/caps.csv", ["/lab/caps.csv"])
    for taken in ("memory://lab/caps.csv", "memory://lab"):
        with pytest.raises(ConflictError, match=f"{taken} is there already"):
            wb.export(data, taken)
    with pytest.raises(InputError, match="There are no symbolic links at memory://lab/linked"):
        wb.export(data, "memory://lab/linked", media="link")

    def cancel(event: Any) -> None:
        if event.fields.get("verb") == "upload" and event.fields["done"] == 2:
            assert len(far.find("/lab/coco")) >= 2
            raise KeyboardInterrupt

    real_ws.events.subscribe(cancel)
    with pytest.raises(KeyboardInterrupt):
        wb.export(data, "memory://lab/coco", format="coco")
    assert far.find("/lab") == ["/lab/caps.csv"]


def test_the_format_of_a_label_file_shows_in_what_it_holds(
    ws: wb.Workspace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = of_task(ws, "boxes", "object-detection", tmp_path / "src")
    told = {"coco": "annotations.json", "yolo": "data.yaml", "cvat": "annotations.xml", "label-studio": "tasks.json"}
    with caplog.at_level(logging.WARNING):
        for name, file in told.items():
            wb.export(data, str(tmp_path / name), format=name)
            assert labels_of(wb.ingest(ws, f"back-{name}", str(tmp_path / name / file))) == labels_of(data)
    assert caplog.text == ""
    (tmp_path / "yolo" / "images").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="No image files in") as error:
        wb.ingest(ws, "no", str(tmp_path / "yolo"))
    assert "It looks like format 'yolo'" in error.value.hint


def test_files_as_the_tools_themselves_describe_them(ws: wb.Workspace, photos: Path) -> None:
    """The samples of CVAT's, SageMaker's and COCO's documentation, on a picture of 48 x 32."""
    cvat = """<annotations><version>1.1</version><meta><task><labels><label><name>car</name></label>
      <label><name>head</name><type>points</type><parent>body</parent></label></labels></task></meta>
      <image id="0" name="ok/0.png" width="48" height="32">
        <mask label="car" source="semi-auto" occluded="0" rle="1, 2, 3" left="7" top="8" width="3" height="2" z_order="0"/>
        <skeleton label="body"><points label="head" points="5.5,6" outside="0"/></skeleton></image>
      <track id="0" label="car"/></annotations>"""
    (photos / "cvat.xml").write_text(cvat)
    (row,) = wb.ingest(ws, "mask", str(photos / "cvat.xml")).rows()
    (region,) = loads(row["label"])
    assert (row["label_names"], masks.bounds(region["mask"])) == (["car"], (8, 8, 2, 1))  # its runs go along the rows
    assert ws.records.get("dataset", "mask").fields["losses"] == ["<skeleton> of cvat.xml", "tracks of a video"]
    points = wb.ingest(ws, "points", str(photos / "cvat.xml"), task="keypoint-detection")
    assert points.labels() == ['[{"label":"head","point":[5.5,6]}]']

    about = {"objects": [{"confidence": 0.9}], "class-map": {"0": "dog", "1": "cat"}, "type": "groundtruth/object-detection"}
    about |= {"human-annotated": "yes", "creation-date": "2018-10-18T22:18:13.527256", "job-name": "labeling-job/boxes"}
    boxes = [{"class_id": 1, "width": 5, "top": 6, "height": 7, "left": 8}]
    size = [{"width": 48, "depth": 3, "height": 32}]
    line = {"source-ref": "s3://bucket/ok/0.png", "bb": {"image_size": size, "annotations": boxes}, "bb-metadata": about}
    (photos / "a.manifest").write_text(json.dumps(line))
    (row,) = wb.ingest(ws, "boxes", str(photos / "a.manifest")).rows()
    assert (row["label"], row["label_at"]) == ('[{"box":[8,6,5,7],"label":"cat"}]', "2018-10-18T22:18:13.527256")

    crowd = {"counts": [2 * 32 + 3, 2, 46 * 32 - 5], "size": [32, 48]}  # columns first, as pycocotools has it
    told = {
        "images": [{"id": 397133, "file_name": "000000397133.png", "width": 48, "height": 32}],
        "annotations": [
            {"id": 1, "image_id": 397133, "category_id": 44, "segmentation": crowd, "iscrowd": 1, "bbox": [2, 3, 1, 2]}
        ],
        "categories": [{"supercategory": "kitchen", "id": 44, "name": "bottle"}],
    }
    (photos / "ok" / "0.png").rename(photos / "ok" / "000000397133.png")
    (photos / "annotations").mkdir()
    (photos / "annotations" / "instances.json").write_text(json.dumps(told))
    data = wb.ingest(ws, "crowd", str(photos / "annotations" / "instances.json"), task="semantic-segmentation")
    (region,) = loads(str(data.labels()[0]))
    assert masks.bounds(region["mask"]) == (2, 3, 1, 2)


def test_a_recording_is_labeled_by_what_lies_beside_it(ws: wb.Workspace, tmp_path: Path) -> None:
    of_task(ws, "sounds", "audio-classification", tmp_path / "in")
    (tmp_path / "in" / "0.txt").write_text("0.100000\t0.250000\tbell\n\\\t100.0\t200.0\n")  # Audacity, with pitch
    (tmp_path / "in" / "1.txt").write_text("")
    events = wb.ingest(ws, "events", str(tmp_path / "in"), format="audio-folder")
    assert events.task == "audio-event-detection"
    assert sorted(map(str, events.labels())) == ["None", "[]", '[{"end":0.25,"label":"bell","start":0.1}]']
    for name in ("0.txt", "1.txt"):
        (tmp_path / "in" / name).unlink()
    (tmp_path / "in" / "84-121123.trans.txt").write_text("0 GO DO YOU HEAR\n2 BUT IN LESS THAN FIVE MINUTES\n")
    spoken = wb.ingest(ws, "spoken", str(tmp_path / "in"), format="audio-folder", task="automatic-speech-recognition")
    assert sorted(map(str, spoken.labels())) == ["BUT IN LESS THAN FIVE MINUTES", "GO DO YOU HEAR", "None"]
