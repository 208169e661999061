"""The parameters of console_node. They are read once, when the node starts."""

from __future__ import annotations

from dataclasses import dataclass

from seem_ros.console.server import PORT, ServerOptions
from seem_ros.ros.parameter_fields import START, choice, number, text


@dataclass(frozen=True)
class ConsoleParameters:
    """What can be set about the page and what it looks at."""

    segmenter: str = text("seem_node", "Name of the seem_node to look at.", START)
    voice: str = text("voice_node", "Name of the voice_node that hears push-to-talk.", START)
    image_transport: str = choice(
        "raw", ("raw", "compressed"), "Which of `image`, `image/compressed` is shown.", START
    )
    host: str = text("127.0.0.1", "Address to listen on; others need a token.", START)
    port: int = number(PORT, 0, 65535, "Port to listen on; 0 takes a free one.", START)
    token: str = text("", "What must be known to enter; empty makes one if needed.", START)
    certificate: str = text("", "File of the TLS certificate, for https.", START)
    key: str = text("", "File of the certificate's private key.", START)
    allow_names: str = text("", "Further names of this machine, split by ';'.", START)

    def server_options(self) -> ServerOptions:
        """Return how the page is offered."""
        names = (name.strip() for name in self.allow_names.split(";"))
        return ServerOptions(
            host=self.host,
            port=self.port,
            token=self.token,
            certificate=self.certificate,
            key=self.key,
            names=tuple(name for name in names if name),
        )
