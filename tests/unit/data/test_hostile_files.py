"""Label files that anybody may have written: nothing leads out of the folder, nothing is lost unsaid."""

from __future__ import annotations

import contextlib
import json
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.core.errors import InputError, WorkbenchError
from workbench.data.formats import FORMATS
from workbench.testing.task_samples import of_task


@pytest.fixture
def folder(tmp_path: Path, photos: Path) -> Path:
    """The photos, with a secret beside them."""
    (tmp_path / "secret.png").write_bytes((photos / "ok" / "0.png").read_bytes())
    return photos


def left_out(ws: wb.Workspace, name: str) -> dict[str, str]:
    return {Path(one["file"]).name: one["reason"] for one in ws.records.get("dataset", name).fields["left_out"]}


def coco(folder: Path, images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> str:
    told = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "cap"}]}
    (folder / "labels.json").write_text(json.dumps(told))
    return str(folder / "labels.json")


def test_a_label_file_names_no_file_outside_of_its_folder(ws: wb.Workspace, folder: Path) -> None:
    (folder / "ok" / "link.png").symlink_to(folder.parent / "secret.png")
    names = [
        "ok/2.png",
        "../secret.png",
        str(folder.parent / "secret.png"),
        "ok/link.png",
        "..\\secret.png",
        "",
        7,
        "x" * 5000,
        "ok/9.png",
    ]
    source = coco(folder, [{"id": n, "file_name": name} for n, name in enumerate(names)], [])
    data = wb.ingest(ws, "caps", source)
    assert [row["name"] for row in data.rows()] == ["2.png"]
    reasons = [one["reason"] for one in ws.records.get("dataset", "caps").fields["left_out"]]
    assert len(reasons) == len(names) - 1
    assert sum("leads out of" in reason for reason in reasons) == 4
    assert any("There is no file 'ok/9.png'" in reason for reason in reasons)


def test_a_label_that_does_not_fit_its_picture_is_left_out_and_the_picture_is_not(ws: wb.Workspace, folder: Path) -> None:
    names = [f"{'crack' if n % 2 else 'ok'}/{n}.png" for n in range(6)]
    size = {"width": 48, "height": 32}
    images = [{"id": n, "file_name": name, **size} for n, name in enumerate(names)]
    images[5] |= {"width": 32, "height": 48}  # for the picture as it lies on its side
    boxes: list[Any] = [[1, 1, 5, 5], [40, 1, 50, 5], [1, 1, "x", 5], [1, 1, 1e999, 5], [1, 1, 5, 5], [1, 1, 5, 5]]
    annotations = [{"id": n, "image_id": n, "category_id": 1, "bbox": box} for n, box in enumerate(boxes)]
    annotations[4]["category_id"] = 9
    annotations.append({"id": 9, "image_id": 99, "category_id": 1, "bbox": [1, 1, 5, 5]})
    source = coco(folder, images, annotations)
    (folder / "labels.json").write_text((folder / "labels.json").read_text().replace("Infinity", "1e999"))
    data = wb.ingest(ws, "caps", source)
    labels = {row["name"]: row["label"] for row in data.rows()}
    assert labels == {"0.png": '[{"box":[1,1,5,5],"label":"cap"}]'} | {f"{n}.png": None for n in range(1, 6)}
    reasons = left_out(ws, "caps")
    assert len(reasons) == 6
    assert "outside of the picture" in reasons["1.png"]
    assert "not numbers" in reasons["2.png"]
    assert "not all finite" in reasons["3.png"]
    assert "category 9, which is not listed" in reasons["4.png"]
    assert "are for 32 x 48 pixels, the upright picture has 48 x 32" in reasons["5.png"]
    assert reasons["labels.json: 1 annotations"] == "There is no image 99."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.json", '{"images": [{"id": 1, "file_', "is not JSON"),
        ("deep.json", '{"a":' * 100_000, "nests too deeply"),
        ("nan.json", '{"images": [{"id": NaN}], "annotations": []}', "NaN is no number in JSON"),
        ("long.json", '{"images": ' + "9" * 5000 + "}", "is not JSON"),
        ("other.json", '{"images": {}, "annotations": []}', "it has no list 'images'"),
        ("tasks.json", '[{"data": {}}, 7]', "is no export of Label Studio"),
        ("latin.csv", b"text,label\ncaf\xe9,ok\n", "is not UTF-8: byte 14 is 0xe9"),
        ("twice.csv", "label,label\na,b\n", "names a column twice"),
        ("empty.csv", "", "is empty"),
        ("half.parquet", b"PAR1\x00\x00", "is not Parquet"),
        ("py.yaml", "names: !!python/object/apply:os.system ['true']", "is not YAML"),
        (
            "laughs.xml",
            '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><annotations>&c;</annotations>',
            "declares entities",
        ),
        (
            "reads.xml",
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotations>&b;</annotations>',
            "declares entities",
        ),
        ("cut.xml", "<annotations><image id='0'", "is not XML"),
        ("no.manifest", '{"a": 1}\n', "is no manifest"),
        ("laughs.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]\ntrain: .", "is no list of classes"),
        ("bomb.zip", b"PK\x03\x04", "bomb.zip is an archive"),
    ],
)
def test_a_broken_label_file_says_what_is_wrong_and_makes_no_dataset(
    ws: wb.Workspace, tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=said) as told:
        wb.ingest(ws, "caps", str(path))
    assert len(str(told.value)) < 600
    assert ws.tables.names() == []


