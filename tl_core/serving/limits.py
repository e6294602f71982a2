"""How much a server of a model takes from whoever asks."""

from dataclasses import dataclass

from tl_core.serving import pool

MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is refused beyond; how large a picture may be once opened is for its modality to say.

    Attributes:
        picture_bytes: one picture.
        pictures: in one request.
        request_bytes: one request with several pictures.
        held_bytes: what all requests together may have sent without an answer.
        waiting: pictures of all requests that wait or are being answered.
        silence_s: how long a sender may say nothing.
        whole_s: how long a request may take to arrive, however much of it comes at a time.
        connections: open at the same time.
    """

    picture_bytes: int = 32 * MIB
    pictures: int = 32
    request_bytes: int = 64 * MIB
    held_bytes: int = 256 * MIB
    waiting: int = pool.WAITING
    silence_s: float = 15.0
    whole_s: float = 120.0
    connections: int = 256


USUAL = Limits()
