"""A predictor without a model: appends, ships and prints the ids it has answered, until it is told to stop or killed.

`python predictor.py DIRECTORY URL SECONDS`: traffic for so long, then it drains and prints `drained`.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
import time
from pathlib import Path

from serving.log.log import Log
from serving.log.shipper import Shipper

fixtures = runpy.run_path(str(Path(__file__).with_name("conftest.py")))


async def main(directory: str, url: str, seconds: str) -> None:
    log = Log(Path(directory), segment_bytes=1 << 17, limit_bytes=64 << 20)
    log.schema(fixtures["SCHEMA"])
    shipper = Shipper(log, url)
    tasks = [asyncio.create_task(shipper.run()), asyncio.create_task(log.sync_forever())]
    end = time.monotonic() + float(seconds)
    rows = 1
    while time.monotonic() < end:
        ids = log.next_ids(rows)
        log.append([fixtures["record"](key, client=rows) for key in ids])
        print("\n".join(ids), flush=True)
        rows = rows % 50 + 1
        await asyncio.sleep(0.002)
    tasks[0].cancel()
    print("drained" if await shipper.drain(30) else "not drained", flush=True)
    log.close()


asyncio.run(main(*sys.argv[1:]))
