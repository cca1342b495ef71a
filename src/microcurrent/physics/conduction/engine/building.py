"""Builds the hierarchy: aggregates level by level, the upper levels on rows, the lower ones as links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.engine.aggregation import Graph, join_nodes
from microcurrent.physics.conduction.engine.blocks import Blocks, next_blocks
from microcurrent.physics.conduction.engine.cells import join_cells
from microcurrent.physics.conduction.engine.extras import Extras, make_extras, with_coarse
from microcurrent.physics.conduction.engine.levels import Hierarchy, Level
from microcurrent.physics.conduction.engine.links import Links
from microcurrent.physics.conduction.engine.rows import Rows, Stencil, make_rows
from microcurrent.physics.conduction.engine.team import Slab, Team
from microcurrent.physics.conduction.engine.vectors import kernel

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]

#: A level with at least this many nodes is kept on rows, ...
_ON_ROWS = 6_000
#: ... unless more than this part of its nodes would be extras.
_MOST_EXTRAS = 0.5
#: The last level is solved directly; it has at most about this many nodes.
_DEEPEST = 250
#: Below this many cells a level is not worth the meeting of threads.
_SHARED = 150_000
#: A thread has at least this many planes.
_PLANES = 8


class _Sketch(NamedTuple):
    """A level on rows before its work arrays: `block0`: block of each plane; `cells`: how many."""

    rows: Rows
    stencil: Stencil
    extras: Extras
    of: Places
    block0: npt.NDArray[np.int64]
    cells: int


def make_hierarchy(
    rows: Rows, stencil: Stencil, *, cells: int, widths: Sequence[Floats], team: Team
) -> Hierarchy:
    """Return the levels below the `cells` on `rows`, whose grid has `widths` [m] along each axis."""
    blocks = next_blocks(widths, min(float(w.min()) for w in widths))
    of, graph = join_cells(rows, stencil, blocks, team=team)
    none = make_extras(
        rows.size, np.zeros(1, np.int32), neighbour=np.zeros(0, np.int32), link=np.zeros(0, np.float32)
    )
    sketches = [_Sketch(rows, stencil, none, of, blocks.of[0], cells)]
    while graph.nodes >= _ON_ROWS:
        placed = _on_rows(graph, tuple(w.size for w in blocks.widths))
        if placed is None:
            break
        place, lower, lower_stencil, extras = placed
        # Place 0 stays 0: it stands for no tissue.
        of = sketches[-1].of
        np.take(np.append(place, np.int32(0)), of, out=of, mode="clip")
        blocks = next_blocks(blocks.widths, blocks.target)
        joined, finer = join_nodes(graph, blocks)
        of = np.full(lower_stencil.inverse.size, finer.nodes, np.int32)
        of[place] = joined
        sketches.append(_Sketch(lower, lower_stencil, extras, of, blocks.of[0], graph.nodes))
        graph = finer
    links, diagonal, sizes = _as_links(graph, blocks)
    _check_connected(links)
    last = sketches[-1].of
    last[last == sizes[0]] = diagonal.size
    slabs = _slabs(sketches, team.threads)
    levels = [_level(sketch, part) for sketch, part in zip(sketches, slabs, strict=True)]
    sizes = [sketch.cells for sketch in sketches] + sizes
    return Hierarchy(levels=levels, links=links, sizes=sizes, link_diagonal=diagonal, team=team)


def _level(sketch: _Sketch, slabs: tuple[Slab, ...]) -> Level:
    size = sketch.stencil.inverse.size
    r, q, z, p, y = (np.zeros(size, np.float32) for _ in range(5))
    return Level(
        rows=sketch.rows,
        stencil=sketch.stencil,
        extras=with_coarse(sketch.extras, sketch.of),
        of=sketch.of,
        slabs=slabs,
        r=r, q=q, z=z, p=p, y=y,
    )  # fmt: skip


def _on_rows(graph: Graph, shape: tuple[int, ...]) -> tuple[Places, Rows, Stencil, Extras] | None:
    """Return the place of each node, rows, stencil and extras; None where too many would be extras."""
    diagonal = graph.diagonal()
    main = np.full(shape, -1, np.int32)
    _choose(graph.blocks, diagonal, main)
    rows, count = make_rows(main + 1)
    if count < (1 - _MOST_EXTRAS) * graph.nodes:
        return None
    place = np.full(graph.nodes, -1, np.int32)
    _place(rows, main, place)
    others = np.flatnonzero(place < 0)
    place[others] = rows.size + np.arange(others.size, dtype=np.int32)
    size = rows.size + others.size
    g0, g1, g2 = (np.zeros(size, np.float32) for _ in range(3))
    inverse = np.zeros(size, np.float32)
    inverse[place] = 1 / diagonal
    _fill_stencil(graph, place, rows.size, (g0, g1, g2))
    lengths = np.diff(graph.begin)[others]
    begin = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    pick = np.repeat(graph.begin[:-1][others] - begin[:-1], lengths) + np.arange(begin[-1])
    extras = make_extras(rows.size, begin, neighbour=place[graph.neighbour[pick]], link=graph.link[pick])
    return place, rows, Stencil(g0, g1, g2, inverse), extras


@kernel
def _choose(blocks, diagonal, main):
    """Write for each block its node with the largest diagonal."""
    for a in range(diagonal.size):
        i, j, k = blocks[a, 0], blocks[a, 1], blocks[a, 2]
        b = main[i, j, k]
        if b < 0 or diagonal[a] > diagonal[b]:
            main[i, j, k] = a


@kernel
def _place(rows, main, place):
    for i in range(rows.n0):
        for j in range(rows.n1):
            s = rows.start[i * rows.n1 + j]
            for k in range(rows.n2):
                if main[i, j, k] >= 0:
                    place[main[i, j, k]] = s + k


@kernel
def _fill_stencil(graph, place, size, faces):
    """Write the links between nodes on rows; their blocks are neighbours along one axis."""
    begin, _, neighbour, link, blocks = graph
    g0, g1, g2 = faces
    for a in range(place.size):
        if place[a] >= size:
            continue
        for m in range(begin[a], begin[a + 1]):
            b = neighbour[m]
            if place[b] >= size:
                continue
            if blocks[b, 0] > blocks[a, 0]:
                g0[place[a]] = link[m]
            elif blocks[b, 1] > blocks[a, 1]:
                g1[place[a]] = link[m]
            elif blocks[b, 2] > blocks[a, 2]:
                g2[place[a]] = link[m]


def _as_links(graph: Graph, blocks: Blocks) -> tuple[Links, Floats, list[int]]:
    """Return the levels from `graph` down, their diagonals [S], and their sizes."""
    graphs, transfers = [graph], []
    # The strongest of all links joins two nodes of one block in the end, so only parts stay apart.
    while graph.nodes > _DEEPEST and graph.link.size:
        blocks = next_blocks(blocks.widths, blocks.target)
        of, graph = join_nodes(graph, blocks)
        graphs.append(graph)
        transfers.append(of)
    first = np.concatenate([[0], np.cumsum([g.nodes for g in graphs])]).astype(np.int64)
    entry = np.concatenate([[0], np.cumsum([g.link.size for g in graphs])])
    pairs = list(zip(graphs, entry, first, strict=False))
    diagonal = np.concatenate([g.diagonal() for g in graphs])
    transfers.append(np.zeros(graphs[-1].nodes, np.int32))
    links = Links(
        first=first,
        begin=np.concatenate([*(g.begin[:-1] + e for g, e, _ in pairs), entry[-1:]]).astype(np.int32),
        middle=np.concatenate([g.middle + e for g, e, _ in pairs]).astype(np.int32),
        neighbour=np.concatenate([g.neighbour + f for g, _, f in pairs]).astype(np.int32),
        link=np.concatenate([g.link for g in graphs]),
        inverse=np.zeros(diagonal.size, np.float32),
        robin=np.zeros(diagonal.size, np.float32),
        of=np.concatenate([t + f for t, f in zip(transfers, first[1:], strict=True)]).astype(np.int32),
        deepest=np.zeros((1, 1), np.float32),
    )
    return links, diagonal, [g.nodes for g in graphs]


def _check_connected(links: Links) -> None:
    """Refuse tissue in several parts: each would need a potential of its own."""
    first, last = int(links.first[-2]), int(links.first[-1])
    begin = links.begin[first : last + 1]
    part = slice(begin[0], begin[-1])
    pattern = (links.link[part], links.neighbour[part] - first, begin - begin[0])
    parts, _ = connected_components(sparse.csr_array(pattern, shape=(last - first,) * 2), directed=False)
    if parts > 1:
        raise ValueRefused(
            Problem(what="tissue", expected="one connected part", came=f"{parts} parts or more")
        )


def _slabs(sketches: list[_Sketch], threads: int) -> list[tuple[Slab, ...]]:
    """Return for each level the planes of each thread, several for each.

    A cut lies between two blocks of the first level that is not shared, so that no two threads add to the
    same coarse cell.
    """
    alone: list[tuple[Slab, ...]] = [((0, s.rows.n0),) for s in sketches]
    shared = sum(s.cells >= _SHARED for s in sketches)
    if threads == 1 or shared == 0 or sketches[shared - 1].rows.n0 < _PLANES * threads:
        return alone
    # For each shared level: the block, on the first level that is not shared, of each plane.
    chains = []
    for depth in range(shared):
        chain = sketches[shared - 1].block0
        for sketch in reversed(sketches[depth : shared - 1]):
            chain = chain[sketch.block0]
        chains.append(chain)
    rows = sketches[0].rows
    work = (rows.high - rows.low).reshape(rows.n0, -1).sum(axis=1)
    reached = np.cumsum(np.bincount(chains[0], weights=work))
    cuts = np.searchsorted(reached, reached[-1] * np.arange(1, threads) / threads) + 1
    cuts = np.unique(np.clip(cuts, 1, reached.size))
    for depth, chain in enumerate(chains):
        ends = np.unique([0, *np.searchsorted(chain, cuts), chain.size])
        alone[depth] = tuple((int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True))
    return alone
