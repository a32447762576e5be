"""Writes the files beside it: python3 make.py, with pyarrow 26.0.1."""

import datetime
import decimal

import pyarrow as pa
import pyarrow.feather as pf
import pyarrow.parquet as pq

t = pa.table({
    "f": pa.array([1.5, None, 3]),
    "i": pa.array([1, 2, None], pa.int64()),
    "big": pa.array([2**60 + 1, None, 3]),
    "b": [True, None, False],
    "s": ["a", None, "c"],
    "d": pa.array([datetime.date(2020, 1, 1)] * 3),
    "ts": pa.array([datetime.datetime(2020, 1, 1)] * 3),
    "dec": pa.array([decimal.Decimal("1.25")] * 3),
    "cat": pa.array(["x", "y", None]).dictionary_encode(),
    "u8": pa.array([1, 2, 3], pa.uint8()),
    "h": pa.array([1, 2, 3], pa.float32()),
    "n": pa.nulls(3),
})
pq.write_table(t, "types.parquet", compression="zstd")
pf.write_feather(t, "types.arrow", compression="lz4")
with pa.ipc.new_stream("types.arrows", t.schema) as w:
    w.write_table(t)
pq.write_table(pa.table({"a": [1.0], "l": [[1, 2]]}), "nested.parquet")
pq.write_table(t.slice(0, 0), "empty.parquet")
