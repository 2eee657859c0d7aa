"""Prove that a gzip stream is whole, without keeping what it unpacks to.

In: pieces of bytes as they arrive. Out: nothing when all is well; `Damage` when the stream is cut short, changed on the
way, followed by other bytes, or unpacks to more than is sane. CRC and length at the end of each member are checked by
zlib (RFC 1952); several members in a row are one stream.
"""

from __future__ import annotations

import zlib

_PIECE_BYTES = 1024 * 1024
# 16 + the largest window: expect gzip's header and trailer (zlib.decompressobj in Python's library reference).
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Damage(Exception):
    """What is wrong with a downloaded body, as half a sentence."""


class GzipCheck:
    """Follows one stream; call `feed` for every piece, then `finish`."""

    def __init__(self, unpacked_bytes_max: int) -> None:
        self._left = unpacked_bytes_max
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._is_begun = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        while piece:
            if self._member.eof:
                self._member, self._is_begun = zlib.decompressobj(_GZIP_WINDOW), False
            self._is_begun = True
            piece = self._unpack(piece)

    def _unpack(self, piece: bytes) -> bytes:
        try:
            unpacked = self._member.decompress(piece, _PIECE_BYTES)
        except zlib.error:
            raise Damage("it is no intact gzip stream") from None
        self._left -= len(unpacked)
        if self._left < 0:
            raise Damage("it unpacks to more bytes than a settlement can have")
        return self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def finish(self) -> None:
        """Require that the last member came to its end."""
        if not self._is_begun or not self._member.eof:
            raise Damage("its gzip stream breaks off")
