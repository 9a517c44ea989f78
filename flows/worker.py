"""The worker process: serves the flows, with a limit. Run as `python -m flows.worker`.

Recordings take their turn up to the limit. `discover`, `reconcile` and `retain` each have a process of their own beside
them (`flows.chores`), so that a morning of long transcriptions, or a source that hangs, keeps none from its work.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress

from flows.preflight import check_worker
from kring.errors import KringError, TransientError
from kring.local_stack import connect_locally, worker_ready_file
from kring.settings import Settings, load_settings
from services.prefect_env import prefect_environment
from services.search_index.ownership import own_index
from storage import open_store

log = logging.getLogger("flows.worker")

POLL_SECONDS = 2.0
"""How often the server is asked for new recordings; half of it is the wait people notice after `kring add`."""
CHORE_REST_SECONDS = 10.0
"""Before a chore's process that has ended, as it never should, is started again."""
CHORES = ("discover", "reconcile", "retain")


async def serve(settings: Settings, entrypoint: str = "flows.recording.process_recording") -> None:
    """Serve until SIGTERM or SIGINT. Raises OrchestratorDown through Prefect's client if no server answers."""
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    # At INFO it says with every poll how many runs wait for a place.
    logging.getLogger("prefect.runner").setLevel(logging.WARNING)

    from flows.recording import process_recording

    await delete_old_schedules()
    runner = Runner(name="recordings", query_seconds=POLL_SECONDS, limit=settings.worker.limit, pause_on_shutdown=False)
    served = await process_recording.ato_deployment(name="kring", entrypoint_type=EntrypointType.MODULE_PATH)
    served.entrypoint = entrypoint
    await runner.aadd_deployment(served)
    await asyncio.to_thread(restart_interrupted, settings)
    running = [asyncio.create_task(runner.start())]
    stop = asyncio.Event()
    while not runner.started:
        await asyncio.sleep(0.05)
    for number in (signal.SIGTERM, signal.SIGINT):  # after the runner, which sets a handler of its own
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running += [asyncio.create_task(supervise_chore(name)) for name in CHORES]
    ready = worker_ready_file(settings)
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.write_text(str(os.getpid()), encoding="utf-8")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    ready.unlink(missing_ok=True)
    await runner.astop()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def restart_interrupted(settings: Settings) -> None:
    """Give what the last worker was working on a new run before any other is taken up: it keeps its place."""
    from services.ports import open_ports
    from services.reconcile.reconcile import reconcile

    try:
        reconcile(open_ports(settings), whole=False)
    except KringError as error:  # `reconcile` comes round again
        log.warning("What was under way is started again later: %s", error)


async def supervise_chore(name: str) -> None:
    """Have the chore's process running until cancelled."""
    while True:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "flows.chores", name)
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        log.warning("The process of %s ended (%s) and is started again.", name, code)
        await asyncio.sleep(CHORE_REST_SECONDS)


async def delete_old_schedules() -> None:
    """Take away what an earlier Kring left in Prefect: chores that were deployments, with all their late runs."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    async with get_client() as client:
        for name in CHORES:
            with suppress(ObjectNotFound):
                await client.delete_deployment((await client.read_deployment_by_name(f"{name}/kring")).id)


def _begin_index(settings: Settings) -> None:
    from services.ports import open_ports
    from services.rebuild_index import begin_index

    try:
        begin_index(open_ports(settings))
    except TransientError as error:  # `reconcile` does it, once that has passed
        print(error, file=sys.stderr)  # noqa: T201


def main() -> int:
    try:
        settings = connect_locally(load_settings())
        check_worker(settings)
        os.environ.update(prefect_environment(settings))
        store = open_store(settings)
        with own_index(settings, store):
            _begin_index(settings)
            asyncio.run(serve(settings))
    except KringError as error:
        print(error, file=sys.stderr)  # noqa: T201 — the supervisor's log is where operators look
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
