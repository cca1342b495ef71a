"""Bounds that this stimulator never passes, whatever a host asks. Whole numbers; each with its reason.

They are design values of this project, proposed, inside `src/microcurrent/data/limits.toml`; a test
holds them to it. The circuit holds the current to HARDWARE_CURRENT without any program: see README.md.
"""

NAME = "microcurrent-1"
#: Largest current [nA], peak: the limit on total current.
CURRENT = 1_000_000
#: Current [nA] that the output stage cannot pass by its resistors and supply.
HARDWARE_CURRENT = 1_200_000
#: Voltage [mV] that the stage reaches, and from which it counts as reached (98 %).
VOLTAGE = 60_000
VOLTAGE_REACHED = 58_800
#: Longest lease [ms]: the limit on the heartbeat.
LEASE = 1_000
#: Shortest ramp from zero, and the ramp at the end of a program that is asked to end [10 us].
LEAST_RAMP = 100_000
END_RAMP = 100_000
#: Largest net charge [uC] and time of current [10 us] of one sitting: the limits on both.
SITTING_CHARGE = 4_800_000
SITTING_TIME = 360_000_000
#: Time [ms] without current after which a new sitting begins without switching off: ten minutes.
REST = 600_000
#: Largest charge [nC] one way within a period of an alternating current: a second at the largest
#: current. What alternates more slowly is direct current that is reversed, and needs the ramps of one.
PHASE_CHARGE = 1_000_000
#: Largest mean [nA] over a second of a balanced current: the limit on its direct part.
NET_DIRECT = 50_000
#: Time [us] from the first sign of a lost contact to zero: below the 50 ms of the limit.
REACTION = 40_000
#: Time [us] within which the output stage must have gone to zero after both ways off were taken at once.
OFF_TIME = 20_000
#: Current [nA] too small to judge, and current that counts as zero.
FLOOR = 2_000
ZERO = 500
#: Share [percent] by which what flows may differ from what is commanded.
TOLERANCE = 10
#: Steepest change [nA/us] of a direct current: ramp, surge and the ramp at the end, all at once.
SLEW = 3
#: Resistance [ohm] below which the probes touch, and least current [nA] at which that can be told.
SHORT = 100
SHORT_FLOOR = 50_000
#: Stretch [us] without a look at the output after which nobody is watching it.
LATE = 20_000
#: Shortest stretch [us] of a waveform that this stimulator draws, and fewest steps of a sloped period.
SHORTEST = 50
FEWEST_STEPS = 16