def test_a_label_file_of_many_gigabytes_is_refused_unread(ws: wb.Workspace, tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(40 << 30)
    with pytest.raises(InputError, match="has 40,960 MB, more than the 1,024 MB"):
        wb.ingest(ws, "caps", str(tmp_path / "huge.json"))


def test_a_bomb_of_a_picture_is_left_out_by_its_header(ws: wb.Workspace, folder: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (folder / "ok" / "bomb.png").write_bytes(bomb)
    data = wb.ingest(ws, "caps", str(folder), format="folder")
    assert len(data) == 8
    assert "too large" in left_out(ws, "caps")["bomb.png"]


def test_formulas_in_a_sheet_go_out_harmless_and_come_back_as_they_were(ws: wb.Workspace, tmp_path: Path) -> None:
    texts = ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(A1)", "\tx", "'=quoted", "'plain", "=1\n+2"]
    lines = [json.dumps({"text": text, "label": label}) for text, label in zip(texts, ["=a", "-b"] * 4, strict=True)]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines))
    data = wb.ingest(ws, "texts", str(tmp_path / "texts.jsonl"))
    wb.export(data, str(tmp_path / "out.csv"))
    written = (tmp_path / "out.csv").read_text()
    assert not any(
        cell.lstrip('"')[:1] in tuple("=+-@\t") for line in written.splitlines()[:3] for cell in line.split(",") if cell
    )
    back = wb.ingest(ws, "back", str(tmp_path / "out.csv"))
    assert {(row["text"], row["label"]) for row in back.rows()} == {(row["text"], row["label"]) for row in data.rows()}


