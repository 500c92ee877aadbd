"""File formats that other tools read and write; each is one file that knows its layout, found by name."""

from __future__ import annotations

from workbench.core.registry import Registry
from workbench.data.formats.base import Format

FORMATS: Registry[type[Format]] = Registry(
    "format",
    {
        "folder": "workbench.data.formats.folder:Folder",
        "csv": "workbench.data.formats.sheets:Csv",
        "jsonl": "workbench.data.formats.sheets:Jsonl",
        "parquet": "workbench.data.formats.parquet:Parquet",
        "coco": "workbench.data.formats.coco:Coco",
        "yolo": "workbench.data.formats.yolo:Yolo",
        "voc": "workbench.data.formats.voc:Voc",
        "cvat": "workbench.data.formats.cvat:Cvat",
        "ground-truth": "workbench.data.formats.ground_truth:GroundTruth",
        "huggingface": "workbench.data.formats.huggingface:HuggingFace",
        "label-studio": "workbench.data.formats.label_studio:LabelStudio",
        "audio-folder": "workbench.data.formats.audio_folder:AudioFolder",
    },
)
