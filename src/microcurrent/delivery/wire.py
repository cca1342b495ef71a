"""The lines of the wire protocol, host side; the specification is docs/reference/wire-protocol.md."""

from __future__ import annotations

import binascii
import hashlib

PROTOCOL = 1
#: Longest line [bytes], its end not counted.
LONGEST = 6144
_HOST, _DEVICE = b">", b"<"


def sealed(body: bytes) -> bytes:
    """Return a body with its checksum, as a line."""
    return b"%b*%08x\n" % (body, binascii.crc32(body))


def opened(line: bytes) -> bytes | None:
    """Return the body of a line without its end, or None where the checksum does not hold."""
    body, _, checksum = line.rpartition(b"*")
    return body if body and len(line) <= LONGEST and checksum == b"%08x" % binascii.crc32(body) else None


def signed(body: bytes, key: bytes, session: bytes) -> bytes:
    """Return a body with tag and checksum, as a line of the host."""
    return sealed(b"%b %b" % (body, _tag(key, session, _HOST + body)))


def checked(body: bytes, key: bytes, session: bytes) -> bytes | None:
    """Return the body of the device without its tag, or None where the tag does not hold."""
    rest, _, tag = body.rpartition(b" ")
    return rest if tag == _tag(key, session, _DEVICE + rest) else None


def _tag(key: bytes, session: bytes, body: bytes) -> bytes:
    return binascii.hexlify(hashlib.sha256(b"|".join((key, session, body))).digest()[:4])