def test_lines_that_cannot_be_read_are_named_and_the_others_go_in(ws: wb.Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\none,ok\ntwo\nthree,ok,more\nfour,ok\n"five,ok\nsix,ok\n')
    data = wb.ingest(ws, "texts", str(tmp_path / "a.csv"))
    assert sorted(row["text"] for row in data.rows()) == ["four", "one"]
    assert left_out(ws, "texts") == {
        "a.csv line 3": "It has 1 cells, the header 2.",
        "a.csv line 4": "It has 3 cells, the header 2.",
        "a.csv from line 6": "The rest of the file cannot be read: unexpected end of data.",
    }
    (tmp_path / "b.jsonl").write_text('{"text": "seven", "label": "ok"}\n[1]\n{"text": "eig')
    assert len(wb.ingest(ws, "texts", str(tmp_path / "b.jsonl"))) == 3
    assert set(left_out(ws, "texts")) == {"b.jsonl line 2", "b.jsonl line 3"}


def test_a_sheet_does_not_say_where_media_lie_nor_what_they_measure(ws: wb.Workspace, folder: Path) -> None:
    secret = wb.ingest(ws, "secret", str(folder.parent / "secret.png")).rows()[0]["media"]
    text = f"file,media,sha256,thumb,width,label\nok/2.png,{secret},{'0' * 64},x,9999,ok\n"
    (folder / "labels.csv").write_text(text)
    (row,) = wb.ingest(ws, "caps", str(folder / "labels.csv")).rows()
    assert (row["media"] != secret, row["width"], row["thumb"][:2], row.get("sha256")) == (True, 48, b"\xff\xd8", None)


def test_two_labels_of_the_same_picture_are_told(ws: wb.Workspace, folder: Path) -> None:
    (folder / "crack" / "again.png").write_bytes((folder / "ok" / "0.png").read_bytes())
    data = wb.ingest(ws, "caps", str(folder), labels="folder")
    assert len(data) == 8
    assert left_out(ws, "caps") == {"0.png": "It is the same item as 'again.png', with another label."}


def test_numbers_out_of_their_place_leave_a_yolo_label_out(ws: wb.Workspace, folder: Path) -> None:
    (folder / "data.yaml").write_text("path: /datasets/caps\ntrain: ok\nval: ../..\nnames: [cap]\n")
    lines = {0: "0 .5 .5 .2 .2", 2: "3 .5 .5 .2 .2", 4: "0 .5 .5 .2", 6: "0 5 .5 .2 .2"}
    for n, line in lines.items():
        (folder / "ok" / f"{n}.txt").write_text(line + "\n")
    data = wb.ingest(ws, "caps", str(folder), format="yolo")
    assert [row["name"] for row in data.rows() if row["label"]] == ["0.png"]
    reasons = left_out(ws, "caps")
    assert "leads out of" in reasons[".."]
    assert "2.txt line 1: There is no class 3, the last is 0." in reasons["2.png"]
    assert "3 numbers are neither a box nor a polygon" in reasons["4.png"]
    assert "outside of the picture" in reasons["6.png"]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"huggingface"}))
def test_however_a_label_file_is_damaged_the_error_is_ours(ws: wb.Workspace, tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    data = of_task(ws, "whole", FORMATS[name].tasks[0], tmp_path / "src")
    wb.export(data, str(tmp_path / "out"), format=name)
    told = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.suffix not in (".png", ".wav")]
    for n in range(16):
        path = rng.choice(told)
        whole = path.read_bytes()
        path.write_bytes(_damaged(whole, path.suffix, rng))
        with contextlib.suppress(WorkbenchError):
            back = wb.ingest(ws, f"back-{n}", str(tmp_path / "out"), format=name)
            assert len(back) <= len(data)  # nothing was made up
        path.write_bytes(whole)


def _damaged(whole: bytes, suffix: str, rng: random.Random) -> bytes:
    if suffix == ".json" and rng.random() < 0.8:
        told = json.loads(whole)
        places: list[tuple[Any, Any]] = []
        waiting = [told]
        while waiting:
            one = waiting.pop()
            keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
            places += [(one, key) for key in keys]
            waiting += [one[key] for key in keys]
        holder, key = rng.choice(places)
        holder[key] = rng.choice([None, True, -1, 1e308, "", "x", [], {}, [[]], {"a": [1]}, 10**30, "../x", "\0", [None]])
        return json.dumps(told).encode()
    place, more = rng.randrange(max(len(whole), 1)), rng.choice([b"", b"\0", b"-", b"9" * 30, b'"', b"<", b"\xff", b"\n", b","])
    return whole[:place] if rng.random() < 0.2 else whole[:place] + more + whole[place + rng.randrange(8) :]
