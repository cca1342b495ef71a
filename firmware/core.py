"""Core: what stands between a program and the output stage, whatever the host does.

Pure: no clock, no input or output, whole numbers only. A port calls `tick` with the time that has
passed and what flowed in it, and gives `output` to its stage; `enable` opens and closes a second way
off. Nothing that `tick` calls allocates, and no number in it leaves the small integers of a 32-bit
MicroPython. Charges are sums of nA us (1e-15 C) in two parts: whole CARRYs of 50 nC, and what is left.

States: idle -> armed -> running -> ending -> idle, and fault, which latches until a person has it cleared.
"""

import bounds
from admission import beyond
from program import LONGEST_HOLD, TURN, area, part, scale
from sides import Sides

IDLE, ARMED, RUNNING, ENDING, FAULT = 0, 1, 2, 3, 4
STATES = ("idle", "armed", "running", "ending", "fault")

#: The device's clock in ms goes round after six days.
CLOCK = (1 << 29) - 1
#: A whole part of a charge: 50 nC in nA us; and how many of them are 1 uC.
CARRY = 50_000_000
PER_MICROCOULOMB = 20
#: Largest current [nA] that a sum takes: any more has tripped.
_COUNTED = 2_000_000
#: Largest current of a program after its shift, whose square times LONGEST_HOLD is a small integer.
_SQUARED = 1_400
#: A square sum is carried at 2**20.
_SQUARE_CARRY = 20
#: Time [us] for which zero must be seen to be confirmed.
_QUIET = 10_000
#: Times that are only compared with less stop counting here [us].
_ENOUGH = 10_000_000
#: Stretch [us] over which the direct part of a balanced current is judged.
_SECOND = 1_000_000


def since(now, then):
    """Return the time [ms] from one reading of the device's clock to a later one."""
    return (now - then) & CLOCK


