"""The stand-ins keep their own promises."""

from __future__ import annotations

import asyncio
import threading

from fakes import Clock


def test_virtual_time_stands_while_a_thread_works() -> None:
    async def main() -> None:
        clock, let_go = Clock(0.0), threading.Event()
        clock.stand_still_for_threads()
        work = asyncio.create_task(asyncio.to_thread(let_go.wait, 30))
        await asyncio.sleep(0)
        sleep = asyncio.create_task(clock.sleep(3600))
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert clock.now() == 0.0
        let_go.set()
        await asyncio.gather(work, sleep)
        assert clock.now() == 3600.0

    asyncio.run(main())
