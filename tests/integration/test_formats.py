"""Files of the tools themselves: what pycocotools, HF datasets and Label Studio write and read is what we mean."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

import workbench as wb
from workbench.core.labels import loads
from workbench.data.formats import FORMATS
from workbench.labeling.studio_server import ServerInfo
from workbench.ops import masks
from workbench.testing.task_samples import of_task

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[1] / "fixtures" / "label_studio_exports"


def labels_of(data: wb.Dataset) -> dict[str, str | None]:
    return dict(zip(data.ids(), data.labels(), strict=True))


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_pycocotools_reads_what_we_write(ws: wb.Workspace, tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    for task in FORMATS["coco"].tasks[:4]:
        data = of_task(ws, task, task, tmp_path / "src" / task)
        wb.export(data, str(tmp_path / task), format="coco")
        read = COCO(str(tmp_path / task / "annotations.json"))
        regions = [region for label in data.labels() if label for region in loads(label)]
        assert len(read.imgs) == 3
        if task == "semantic-segmentation":
            (one,) = read.anns.values()
            assert int(read.annToMask(one).sum()) == one["area"] == masks.n_pixels(regions[0]["mask"])
        elif task != "keypoint-detection":
            assert len(read.getAnnIds(catIds=read.getCatIds(catNms=["crack"]))) == sum(r["label"] == "crack" for r in regions)


def test_a_dataset_of_the_hub_comes_in_by_its_features(ws: wb.Workspace, tmp_path: Path, photos: Path) -> None:
    datasets = pytest.importorskip("datasets")
    paths = sorted(str(path) for path in photos.rglob("*.png"))[:4]
    objects = {"bbox": [[1.0, 2.0, 10.0, 5.5]], "category": [1]}
    rows = {
        "image": paths,
        "objects": [objects, {"bbox": [], "category": []}, objects, objects],
        "width of cap": [1, 2, 3, 4],
    }
    boxes = {"bbox": datasets.List(datasets.Value("float32"), length=4), "category": datasets.ClassLabel(names=["a", "b"])}
    features = {"image": datasets.Image(), "objects": datasets.List(boxes), "width of cap": datasets.Value("int32")}
    made = datasets.Dataset.from_dict(
        {**rows, "objects": [[dict(zip(o, v, strict=True)) for v in zip(*o.values(), strict=True)] for o in rows["objects"]]},
        features=datasets.Features(features),
    )
    parts = datasets.DatasetDict({"train": made.select([0, 1]), "test": made.select([2, 3])})
    parts.map(lambda row: row).save_to_disk(str(tmp_path / "hub"))
    data = wb.ingest(ws, "caps", str(tmp_path / "hub"), format="huggingface")
    assert (data.task, data.classes, len(data)) == ("object-detection", ("a", "b"), 4)
    assert sorted(str(label) for label in data.labels()) == ["[]", *['[{"box":[1,2,10,5.5],"label":"b"}]'] * 3]
    found = {(row["group"], row["width_of_cap"], row["media"][-4:]) for row in data.rows()}
    assert found == {("train", 1, ".png"), ("train", 2, ".png"), ("test", 3, ".png"), ("test", 4, ".png")}


def test_the_hub_opens_what_we_write(ws: wb.Workspace, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for task in FORMATS["huggingface"].tasks:
        data = of_task(ws, task, task, tmp_path / "src" / task)
        wb.export(data, str(tmp_path / task), format="huggingface")
        assert labels_of(wb.ingest(ws, f"{task}-back", str(tmp_path / task), format="huggingface")) == labels_of(data), task
    opened = datasets.load_from_disk(str(tmp_path / "image-classification"))
    assert isinstance(opened[0]["image"], Image.Image)
    names = opened.features["label"].names
    assert [None if i is None else names[i] for i in opened["label"]] == ws.dataset("image-classification").labels()


def test_label_studio_takes_our_file_and_its_own_exports_come_in(
    studio: ServerInfo, studio_ws: wb.Workspace, tmp_path: Path
) -> None:
    data = of_task(studio_ws, "boxes", "object-detection", tmp_path / "src")
    place = studio_ws.root / "media" / "export"  # below what the server may show
    wb.export(data, str(place), format="label-studio")
    labeled = {id: label for id, label in labels_of(data).items() if label is not None}
    kinds = {"JSON": "label-studio", "COCO": "coco", "YOLO": "yolo", "VOC": "voc"}
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Token {studio.token}"}, timeout=60) as client:
        project = studio_ws.labeler.create("formats", (place / "config.xml").read_text(encoding="utf-8"))
        told = client.post(f"/api/projects/{project}/import", json=_tasks(place, studio_ws.root))
        assert told.json().get("annotation_count") == len(labeled), told.text
        for kind, name in kinds.items():
            said = client.get(f"/api/projects/{project}/export", params={"exportType": kind})
            said.raise_for_status()
            folder = tmp_path / kind
            _unpacked(said.content, folder, place / "files")
            if os.environ.get("WORKBENCH_WRITE_FIXTURES"):
                shutil.copytree(folder, FIXTURES / kind.lower(), ignore=shutil.ignore_patterns("*.png"), dirs_exist_ok=True)
            source = folder / "result.json" if kind == "COCO" else folder / "tasks.json" if kind == "JSON" else folder
            back = wb.ingest(studio_ws, f"back-{name}", str(source), format=name, task="object-detection")
            assert studio_ws.records.get("dataset", back.name).fields["left_out"] == [], kind
            assert _near(labels_of(back), labeled), (kind, labels_of(back))


def _tasks(place: Path, root: Path) -> list[dict[str, Any]]:
    """Return the tasks that were written, with their pictures where the server shows them."""
    told = (place / "tasks.json").read_text(encoding="utf-8")
    shown = place.relative_to(root.parent).as_posix()
    return [task | {"id": None} for task in json.loads(told.replace("?d=files", f"?d={shown}/files"))]


def _unpacked(content: bytes, folder: Path, pictures: Path) -> None:
    folder.mkdir()
    if content[:2] != b"PK":
        (folder / "tasks.json").write_bytes(content)
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
    (folder / "images").mkdir(exist_ok=True)
    there = {path.name for path in folder.rglob("*.png")}
    for path in pictures.glob("*.png"):
        if not any(name.endswith(path.name) for name in there):
            (folder / "images" / path.name).write_bytes(path.read_bytes())


def _near(one: dict[str, str | None], other: dict[str, str]) -> bool:
    """Return whether the labels of *other* are in *one*: VOC of Label Studio knows whole pixels only."""

    def boxes(label: str | None) -> list[tuple[str, float]]:
        return sorted((region["label"], value) for region in loads(label or "[]") for value in region["box"])

    def near(these: list[tuple[str, float]], those: list[tuple[str, float]]) -> bool:
        pairs = zip(these, those, strict=True)
        return len(these) == len(those) and all(a[0] == b[0] and abs(a[1] - b[1]) <= 1 for a, b in pairs)

    return all(near(boxes(one.get(id)), boxes(label)) for id, label in other.items())