class Core:
    """The state of one stimulator. Commands return None, or a word that says why they were refused."""

    def __init__(self, clock=0):
        self.ms = clock & CLOCK
        self.us = 0
        self.state, self.fault, self.program = IDLE, "", None
        self.output, self.enable = 0, False
        self.flowed = 0  # [nA] at the last look
        self.number = 0  # of the last line taken in this session
        self.lease_end = self.last_flow = self.ms
        self.quiet_us = self.off_us = 0
        self.sides = Sides()
        self.sitting_charge = 0  # [CARRY] |net| of earlier programs of this sitting
        self.sitting_time = 0  # [10 us] of earlier programs of this sitting
        self.fade = self.shift = 0
        self.elapsed = self.odd = 0  # of the program that runs or ran last, [10 us] and [us]
        self._forget()
        self.open_window()

    def _forget(self):
        self.net, self.net_odd = 0, 0
        self.all, self.all_odd = 0, 0
        self.second, self.second_odd, self.second_us, self.turn = 0, 0, 0, 0
        self.phase, self.phase_odd, self.phase_sign = 0, 0, 0
        self.lease_all, self.lease_odd = 0, 0

    def open_window(self):
        """Begin anew what a status tells of the time since the last."""
        self.window_us = self.window_net = self.window_odd = 0
        self.square, self.square_odd = 0, 0
        self.peak = self.commanded = self.millivolts = 0

    @property
    def flowing(self):
        """Whether a program drives the output."""
        return self.state == RUNNING or self.state == ENDING

    @property
    def zero(self):
        """Whether nothing is commanded and zero has been measured for 10 ms."""
        return self.output == 0 and not self.enable and self.quiet_us >= _QUIET

    # -- commands --------------------------------------------------------------------------------

    def hello(self):
        """Begin a session: a new host, never while current flows."""
        if self.flowing:
            return "busy"
        self.number = 0
        if self.state == ARMED:
            self._off(IDLE)
        return None

    def accept(self, number):
        """Take the number of a line; one that is not above the last was repeated, delayed or replayed."""
        if number <= self.number:
            return "old"
        self.number = number
        return None

    def load(self, program):
        """Take a program while idle; refuse what passes a bound. Nothing flows."""
        if self.state != IDLE:
            return "fault" if self.state == FAULT else "busy"
        if since(self.ms, self.last_flow) >= bounds.REST:
            self.sitting_charge = self.sitting_time = 0
        why = beyond(program) or self._beyond_sitting(program)
        if why:
            return why
        self.program = program
        self.shift = 0
        while program.amplitude >> self.shift > _SQUARED:
            self.shift += 1
        self.elapsed = self.odd = 0
        self._forget()
        self.sides.begin(program.frequency > 0)
        self.state = ARMED
        return None

    def _beyond_sitting(self, program):
        if self.sitting_time + program.duration > bounds.SITTING_TIME:
            return "sitting-time"
        # nA * 10 us * TURN / TURN -> uC
        charge = abs(area(program)) * program.duration // (TURN * 100_000_000)
        if self.sitting_charge // PER_MICROCOULOMB + charge > bounds.SITTING_CHARGE:
            return "sitting-charge"
        return None

    def grant(self, lease, issued):
        """Start the program, or let it go on, until `lease` [ms] after the clock showed `issued` [ms].

        So a lease that was held up on its way is shorter by that, or refused.
        """
        if self.state == FAULT:
            return "fault"
        if self.program is None:
            return "no-program"
        if not 0 < lease <= bounds.LEASE:
            return "lease"
        if since(self.ms, issued) >= lease:
            return "late"
        if self.state == ARMED:
            if not self.zero:
                return "not-zero"
            self.program.restart()
            self.state, self.enable = RUNNING, True
            self.turn = self.off_us = 0
        self.lease_end = (issued + lease) & CLOCK
        self.lease_all = self.lease_odd = 0
        return None

    def end(self):
        """Go to zero by a ramp, then idle; the program goes on under it."""
        if self.state == ARMED:
            self._off(IDLE)
        if self.state == RUNNING:
            self.state, self.fade = ENDING, bounds.END_RAMP * 10

    def cut(self):
        """Zero at once. A fault stays."""
        self._off(FAULT if self.state == FAULT else IDLE)

    def clear(self):
        """Forget a fault, once a person has looked and zero is confirmed."""
        if self.state != FAULT:
            return None
        if not self.zero:
            return "not-zero"
        self.state, self.fault = IDLE, ""
        return None

    def trip(self, fault):
        """Zero at once, by both ways, and a fault that latches.

        The first one is kept, but a person's stop stands above every other: it is not resumed from.
        """
        if self.state != FAULT or fault == "stopped":
            self.fault = fault
        self._off(FAULT)

    def _off(self, state):
        if self.flowing:
            self.last_flow = self.ms
            self.sitting_charge += abs(self.net)
            self.sitting_time += self.elapsed
        if self.enable:
            self.quiet_us = self.off_us = 0
        self.output, self.enable, self.state = 0, False, state
        self.program = None

    # -- time ------------------------------------------------------------------------------------

    def hold(self):
        """Return the time [us] for which the present output may stand before the next `tick`."""
        if not self.flowing:
            return LONGEST_HOLD
        hold = self.program.hold()
        if self.state == ENDING and 0 < self.fade < hold:
            return self.fade
        return hold

    def tick(self, us, flowed, millivolts):
        """Let `us` [us] have passed in which `flowed` [nA] at `millivolts` [mV] were measured."""
        self.us += us
        self.ms = (self.ms + self.us // 1000) & CLOCK
        self.us %= 1000
        late = us > bounds.LATE and self.enable
        self.flowed = flowed
        self._see(flowed if flowed >= 0 else -flowed, millivolts)
        if self.flowing:
            self._count_all(us, flowed)
        self._judge(us, flowed, millivolts)
        if late:
            self.trip("late")
        if self.flowing:
            self._go_on(us)

    def _go_on(self, us):
        """Give the next output of the program, or end."""
        program = self.program
        if since(self.ms, self.lease_end) < CLOCK // 2:
            self.trip("lease")
            return
        if program.over():
            self._off(IDLE)
            return
        value = program.value()
        if self.state == ENDING:
            self.fade -= us
            if self.fade <= 0:
                self._off(IDLE)
                return
            value = scale(value, part(self.fade, bounds.END_RAMP * 10))
        step = value - self.output
        if value > bounds.CURRENT or value < -bounds.CURRENT:
            self.trip("over-current")
        elif program.frequency == 0 and (step if step > 0 else -step) > bounds.SLEW * us + bounds.ZERO:
            self.trip("slew")
        else:
            self.output = value

    # -- what flowed -----------------------------------------------------------------------------

    def _see(self, size, millivolts):
        """Keep the largest of the window, whether or not a program drives the output."""
        command = self.output if self.output >= 0 else -self.output
        if size > self.peak:
            self.peak = size if size < _COUNTED else _COUNTED
        if command > self.commanded:
            self.commanded = command
        if millivolts > self.millivolts:
            self.millivolts = millivolts

    def _count_all(self, us, flowed):
        if flowed > _COUNTED:
            flowed = _COUNTED
        elif flowed < -_COUNTED:
            flowed = -_COUNTED
        size = flowed if flowed >= 0 else -flowed
        while us > 0:
            now = us if us < LONGEST_HOLD else LONGEST_HOLD
            us -= now
            self._count(now, flowed, size)
            self.program.advance(now)
        self.elapsed, self.odd = self.program.elapsed, self.program.odd

    def _count(self, us, flowed, size):
        charge, every = flowed * us, size * us
        self.net_odd += charge
        self.net += self.net_odd // CARRY
        self.net_odd %= CARRY
        self.all_odd += every
        self.all += self.all_odd // CARRY
        self.all_odd %= CARRY
        self.lease_odd += every
        self.lease_all += self.lease_odd // CARRY
        self.lease_odd %= CARRY
        if self.window_us < _ENOUGH:
            self._count_window(us, charge, size)
        if self.program.balanced:
            self._count_second(us, charge)
        if not self.program.one_way:
            self._count_phase(flowed, every)

    def _count_window(self, us, charge, size):
        """What a status tells of the time since the last; without one for ten seconds it says no more."""
        self.window_us += us
        self.window_odd += charge
        self.window_net += self.window_odd // CARRY
        self.window_odd %= CARRY
        root = size >> self.shift
        if root > _SQUARED:
            root = _SQUARED
        self.square_odd += root * root * us
        self.square += self.square_odd >> _SQUARE_CARRY
        self.square_odd &= (1 << _SQUARE_CARRY) - 1

    def _count_second(self, us, charge):
        self.second_us += us
        self.second_odd += charge
        self.second += self.second_odd // CARRY
        self.second_odd %= CARRY

    def _count_phase(self, flowed, every):
        sign = 1 if flowed > bounds.FLOOR else -1 if flowed < -bounds.FLOOR else 0
        if sign == 0 or sign != self.phase_sign:
            self.phase = self.phase_odd = 0
            self.phase_sign = sign
        self.phase_odd += every
        self.phase += self.phase_odd // CARRY
        self.phase_odd %= CARRY

    # -- interlocks ------------------------------------------------------------------------------

    def _judge(self, us, flowed, millivolts):
        size = flowed if flowed >= 0 else -flowed
        if size > bounds.CURRENT + bounds.CURRENT // 20:
            self.trip("over-current")
        elif not self.enable:
            self._judge_off(us, size)
        else:
            self._judge_charge()
            if self.enable:
                cause = self.sides.look(us, self.output, flowed, millivolts)
                if cause:
                    self.trip(cause)

    def _judge_off(self, us, size):
        """A current that is not commanded: the stage does not go to zero."""
        if size <= bounds.ZERO:
            self.off_us = 0
            if self.quiet_us < _ENOUGH:
                self.quiet_us += us
            return
        self.quiet_us = 0
        if self.off_us < _ENOUGH:
            self.off_us += us
        if self.off_us >= bounds.OFF_TIME and self.state != FAULT:
            self.trip("stuck")

    def _judge_charge(self):
        net = self.net if self.net >= 0 else -self.net
        if (self.sitting_charge + net) // PER_MICROCOULOMB > bounds.SITTING_CHARGE:
            self.trip("sitting-charge")
        elif self.sitting_time + self.program.elapsed > bounds.SITTING_TIME:
            self.trip("sitting-time")
        elif self.phase * 50 > bounds.PHASE_CHARGE:
            self.trip("phase-charge")
        elif self.lease_all // PER_MICROCOULOMB > bounds.CURRENT // 1000 * bounds.LEASE // 1000 * 11 // 10:
            self.trip("lease-charge")
        elif self.program.turns != self.turn:
            self.turn = self.program.turns
            if self.second_us >= _SECOND:
                self._judge_second()

    def _judge_second(self):
        """The mean of a balanced current over whole periods, a second or more."""
        mean = self.second * 500 // (self.second_us // 100_000)
        self.second = self.second_odd = self.second_us = 0
        if mean > bounds.NET_DIRECT or mean < -bounds.NET_DIRECT:
            self.trip("net-direct")
