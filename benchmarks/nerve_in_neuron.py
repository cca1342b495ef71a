"""Our fibres in NEURON, without compiled mechanisms: an outside judge of the cable solver.

Gates are built as NEURON's own channel-builder objects (`KSChan`) from the same noun that our solver takes;
the double cable is written out compartment by compartment, as McIntyre 2002 has it, with two layers
outside.
"""

from __future__ import annotations

import math

from neuron import h

h.load_file("stdrun.hoc")
LINOID, SIGMOID, EXPONENTIAL, CONSTANT = 3, 4, 2, 1
KINDS = {}


def _shape(rate, warm):
    """NEURON's number of a function, and its parameters in 1/ms and mV."""
    at, slope = rate.at * 1e3, rate.slope * 1e3
    if rate.form == "linoid":
        return LINOID, [warm * rate.rate * abs(rate.slope) * 1e-3, 1 / slope, at]
    if rate.form == "sigmoid":  # NEURON's grows with a negative factor
        return SIGMOID, [warm * rate.rate * 1e-3, -1 / slope, at]
    if rate.form == "exponential":
        return EXPONENTIAL, [warm * rate.rate * 1e-3, 1 / slope, at]
    return CONSTANT, [warm * rate.rate * 1e-3]


def channels_of(membrane):
    """Names of NEURON mechanisms for the channels of a membrane, made when first asked for."""
    if membrane.name not in KINDS:
        names = []
        for channel in membrane.channels:
            made = h.KSChan(0)
            names.append(f"own{len(KINDS)}_{channel.name.replace(' ', '')}")
            made.name(names[-1])
            made.ion("NonSpecific")
            made.iv_type(0)
            for place, name in enumerate(dict.fromkeys(channel.gates)):
                gate = next(g for g in membrane.gates if g.name == name)
                made.add_hhstate(name)
                made.gate(place).power(channel.gates.count(name))
                warm = gate.q10 ** ((membrane.temperature - gate.reference) / 10)
                made.trans(place).type(0)
                for side, rate in ((0, gate.alpha), (1, gate.beta)):
                    kind, numbers = _shape(rate, warm)
                    made.trans(place).set_f(side, kind, h.Vector(numbers))
            KINDS.setdefault("objects", []).append(made)
        KINDS[membrane.name] = names
    return KINDS[membrane.name]


def insert(section, membrane):
    """Put a membrane into a section."""
    section.cm = membrane.capacitance * 1e2
    for channel, name in zip(membrane.channels, channels_of(membrane), strict=True):
        section.insert(name)
        setattr(section, f"gmax_{name}", channel.conductance * 1e-4)
        setattr(section, f"e_{name}", channel.reversal * 1e3)
    section.insert("pas")
    section.g_pas, section.e_pas = membrane.leak * 1e-4, membrane.leak_reversal * 1e3


class InNeuron:
    """One fibre in NEURON: `drive` it, look at its nodes."""

    def __init__(self, axon, size, nodes):
        self.membrane, self.nodes, self.sections = axon.membrane, [], []
        self.myelinated = axon.myelin is not None
        if self.myelinated:
            self._double_cable(axon, size, nodes)
        else:
            self._bare(axon, size, nodes)
        for before, after in zip(self.sections, self.sections[1:], strict=False):
            after.connect(before(1), 0)
        self.points = [section(0.5) for section in self.sections]

    def _section(self, length, width, resistivity):
        section = h.Section(name=f"part{len(self.sections)}")
        section.nseg, section.L, section.diam = 1, length * 1e6, width * 1e6
        section.Ra = resistivity * 1e2
        self.sections.append(section)
        return section

    def _bare(self, axon, diameter, nodes):
        for _ in range(nodes):
            section = self._section(axon.segment, diameter, axon.resistivity)
            insert(section, axon.membrane)
            section.insert("extracellular")
            self.nodes.append(section(0.5))

    def _double_cable(self, axon, size, nodes):
        m = axon.myelin
        inner = (size.spacing - m.node_length - 2 * m.attachment_length - 2 * size.paranode) / m.parts
        kinds = {
            "attachment": (m.attachment_length, size.node, m.narrow, m.attachment),
            "paranode": (size.paranode, size.axon, m.wide, m.paranode),
            "internode": (inner, size.axon, m.wide, m.internode),
        }
        order = ["attachment", "paranode", *["internode"] * m.parts, "paranode", "attachment"]
        for n in range(nodes):
            node = self._section(m.node_length, size.node, axon.resistivity)
            insert(node, axon.membrane)
            node.insert("extracellular")
            node.xraxial[0] = self._under(axon, size.node, m.narrow)
            node.xg[0], node.xc[0] = 1e10, 0
            self.nodes.append(node(0.5))
            if n == nodes - 1:
                break
            for kind in order:
                length, width, gap, leak = kinds[kind]
                part = self._section(length, width, axon.resistivity)
                part.cm = axon.membrane.capacitance * 1e2
                part.insert("pas")
                part.g_pas, part.e_pas = leak * 1e-4, axon.membrane.rest * 1e3
                part.insert("extracellular")
                part.xraxial[0] = self._under(axon, width, gap)
                # NEURON counts per surface of the axon, myelin per surface of the fibre.
                share = size.diameter / width / (2 * size.lamellae)
                part.xg[0], part.xc[0] = m.conductance * 1e-4 * share, m.capacitance * 1e2 * share

    @staticmethod
    def _under(axon, width, gap):
        area = math.pi * ((width / 2 + gap) ** 2 - (width / 2) ** 2)
        return axon.resistivity / area * 1e-8  # ohm/m to Mohm/cm

    def rest(self):
        """Start as NEURON's users do: 20 steps of 10 ms before anything happens."""
        for point in self.points:
            point.e_extracellular = 0
        h.celsius = self.membrane.temperature - 273.15
        h.secondorder = 0
        h.finitialize(self.membrane.rest * 1e3)
        h.dt = 10
        for _ in range(20):
            h.fadvance()

    def start(self, step):
        """Come to rest once; the state is kept for every later run with this step [s]."""
        self.rest()
        h.dt = step * 1e3
        self.saved = h.SaveState()
        self.saved.save()

    def run(self, potential, wave, step):
        """March over `wave`; yield the potentials across the nodes [V] after each step."""
        self.saved.restore(1)
        h.dt = step * 1e3
        applied = 0.0
        for value in wave:
            if value != applied:
                for point, outside in zip(self.points, potential, strict=True):
                    point.e_extracellular = float(value * outside * 1e3)
                applied = value
            h.fadvance()
            yield self.nodes

    def fires(self, potential, wave, *, step, detection):
        """Whether either detector passes `detection` [V across the membrane]."""
        for nodes in self.run(potential, wave, step):
            if nodes[2].v > detection * 1e3 or nodes[-3].v > detection * 1e3:
                return True
        return False
