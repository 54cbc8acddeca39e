"""A map of regions from any GeoJSON of boundaries with Kemendagri codes."""

from __future__ import annotations

import base64
import html
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from jkn_analysis.errors import InputError
from jkn_analysis.reporting.axes import PX
from jkn_analysis.reporting.figures import grade
from jkn_analysis.reporting.style import TINGKAT, WARNA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from jkn_analysis.briefing.model import Tile

Rings = list[np.ndarray]
DEGREES = ("CRS84", "CRS84h", ":4326", ":4979", ":4755", "WGS 84")
"""How names of grids in degrees end; DGN95 (4755) is Indonesia's own."""
WIDE_PX = 720
_DPI = 110


def read_boundaries(path: Path, *, kode: set[str]) -> dict[str, Rings]:
    """Read the outer rings of some regions.

    Parameters
    ----------
    path
        A GeoJSON FeatureCollection whose features have the property ``kode``;
        heights and other values behind longitude and latitude are passed over.
    kode
        Codes wanted.

    Returns
    -------
    dict
        Code to rings, each an array of lon and lat; several features of one region
        are one, a region without an outline (``"geometry": null``) is left out.

    Raises
    ------
    InputError
        If the file is no such collection, or not in degrees.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise InputError(
            f"{path}: cannot be read ({exc.strerror})\n"
            "  → correct [report] batas, or leave it empty"
        ) from exc
    try:
        told = json.loads(content)
        _refuse_metres(told.get("crs"), path)
        found: dict[str, Rings] = {}
        for feature in told["features"]:
            name = feature["properties"]["kode"]
            if name in kode:
                found.setdefault(name, []).extend(_rings(feature["geometry"]))
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise InputError(
            f"{path}: not a GeoJSON of regions\n"
            "  → give a FeatureCollection with the property 'kode', or leave "
            "[report] batas empty"
        ) from exc
    return {name: rings for name, rings in found.items() if rings}


def _refuse_metres(crs: Mapping[str, Any] | None, path: Path) -> None:
    """Refuse a named grid that is none of longitude and latitude."""
    name = str(crs["properties"]["name"]) if crs else "CRS84"
    if not name.endswith(DEGREES):
        raise InputError(
            f"{path}: its coordinates are in {name}, not in degrees\n"
            "  → save it again as GeoJSON in EPSG:4326 (WGS 84)"
        )


def _rings(geometry: Mapping[str, Any] | None) -> Rings:
    """Return the outer rings of a polygon, of several, or of a collection."""
    if geometry is None:
        return []
    if geometry["type"] == "GeometryCollection":
        return [ring for part in geometry["geometries"] for ring in _rings(part)]
    parts = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        parts = [parts]
    elif geometry["type"] != "MultiPolygon":
        return []
    return [
        np.asarray([point[:2] for point in part[0]], dtype=float)
        for part in parts
        if part
    ]


def plot_peta(
    axes: Axes, ubin: Sequence[Tile], boundaries: Mapping[str, Rings]
) -> Axes:
    """Fill every region with its class; those under the target have a dark rim."""
    from matplotlib.collections import PolyCollection

    for tile in ubin:
        rings = boundaries.get(tile.kode)
        if rings is None:
            continue
        under = tile.nilai is not None and tile.nilai < tile.target
        colour = WARNA["garis"]
        if tile.nilai is not None:
            colour = TINGKAT[grade(tile.nilai, tile.target) - 1]
        axes.add_collection(
            PolyCollection(
                rings,
                facecolors=colour,
                edgecolors=WARNA["tinta"] if under else WARNA["redup"],
                linewidths=0.8 if under else 0.3,
            )
        )
    points = np.concatenate([ring for rings in boundaries.values() for ring in rings])
    axes.set_xlim(points[:, 0].min() - 0.1, points[:, 0].max() + 0.1)
    axes.set_ylim(points[:, 1].min() - 0.1, points[:, 1].max() + 0.1)
    axes.set_aspect(1 / np.cos(np.radians(points[:, 1].mean())))
    axes.set_axis_off()
    return axes


def render_map(
    ubin: Sequence[Tile], boundaries: Mapping[str, Rings], *, alt: str
) -> str:
    """Render the map as an embedded picture; '' where no region has boundaries."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not boundaries:
        return ""
    points = np.concatenate([ring for rings in boundaries.values() for ring in rings])
    wide, high = np.ptp(points, axis=0)
    ratio = min(1.1, max(0.35, float(high / max(wide, 1e-6))))
    figure = Figure(figsize=(WIDE_PX / PX, WIDE_PX * ratio / PX), dpi=_DPI)
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0)
    plot_peta(figure.add_axes((0, 0, 1, 1)), ubin, boundaries)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI, metadata={"Software": None})
    data = base64.b64encode(_reduce(stream)).decode()
    told = html.escape(alt, quote=True)
    return f'<img class="peta" src="data:image/png;base64,{data}" alt="{told}">'


def _reduce(stream: io.BytesIO) -> bytes:
    """Reduce a picture to few colours, transparency kept."""
    from PIL import Image

    small = io.BytesIO()
    image = Image.open(stream).convert("RGBA")
    image.quantize(32, method=Image.Quantize.FASTOCTREE).save(small, format="PNG")
    return small.getvalue()
