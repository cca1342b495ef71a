"""Load: skin under two probes and the output stage that drives it, as a port without hardware sees them.

One resistor for the body inside the skin, in series with skin (a resistor beside a capacitor), behind a
current source with a voltage limit and a current limit of its own. It breaks to order.
"""

import math

import bounds

#: What can break, and what its size means.
FAULTS = (
    "lead_off",  # no contact
    "short",  # the probes touch: 10 ohm
    "drift",  # the impedance rises by `size` of itself a second
    "gain",  # the current is 1 + size times the one commanded
    "leak",  # `size` nA flow on top
    "stuck",  # the current stays at its last value, whatever is commanded; the relay still opens
    "welded",  # as stuck, and the relay does not open
    "button",  # somebody presses the stop button
)
_SHORTED = 10.0


class Load:
    """What flows and at which voltage. `series`, `parallel` [ohm]; `capacitance` [F]."""

    def __init__(self, series=2000.0, parallel=30000.0, capacitance=50e-9):
        self.series, self.parallel, self.capacitance = series, parallel, capacitance
        self.faults = {}
        self.flowed = self.millivolts = 0
        self._skin = 0.0  # [V] over the capacitor
        self._rise = 1.0
        self._held = 0

    def break_(self, fault, size=0.0):
        """Let something break."""
        self.faults[fault] = size

    def mend(self, fault):
        """Let it be whole again."""
        self.faults.pop(fault, None)
        if fault == "drift":
            self._rise = 1.0

    def flow(self, command, enabled, us):
        """Let `command` [nA] be asked of the stage for `us` [us]; sets `flowed` [nA], `millivolts`."""
        faults = self.faults
        wanted = command
        if "stuck" in faults or "welded" in faults:
            wanted = self._held
        elif enabled:
            wanted = command * (1 + faults.get("gain", 0.0)) + faults.get("leak", 0.0)
            self._held = wanted
        if not enabled and "welded" not in faults:
            wanted = 0
        if "drift" in faults:
            self._rise += faults["drift"] * us * 1e-6
        self._settle(wanted, us * 1e-6)

    def _settle(self, wanted, seconds):
        limit = bounds.VOLTAGE / 1000
        if "lead_off" in self.faults:
            self.flowed, self.millivolts = 0, int(limit * 1000) if wanted else 0
            self._skin = 0.0
            return
        shorted = "short" in self.faults
        series = _SHORTED if shorted else self.series * self._rise
        parallel = 0.0 if shorted else self.parallel * self._rise
        current = max(-bounds.HARDWARE_CURRENT, min(bounds.HARDWARE_CURRENT, wanted)) * 1e-9
        skin = self._skin_after(current, parallel, seconds)
        if abs(skin + current * series) > limit:
            # The stage cannot: the current that its voltage can drive, once the skin is charged.
            current = math.copysign(limit / (series + parallel), current)
            skin = current * parallel
        self._skin = skin
        self.flowed = int(current * 1e9 + (0.5 if current >= 0 else -0.5))
        self.millivolts = int(abs(skin + current * series) * 1000)

    def _skin_after(self, current, parallel, seconds):
        tau = parallel * self.capacitance
        if tau <= 0:
            return current * parallel
        kept = math.exp(-seconds / tau)
        return current * parallel * (1 - kept) + self._skin * kept
