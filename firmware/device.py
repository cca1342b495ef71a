"""Device: from a line to an answer, by the wire protocol, on one core. No clock and no input or output."""

import binascii

import bounds
import core as rules
import wire
from program import MOST_PIECES, Program

FIRMWARE = "0.1"
#: What an argument may be at most, either way: a small integer.
_MOST = (1 << 30) - 1


class Device:
    """One stimulator as a host sees it.

    `core`; `draw(n)` gives n random bytes; `key` is shared with the host, or empty; `name` of the port.
    """

    def __init__(self, core, draw, key=b"", name=bounds.NAME):
        self.core, self._draw, self._key, self._name = core, draw, key, name
        self._session = None
        self._command = 0  # number of the last command that was carried out
        self._unread = 0  # lines whose checksum or tag did not hold

    def answer(self, line):
        """Return the answer to a line, or None where there is none to give.

        A line that is one exclamation mark needs no session: zero at once, from whoever asks.
        """
        if line.strip() == b"!":
            self.core.trip("stopped")
            return b"!\n"
        body = wire.opened(line)
        if body is None:
            return self._not_read()
        words = body.split(b" ")
        if len(words) == 4 and words[1] == b"hello":
            return self._hello(words)
        if self._session is None:
            return self._say_no_session(words[0])
        body = wire.checked(body, self._key, self._session, wire.HOST)
        if body is None:
            self._not_read()
            return self._say_no_session(words[0])
        words = body.split(b" ")
        number = whole(words[0])
        if number is None or len(words) < 2:
            return self._not_read()
        refused = self.core.accept(number) or self._do(number, words[1], words[2:])
        if isinstance(refused, bytes):
            return self._say(number, b"ok " + refused)
        return self._say(number, b"no " + refused.encode() if refused else b"ok")

    def _not_read(self):
        self._unread = (self._unread + 1) & 0xFFFF
        return None

    def _say(self, number, text):
        return wire.sign(b"%d " % number + text, self._key, self._session, wire.DEVICE)

    def _say_no_session(self, number):
        """Tagged without a session: where there is a key, only who knows it can say so."""
        return wire.sign(number + b" no session", self._key, b"", wire.DEVICE)

    def _hello(self, words):
        """`1 hello PROTOCOL TOKEN`: begin a session; the answer is tagged with the token of the host."""
        token = words[3]
        if words[0] != b"1":
            return self._not_read()
        known = words[2] == b"%d" % wire.PROTOCOL
        refused = self.core.hello() if known else "protocol"
        if refused:
            return wire.sign(words[0] + b" no " + refused.encode(), self._key, token, wire.DEVICE)
        self._session = binascii.hexlify(self._draw(8))
        self._command = 0
        self.core.accept(1)
        text = b"1 ok protocol=%d session=%s name=%s firmware=%s" % (
            wire.PROTOCOL, self._session, self._name.encode(), FIRMWARE.encode(),
        )  # fmt: skip
        return wire.sign(text, self._key, token, wire.DEVICE)

    # -- words -------------------------------------------------------------------------------------

    def _do(self, number, word, arguments):
        """Return what to say as bytes, None for a plain yes, or why not as text."""
        if word == b"status" and not arguments:
            return self._status()
        if word == b"caps" and not arguments:
            return capabilities()
        core = self.core
        if word == b"load":
            program = read_program(arguments)
            refused = core.load(program) if program else "program"
        elif word == b"grant" and len(arguments) == 2:
            lease, issued = whole(arguments[0]), whole(arguments[1])
            refused = "word" if lease is None or issued is None else core.grant(lease, issued)
        elif word == b"end" and not arguments:
            refused = core.end()
        elif word == b"cut" and not arguments:
            refused = core.cut()
        elif word == b"clear" and not arguments:
            refused = core.clear()
        else:
            return "word"
        if not refused:
            self._command = number
        return refused

    def _status(self):
        core = self.core
        left = (core.lease_end - core.ms) & rules.CLOCK if core.flowing else 0
        values = (
            core.ms, rules.STATES[core.state], core.fault or "-", core.elapsed * 10 + core.odd,
            left if left < rules.CLOCK // 2 else 0, core.flowed, 1 if core.zero else 0,
        )  # fmt: skip
        text = b"ms=%d state=%s fault=%s us=%d lease=%d out=%d zero=%d" % encoded(values)
        text += b" net=%d all=%d" % (
            core.net * rules.CARRY + core.net_odd, core.all * rules.CARRY + core.all_odd,
        )  # fmt: skip
        text += b" window=%d windownet=%d square=%d peak=%d commanded=%d mv=%d last=%d unread=%d" % (
            core.window_us, core.window_net * rules.CARRY + core.window_odd,
            ((core.square << 20) + core.square_odd) << (2 * core.shift),
            core.peak, core.commanded, core.millivolts, self._command, self._unread,
        )  # fmt: skip
        core.open_window()
        return text


def encoded(values):
    """Return values with every text among them as bytes."""
    return tuple([value.encode() if isinstance(value, str) else value for value in values])


def whole(text):
    """Return the whole number that a text (bytes) is, or None."""
    digits = text[1:] if text[:1] == b"-" else text
    if not digits or len(digits) > 10 or not digits.isdigit():
        return None
    number = int(text)
    return number if -_MOST <= number <= _MOST else None


def numbers(text, count):
    """Return the `count` whole numbers of a list with commas (bytes), or None."""
    found = [whole(part) for part in text.split(b",")]
    return found if len(found) == count and None not in found else None


def read_program(arguments):
    """Return the program that words say: amplitude, frequency, slow times, pieces; or None."""
    if not 4 <= len(arguments) <= 3 + MOST_PIECES:
        return None
    amplitude, frequency, slow = whole(arguments[0]), whole(arguments[1]), numbers(arguments[2], 11)
    pieces = [numbers(text, 5) for text in arguments[3:]]
    if amplitude is None or frequency is None or slow is None or None in pieces:
        return None
    if not 0 < amplitude <= _MOST >> 7 or not 0 <= frequency <= 20_000_000:
        return None
    if slow[7] not in (0, 1, 2) or slow[10] not in (0, 1) or min(slow) < 0:
        return None
    for piece in pieces:
        if piece[0] not in (0, 1) or max(abs(piece[3]), abs(piece[4])) > _MOST >> 7:
            return None
    return Program(amplitude, frequency, slow, pieces)


def capabilities():
    """Return what this stimulator can do, as words."""
    return (
        b"current=%d voltage=%d lease=%d ramp=%d end=%d charge=%d time=%d phase=%d direct=%d "
        b"reaction=%d shortest=%d steps=%d pieces=%d hardware=%d"
        % (
            bounds.CURRENT, bounds.VOLTAGE, bounds.LEASE, bounds.LEAST_RAMP, bounds.END_RAMP,
            bounds.SITTING_CHARGE, bounds.SITTING_TIME, bounds.PHASE_CHARGE, bounds.NET_DIRECT,
            bounds.REACTION, bounds.SHORTEST, bounds.FEWEST_STEPS, MOST_PIECES, bounds.HARDWARE_CURRENT,
        )
    )  # fmt: skip
