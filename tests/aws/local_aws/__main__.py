"""`python -m local_aws --port 0`: prints a JSON line with the endpoint, serves until told to stop."""

import argparse
import json
import os
import signal
import stat
import sys
import threading


def main() -> None:
    """Starts the server. It stops on SIGTERM, SIGINT, and when a standard input that is a pipe closes."""
    parser = argparse.ArgumentParser(prog="local_aws")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--token-latency", type=float, default=0.0, help="seconds that AssumeRole takes")
    parser.add_argument("--delay", type=float, help="seconds that an asynchronous state lasts (0.1)")
    parser.add_argument(
        "--stdin-eof-exits", action="store_true", help="stop when standard input closes, pipe or not"
    )
    parser.add_argument(
        "--plain", action="store_true", help="moto as it is, without corrections and without the side API"
    )
    options = parser.parse_args()
    forget_environment()

    from . import settings
    from .server import serve, serve_plain

    settings.DEFAULTS["tokenLatency"] = options.token_latency
    if options.delay is not None:
        settings.DEFAULTS["delay"]["default"] = options.delay
    settings.reset()
    server = serve_plain(options.port) if options.plain else serve(options.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    if options.stdin_eof_exits or stdin_is_pipe():
        threading.Thread(target=exit_with_stdin, daemon=True).start()
    print(json.dumps({"endpoint": f"http://127.0.0.1:{server.port}"}), flush=True)
    server.serve_forever()


def forget_environment() -> None:
    """Takes out what would send botocore, which moto uses inside, anywhere else."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


def stdin_is_pipe() -> bool:
    """Whether standard input is a pipe that a parent holds."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False


def exit_with_stdin() -> None:
    """Waits for the end of standard input, then stops the process."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
