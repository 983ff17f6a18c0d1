"""In front of the WSGI application: a request gets a thread only when its body is complete.

A slow client costs a coroutine. A body that was cut off, or is too slow, too long or malformed,
reaches the application as a refusal, so it is answered, logged and counted like any other error.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from threading import Thread
from typing import IO, Any

from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    RequestEntityTooLarge,
    RequestTimeout,
)

from forecast_service.resources.api import JSON_TYPE
from forecast_service.resources.parsing import BODY_BYTES, WITHOUT_LENGTH

__all__ = ["REFUSAL", "Front"]

REFUSAL = "forecast_service.refusal"
"""Key in the WSGI environment: the error to answer with, instead of performing the request."""

WEB_THREADS = 4  # requests at once per web process; a request takes about a millisecond
MEMORY_BYTES = 256 * 1024  # of one body; the rest of it goes into a temporary file
SLOWEST_BYTES_PER_SECOND = 16 * 1024  # a body at this speed is never too slow

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
Waiting = tuple[dict[str, Any], asyncio.AbstractEventLoop, "asyncio.Future[Answer]"]
NOTHING = io.BytesIO()


class Front:
    """An ASGI application around a WSGI application.

    Parameters
    ----------
    body_seconds: longest time for a body; longer bodies get more, by the slowest allowed speed.
    max_body_bytes: longest body.
    threads: requests that the application performs at once.
    """

    def __init__(
        self,
        application: Any,
        *,
        body_seconds: float,
        max_body_bytes: int,
        threads: int = WEB_THREADS,
    ) -> None:
        self.application = application
        self.performers = Performers(self._perform, threads)
        self.body_seconds = body_seconds
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Receive one request, have it performed in a thread, and send the answer."""
        if scope["type"] != "http":
            return
        environ = _environ(scope)
        if _declared_length(environ) == 0:
            environ["wsgi.input"] = NOTHING
            if "CONTENT_LENGTH" not in environ:
                environ[WITHOUT_LENGTH] = True
            await _send(send, await self.performers.perform(environ))
        else:
            await self._perform_with_body(environ, receive, send)

    async def _perform_with_body(
        self, environ: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        with SpooledTemporaryFile(MEMORY_BYTES) as body:
            try:
                await self._receive_body(environ, receive, body)
            except (HTTPException, OSError) as refusal:  # OSError: no space for a long body
                environ[REFUSAL] = refusal
            body.seek(0)
            environ["wsgi.input"] = body
            answer = await self.performers.perform(environ)
        if REFUSAL in environ:
            answer[1].append((b"connection", b"close"))  # the rest of the body is not read
        await _send(send, answer)

    async def _receive_body(
        self, environ: dict[str, Any], receive: Receive, body: IO[bytes]
    ) -> None:
        """Write the whole body; afterwards ``CONTENT_LENGTH`` is its real length.

        Raises
        ------
        HTTPException
            The body is too long or too slow, or not all of it came.
        """
        expected = _declared_length(environ)
        limit = self._limit(environ)
        if expected is not None and expected > limit:
            raise RequestEntityTooLarge
        is_complete, received = await self._copy(receive, body, limit)
        if not is_complete or expected not in (None, received):
            of = "" if expected is None else f" of {expected}"
            raise ClientDisconnected(
                f"The body is not complete: {received}{of} bytes came. Nothing of it was kept. "
                "Send it again."
            )
        environ["CONTENT_LENGTH"] = str(received)
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    def _limit(self, environ: dict[str, Any]) -> int:
        is_json = environ.get("CONTENT_TYPE", "").startswith(JSON_TYPE)
        return min(self.max_body_bytes, BODY_BYTES) if is_json else self.max_body_bytes

    async def _copy(self, receive: Receive, body: IO[bytes], limit: int) -> tuple[bool, int]:
        """Whether the body came to its end, and the number of bytes that came."""
        began = time.monotonic()
        received, more = 0, True
        while more:
            allowed = self.body_seconds + received / SLOWEST_BYTES_PER_SECOND
            message = await _within(began + allowed - time.monotonic(), receive)
            if message["type"] != "http.request":  # the client went away, or a chunk is malformed
                return False, received
            content = message.get("body", b"")
            received += len(content)
            if received > limit:
                raise RequestEntityTooLarge
            body.write(content)
            more = message.get("more_body", False)
        return True, received

    def _perform(self, environ: dict[str, Any]) -> Answer:
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            began.append((status, headers))

        parts: Iterable[bytes] = self.application(environ, start)
        try:
            content = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        status, headers = began[-1]
        encoded = [(name.lower().encode(), text.encode("latin-1")) for name, text in headers]
        return int(status.split(" ", 1)[0]), encoded, content


class Performers:
    """Threads that perform requests, with less between a request and its answer than an executor.

    ``run_in_executor`` costs two futures and their locks per request, about as much as the
    request itself takes in the front.
    """

    def __init__(self, perform: Callable[[dict[str, Any]], Answer], threads: int) -> None:
        self.perform_now = perform
        self.waiting: SimpleQueue[Waiting] = SimpleQueue()
        for number in range(threads):
            Thread(target=self._work, name=f"request_{number}", daemon=True).start()

    def perform(self, environ: dict[str, Any]) -> asyncio.Future[Answer]:
        """The answer to a request, from the next free thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self.waiting.put((environ, loop, future))
        return future

    def _work(self) -> None:
        while True:
            environ, loop, future = self.waiting.get()
            answer: Answer | BaseException
            try:
                answer = self.perform_now(environ)
            except BaseException as error:  # it is raised where the answer is awaited
                answer = error
            with contextlib.suppress(RuntimeError):  # the loop ended: nobody waits
                loop.call_soon_threadsafe(_settle, future, answer)
            del environ, loop, future, answer  # while the thread waits, it keeps no request alive


def _settle(future: asyncio.Future[Answer], answer: Answer | BaseException) -> None:
    if future.cancelled():
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)


async def _send(send: Send, answer: Answer) -> None:
    status, headers, content = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _within(seconds: float, receive: Receive) -> Message:
    try:
        return await asyncio.wait_for(receive(), max(seconds, 0.0))
    except TimeoutError as error:
        raise RequestTimeout(
            "The body came too slowly, and nothing of it was kept. Send it again, faster."
        ) from error


def _declared_length(environ: dict[str, Any]) -> int | None:
    """The Content-Length; None for a body in chunks, 0 for none."""
    # Granian refuses a length that is not a number, and drops one beside chunks.
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    return int(environ.get("CONTENT_LENGTH", 0))


def _environ(scope: MutableMapping[str, Any]) -> dict[str, Any]:
    """The WSGI environment of an ASGI scope, without a body."""
    server = scope.get("server") or ("", None)
    client = scope.get("client") or ("", None)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "REQUEST_URI": scope.get("raw_path", b"").decode("latin-1"),  # without the query
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ
