"""Sides: whether what flows is what is commanded, judged apart for each half of the output stage.

Pure, as the core; nothing in `look` allocates, and no number in it leaves a small integer.
"""

import bounds

#: Time [us] for which a direct current, and a pulsed one, must be right for a wrong look to be over.
_RIGHT_DIRECT, _RIGHT_PULSED = 5_000, 500


def wrong(output, flowed, millivolts):
    """Return what is wrong with `flowed` [nA] at `millivolts` for a command `output` [nA], or nothing."""
    command = output if output >= 0 else -output
    size = flowed if flowed >= 0 else -flowed
    if command > bounds.FLOOR and size * 10 < command:
        return "open"
    if millivolts >= bounds.VOLTAGE_REACHED:
        return "compliance"
    apart = flowed - output
    if apart < 0:
        apart = -apart
    if (apart - bounds.FLOOR) * 100 > command * bounds.TOLERANCE:
        return "mismatch"
    # mV / nA below ohm: mV * 1e6 < nA * ohm
    if command >= bounds.SHORT_FLOOR and millivolts * (1_000_000 // bounds.SHORT) < command:
        return "short"
    return ""


class Sides:
    """What is wrong, apart for a positive, a negative and no command, and for how long.

    It may be so for less than REACTION, rests counted. Over is it only when the same side has been right
    twice, for a while, at a current large enough to show it: a half of the stage that fails, a contact that
    comes back for moments, and the foot of a sine prove nothing.
    """

    def __init__(self):
        self.causes = ["", "", ""]
        self.wrong_us, self.wrong_looks, self.wrong_at = [0, 0, 0], [0, 0, 0], [0, 0, 0]
        self.right_us, self.right_looks = [0, 0, 0], [0, 0, 0]
        self.least = _RIGHT_DIRECT

    def begin(self, pulsed):
        """Begin a program; `pulsed`: it is no direct current."""
        self.least = _RIGHT_PULSED if pulsed else _RIGHT_DIRECT
        for side in (0, 1, 2):
            self._forget(side)

    def look(self, us, output, flowed, millivolts):
        """Take in what flowed for `us` [us]; return what has been wrong for too long, or nothing."""
        side = 0 if output > bounds.FLOOR else 1 if output < -bounds.FLOOR else 2
        command = output if output >= 0 else -output
        cause = wrong(output, flowed, millivolts)
        if cause:
            if not self.causes[side]:
                self.causes[side] = cause
            self.wrong_looks[side] += 1
            self.right_us[side] = self.right_looks[side] = 0
            if command > self.wrong_at[side]:
                self.wrong_at[side] = command
        elif self.causes[side] and command * 2 >= self.wrong_at[side]:
            self._count_right(us, side, command)
        return self._too_long(us, 0) or self._too_long(us, 1) or self._too_long(us, 2)

    def _count_right(self, us, side, command):
        if self.causes[side] == "short" and command < bounds.SHORT_FLOOR:
            return
        self.right_looks[side] += 1
        self.right_us[side] += us
        if self.right_looks[side] > 1 and self.right_us[side] >= self.least:
            self._forget(side)

    def _too_long(self, us, side):
        if not self.causes[side]:
            return ""
        self.wrong_us[side] += us
        if self.wrong_us[side] >= bounds.REACTION and self.wrong_looks[side] > 1:
            return self.causes[side]
        return ""

    def _forget(self, side):
        self.causes[side] = ""
        self.wrong_us[side] = self.wrong_looks[side] = self.wrong_at[side] = 0
        self.right_us[side] = self.right_looks[side] = 0
