"""One process of a load test, on Locust. It reads its options as JSON from standard input.

Importing Locust patches sockets, threads and time, and so comes before everything else.
"""

# ruff: noqa: I001 - Locust first
from __future__ import annotations

import argparse
import os
import signal
import sys

os.environ.setdefault("LOCUST_SKIP_URLLIB3_PATCH", "1")
from locust import FastHttpUser, task
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

import logging
import time
from collections.abc import Mapping
from typing import Any

import gevent
from geventhttpclient.client import HTTPClientPool
from locust.contrib.fasthttp import FastHttpSession

from venue_conformance.errors import ClientFault
from venue_conformance.load.options import COMING_SECONDS, GIVE_BACK_SECONDS, START_SECONDS, LoadOptions
from venue_conformance.load.worker import Worker
from venue_conformance.report.exit_status import BAD_USAGE, CONFORMS, SUITE_FAILED
from venue_conformance.target.tls import ssl_context
from venue_conformance.wire.quiet import quiet_clients
from venue_conformance.wire.redaction import without_secrets

#: What master and workers say to each other, besides what Locust does.
_HERE, _SETTINGS, _OPENED, _FINISH, _BROKEN = "here", "settings", "opened", "finish", "broken"


class OneTry(HTTPClientPool):  # type: ignore[misc]
    """Connections over which nothing is sent twice, whatever becomes of them."""

    def get_client(self, url: Any) -> Any:
        """A client that does not send a DELETE once more, by itself, when its connection has closed."""
        client = super().get_client(url)
        client._connection_pool.size = -1
        return client


class Uncounted:
    """In place of Locust's event of a request: we count ourselves, and Locust would keep each exception."""

    def fire(self, **_: Any) -> None:
        """Count nothing."""


class Asked:
    """Whether an end was asked for, be it before there was a worker."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.asked = False

    def end(self) -> None:
        """Ask for an end."""
        self.asked = True
        if self.worker is not None:
            self.worker.stop(interrupted=True)

    def of(self, worker: Worker) -> None:
        """Now there is a worker."""
        self.worker = worker
        if self.asked:
            self.end()


ASKED = Asked()


class UserConnection:
    """The session of one of Locust's users, or of a conductor, as our transport uses it."""

    def __init__(self, settings: Mapping[str, Any], host: str) -> None:
        self._settings, self._host = settings, host
        self._session: FastHttpSession | None = None

    def request(self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str], name: str) -> Any:
        """Send one request."""
        if self._session is None:
            pool = OneTry(concurrency=1, **self._settings)
            self._session = FastHttpSession(
                base_url=self._host,
                request_event=Uncounted(),
                user=None,
                client_pool=pool,
                insecure=False,
                max_retries=0,
                max_redirects=0,
                concurrency=1,
            )
            self._session.client.cookiejar = None
            # No status is an error here, whose body would be read and dropped.
            self._session.client.valid_response_codes = range(1000)
        return self._session.request(
            method, url, name=name, data=data, headers=dict(headers), stream=True, allow_redirects=False
        )

    def close(self) -> None:
        """Have another connection next time."""
        if self._session is not None:
            self._session.client.clientpool.close()
            self._session = None


class Trader(FastHttpUser):  # type: ignore[misc]
    """One user: it does what its group has for it."""

    worker: Worker
    settings: Mapping[str, Any]

    def on_start(self) -> None:
        """Come."""
        self.connection = UserConnection(self.settings, self.host)
        self.worker.join(id(self))

    @task  # type: ignore[untyped-decorator]
    def trade(self) -> None:
        """Take part in the next round."""
        self.worker.serve(id(self), self.connection)


