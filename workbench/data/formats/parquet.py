"""Parquet: a sheet with types; it holds every task and every column, vectors too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.dataset import THUMB
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.formats import about
from workbench.data.formats.base import Incoming, LeftOut
from workbench.data.formats.columns import called
from workbench.data.formats.sheets import Sheet, placed, written

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing

_BATCH = 4096
#: What a file may hold when unpacked; a few kilobytes can say that they are a terabyte.
_MAX_BYTES = 8 << 30


class Parquet(Sheet):
    """A row per item in one Parquet file."""

    name: ClassVar[str] = "parquet"
    ending: ClassVar[str] = ".parquet"
    told_in: ClassVar[tuple[str, ...]] = ("labels.parquet", "dataset.json")

    def rows(self, source: Incoming, path: Path) -> tuple[list[tuple[str, Row] | LeftOut], list[str]]:
        """Return the rows; dates and decimals become text."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(path)
            told = file.metadata
            size = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
            if size > _MAX_BYTES:
                raise InputError(f"{path} unpacks to {size >> 20:,} MB, more than {_MAX_BYTES >> 20:,} MB.", hint="Split it.")
            here, changes = called(file.schema_arrow.names, source.columns)
            wanted = [name for name in here if here[name]]
            made: list[tuple[str, Row] | LeftOut] = []
            for batch in file.iter_batches(_BATCH, columns=wanted):
                for row in batch.to_pylist():
                    where = f"{path.name} row {len(made) + 1}"
                    made.append((where, {here[k]: _plain(v) for k, v in row.items()}))
            return made, changes
        except (pa.ArrowException, OSError) as exc:
            raise InputError(f"{path} is not Parquet: {exc}.".replace("..", "."), hint="It may be cut off.") from exc

    def write(self, out: Outgoing) -> None:
        """Write `labels.parquet`, `dataset.json`, and the files into `files`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = written(out.data.columns)
        pages: list[Any] = []
        waiting: list[Row] = []
        for row in placed(out, without=(THUMB,)):
            waiting.append({c: row.get(c) for c in columns})
            if len(waiting) == _BATCH:
                pages.append(pa.Table.from_pylist(waiting))
                waiting = []
        pages += [pa.Table.from_pylist(waiting)] if waiting else []
        # A column may be empty for a whole page, and its type be known from another only.
        pq.write_table(pa.concat_tables(pages, promote_options="permissive"), out.folder / f"labels{self.ending}")
        about.written(out)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | bytes | dict | type(None)) else str(value)
