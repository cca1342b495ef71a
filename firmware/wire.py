"""Wire: lines of text with a checksum and a tag. Pure; see docs/reference/wire-protocol.md.

    17 grant 1000 52340 5f3a9c21*89ab01ef
    number, word, arguments, tag, and the CRC-32 of all before the star

The tag is made with the session that the device drew at random when the host said hello, so a line of
another session, or of another host, is not taken. With a key that both were given, it also keeps out
who does not know the key.
"""

import binascii
import hashlib

PROTOCOL = 1
#: Longest line [bytes].
LONGEST = 6144
#: Letters of a tag and of a checksum.
TAG = 8
#: What a line is tagged as, by who sends it.
HOST, DEVICE = b">", b"<"


def tag(key, session, body):
    """Return the tag of a body (bytes) under a key and a session (bytes)."""
    digest = hashlib.sha256(key + b"|" + session + b"|" + body).digest()
    return binascii.hexlify(digest[: TAG // 2])


def seal(body):
    """Return a body with its checksum, as a line."""
    return body + b"*%08x\n" % (binascii.crc32(body) & 0xFFFFFFFF)


def opened(line):
    """Return the body of a line, or None where the checksum does not hold."""
    line = line.strip()
    if len(line) > LONGEST or len(line) < 10 or line[-9:-8] != b"*":
        return None
    body = line[:-9]
    return body if line[-8:] == b"%08x" % (binascii.crc32(body) & 0xFFFFFFFF) else None


def sign(body, key, session, sender):
    """Return a body with its tag and checksum, as a line from `sender` (HOST or DEVICE)."""
    return seal(body + b" " + tag(key, session, sender + body))


def checked(body, key, session, sender):
    """Return a body without its tag, or None where the tag is not that of this session and sender."""
    cut = body.rfind(b" ")
    if cut < 0:
        return None
    rest = body[:cut]
    return rest if body[cut + 1 :] == tag(key, session, sender + rest) else None