def main() -> int:
    """Run the process; its exit status is 0 when it has left a whole journal."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    quiet_clients()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, ASKED.end)
    options = LoadOptions.from_json(sys.stdin.readline())
    # The pipe is written to no more: its end tells that whoever started us is gone, however he went.
    gevent.get_hub().threadpool.spawn(sys.stdin.read).rawlink(lambda _: os.kill(os.getpid(), signal.SIGTERM))
    try:
        return {"local": _local, "master": _master, "worker": _worker}[options.role](options)
    except ClientFault as fault:
        print(without_secrets(f"venue-conformance: {fault}"), file=sys.stderr)  # noqa: T201 - for the parent
        return BAD_USAGE


def _environment() -> Environment:
    # As Locust's own command would make it, without its command line, its files and its environment variables.
    parsed = argparse.Namespace(web_base_path="", headless=True, enable_rebalancing=False, tags=None, exclude_tags=None)
    return Environment(user_classes=[Trader], parsed_options=parsed, catch_exceptions=True, reset_stats=False)


def _open(options: LoadOptions, index: int, environment: Environment) -> Worker:
    settings: dict[str, Any] = {}
    worker: Worker

    def connect() -> UserConnection:
        return UserConnection(settings, worker.target.base_url)

    worker = Worker(options, index, connect)
    seconds = worker.target.limits.timeout_seconds
    settings.update(network_timeout=seconds, connection_timeout=seconds)
    if worker.target.base_url.startswith("https"):
        context = ssl_context(worker.target.tls)
        settings.update(ssl_context_factory=lambda *_, **__: context)
    Trader.worker, Trader.settings, Trader.host = worker, settings, worker.target.base_url
    environment.host = worker.target.base_url
    ASKED.of(worker)
    return worker


def _local(options: LoadOptions) -> int:
    environment = _environment()
    worker = _open(options, 0, environment)
    runner = environment.create_local_runner()
    runner.start(options.users, spawn_rate=options.users)
    _wait(lambda: runner.user_count >= options.users, START_SECONDS)
    errors = worker.run()
    runner.quit()
    return SUITE_FAILED if errors else CONFORMS


def _worker(options: LoadOptions) -> int:
    environment = _environment()
    spawned: list[int] = []
    worker: list[Worker] = []
    failed: list[ClientFault] = []
    runner: WorkerRunner = environment.create_worker_runner(options.host, options.port)

    def settings(environment: Environment, msg: Any, **_: Any) -> None:
        if worker or failed:
            return
        there = LoadOptions.from_json(msg.data["options"])
        own = {"target": options.target, "folder": options.folder, "force_production": options.force_production}
        mine = LoadOptions(**{**vars(there), **own, "role": "worker"})
        try:
            worker.append(_open(mine, runner.worker_index, environment))
        except ClientFault as fault:
            failed.append(fault)
            return
        runner.send_message(_OPENED, None)

    def finish(environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG001
        for each in worker:
            each.stop(interrupted=bool(msg.data and msg.data["interrupted"]))

    runner.register_message(_SETTINGS, settings)
    runner.register_message(_FINISH, finish)
    environment.events.spawning_complete.add_listener(lambda user_count: spawned.append(user_count))
    # The master knows of us since we have connected, but what it sends before this is lost.
    runner.send_message(_HERE, None)
    begun = _wait(lambda: bool(failed) or ASKED.asked or (bool(worker) and bool(spawned)), COMING_SECONDS)
    if ASKED.asked and not worker:
        return CONFORMS
    if failed:
        raise failed[0]
    if not begun:
        raise ClientFault(f"--worker {options.host}:{options.port}: the master did not begin")
    told = gevent.spawn(_tell_when_broken, runner, worker[0])
    errors = worker[0].run()
    told.kill()
    environment.events.quitting.fire(environment=environment, reverse=True)
    gevent.sleep(0.2)  # let it be sent; nothing depends on it
    return SUITE_FAILED if errors else CONFORMS


def _tell_when_broken(runner: WorkerRunner, worker: Worker) -> None:
    if worker.options.fail_fast:
        _wait(lambda: worker.broken, worker.options.seconds)
        if worker.broken:
            runner.send_message(_BROKEN, None)


def _master(options: LoadOptions) -> int:
    environment = _environment()
    environment.host = Trader.host = ""
    runner: MasterRunner = environment.create_master_runner(options.host, options.port)
    finished: list[bool] = []
    opened: set[str] = set()

    def finish(interrupted: bool) -> None:
        if not finished:
            finished.append(interrupted)
            runner.send_message(_FINISH, {"interrupted": interrupted})

    def here(environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG001
        runner.send_message(_SETTINGS, {"options": options.to_json()}, msg.node_id)

    runner.register_message(_HERE, here)
    runner.register_message(_OPENED, lambda environment, msg, **_: opened.add(msg.node_id))  # noqa: ARG005
    runner.register_message(_BROKEN, lambda environment, msg, **_: finish(False))  # noqa: ARG005
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, lambda: finish(True))
    _wait(lambda: len(opened) >= options.workers or bool(finished), COMING_SECONDS)
    if finished:
        return CONFORMS
    if len(opened) < options.workers:
        raise ClientFault(f"{len(opened)} of {options.workers} workers came")
    runner.start(options.users, spawn_rate=options.users)
    _wait(lambda: runner.worker_count == 0, options.seconds + START_SECONDS + GIVE_BACK_SECONDS)
    runner.quit()
    return CONFORMS


def _wait(holds: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= deadline:
            return False
        gevent.sleep(0.02)
    return True


if __name__ == "__main__":
    ended = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # At once: a thread still waits for whoever started us.
    os._exit(ended)
