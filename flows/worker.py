"""The worker process: serves the flows, with a limit. Run as `python -m flows.worker`.

Three runners in one process: recordings take their turn up to the limit; discover and reconcile each have a place of
their own, so that a morning of long transcriptions, or a source that hangs, keeps neither from its work.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from flows.stack.environment import prefect_environment
from flows.stack.parts import worker_ready_file
from kring.errors import KringError
from kring.local import connect_locally
from kring.settings import Settings, load_settings

POLL_SECONDS = 2.0
"""How often the server is asked for new recordings; half of it is the wait people notice after `kring add`."""
CHORE_POLL_SECONDS = 10.0
"""The same for chores, which nobody waits for. Each asking is a write in Prefect's database."""


async def serve(settings: Settings, entrypoint: str = "flows.recording.process_recording") -> None:
    """Serve until SIGTERM or SIGINT. Raises OrchestratorDown through Prefect's client where no server answers."""
    from prefect.deployments import arun_deployment
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    # At INFO it says with every poll how many runs wait for a place.
    logging.getLogger("prefect.runner").setLevel(logging.WARNING)

    from flows.housekeeping import discover, reconcile
    from flows.recording import process_recording

    def runner(name: str, limit: int, poll: float) -> Runner:
        return Runner(name=name, query_seconds=poll, limit=limit, pause_on_shutdown=False)

    recordings = runner("recordings", settings.worker.limit, POLL_SECONDS)
    served = await process_recording.ato_deployment(name="kring", entrypoint_type=EntrypointType.MODULE_PATH)
    served.entrypoint = entrypoint
    await recordings.aadd_deployment(served)
    runners = [recordings]
    chores = {discover: settings.worker.discover_seconds, reconcile: settings.worker.reconcile_seconds}
    for chore, seconds in chores.items():
        runners.append(runner(chore.name, 1, CHORE_POLL_SECONDS))
        await runners[-1].aadd_deployment(
            await chore.ato_deployment(name="kring", interval=seconds, entrypoint_type=EntrypointType.MODULE_PATH)
        )
    running = [asyncio.create_task(one.start()) for one in runners]
    stop = asyncio.Event()
    while not all(one.started for one in runners):
        await asyncio.sleep(0.05)
    for number in (signal.SIGTERM, signal.SIGINT):  # after the runners: each sets a handler of its own
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    for chore in chores:  # at once too, not only when their time comes round
        await arun_deployment(f"{chore.name}/kring", timeout=0, as_subflow=False)
    ready = worker_ready_file(settings)
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.write_text(str(os.getpid()), encoding="utf-8")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    ready.unlink(missing_ok=True)
    for one in runners:
        await one.astop()
    await asyncio.gather(*running, return_exceptions=True)


def main() -> int:
    try:
        settings = connect_locally(load_settings())
        os.environ.update(prefect_environment(settings))
        asyncio.run(serve(settings))
    except KringError as error:
        print(error, file=sys.stderr)  # noqa: T201 — the supervisor's log is where operators look
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
