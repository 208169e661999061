"""The options of a console on a command line."""

from __future__ import annotations

import argparse

from seem_ros.console.server import PORT, ServerOptions


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the page is offered, and to whom."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; others need a token (%(default)s)",
    )
    parser.add_argument("--port", type=int, default=PORT, help="0 takes a free one (%(default)s)")
    parser.add_argument("--token", default="", help="what must be known; made where it is needed")
    parser.add_argument("--certificate", default="", metavar="PEM", help="for https")
    parser.add_argument("--key", default="", metavar="PEM", help="the certificate's private key")
    parser.add_argument(
        "--allow-name", action="append", default=[], metavar="NAME", dest="names",
        help="a further name by which browsers may call this machine",
    )  # fmt: skip


def server_options(args: argparse.Namespace) -> ServerOptions:
    """Return what the options say."""
    return ServerOptions(
        host=args.host,
        port=args.port,
        token=args.token,
        certificate=args.certificate,
        key=args.key,
        names=tuple(args.names),
    )
