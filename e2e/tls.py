"""TLS before a plain HTTP server, as AWS's endpoints have it: `tls.py CERTIFICATE KEY HOST:PORT`.

Announces its own endpoint on the first line of standard output, and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, ssl.SSLError):
        writer.close()


async def serve(certificate: str, key: str, target: str) -> None:
    host, _, port = target.rpartition(":")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, upstream_writer), pump(upstream_reader, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    own = server.sockets[0].getsockname()[1]
    print(json.dumps({"endpoint": f"https://127.0.0.1:{own}"}), flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
