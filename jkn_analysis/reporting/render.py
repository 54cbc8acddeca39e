"""An executed notebook as one self-contained HTML page."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import RunError
from jkn_analysis.reporting.display import META
from jkn_analysis.reporting.style import read_page_css, unscope
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbconvert.exporters import TemplateExporter
    from nbformat import NotebookNode

CATATAN = "catatan"
"""Tag of cells that speak to the analyst and stay out of the page."""
_HIDDEN = ("include_input", "include_input_prompt", "include_output_prompt")
_SHOWN = {
    **dict.fromkeys(_HIDDEN, False),
    **dict.fromkeys(("include_code", "include_markdown", "include_output"), True),
    "no_prompt": True,
}
"""What nbconvert's templates ask of a page: results and words, no code."""
_REMOTE = re.compile(
    r"(?:src|href|action|data|poster)\s*=\s*[\"']?\s*(?:https?:)?//|url\(\s*[\"']?https?:",
    re.IGNORECASE,
)
_ALT = re.compile(r"<img(?![^>]*\balt=\"[^\"]+\")[^>]*>", re.IGNORECASE)


@cache
def _exporter() -> TemplateExporter:
    """Build the exporter once; our template, no preprocessors, no web address."""
    from nbconvert.exporters.html import HTMLExporter
    from traitlets.config import Config

    class PageExporter(HTMLExporter):
        """Fills the template with the notebook itself, no more.

        There are no preprocessors, so nothing needs nbconvert's two deep copies; alt
        texts are checked by us before, so nothing needs its second parsing.
        """

        def from_notebook_node(  # type: ignore[override]
            self,
            nb: NotebookNode,
            resources: dict[str, Any] | None = None,
            **_: Any,  # noqa: ANN401 - nbconvert's own interface
        ) -> tuple[str, dict[str, Any]]:
            """Fill the template."""
            told = self._init_resources(resources)
            told["global_content_filter"] = dict(_SHOWN)
            return self.template.render(nb=nb, resources=told), told

    folder = resources.files("jkn_analysis.reporting").joinpath("templates")
    config = Config()
    config.TemplateExporter.extra_template_basedirs = [str(folder)]
    exporter = PageExporter(
        config=config, template_name="jkn", preprocessors=[], default_preprocessors=[]
    )
    exporter.register_filter("unscoped", unscope)
    return exporter


def _outputs(nb: NotebookNode) -> Iterator[tuple[int, Any]]:
    """Walk the outputs with the number of their cell, counted from 1."""
    for number, cell in enumerate(nb.cells, start=1):
        for output in cell.get("outputs", []):
            yield number, output


def _refuse_faults(nb: NotebookNode) -> None:
    """Refuse a notebook that failed, or shows a picture without its alt text.

    Raises
    ------
    RunError
        Names the cell.
    """
    for number, output in _outputs(nb):
        if output.output_type == "error":
            raise RunError(
                f"cell {number} ended with {output.ename}: {output.evalue}\n"
                "  → mend the notebook; a failed one is never published"
            )
        shown = output.get("data", {})
        meta = output.get("metadata", {})
        for kind in ("image/png", "image/svg+xml", "image/jpeg"):
            told = meta.get(kind, {}).get("alt") or meta.get("alt")
            if kind in shown and "text/html" not in shown and not told:
                raise RunError(
                    f"cell {number} shows a picture without an alt text\n"
                    "  → show it with reporting.tampilkan(figure, alt=...)"
                )


def _read_meta(nb: NotebookNode, given: Mapping[str, Any]) -> dict[str, Any]:
    """Read title, language and sample mark from the notebook's own output."""
    told: dict[str, Any] = {"judul": "Briefing JKN", "bahasa": "id", "contoh": False}
    for _, output in _outputs(nb):
        told.update(output.get("metadata", {}).get(META, {}))
    return {**told, **{key: value for key, value in given.items() if key in told}}


def render_notebook(nb: NotebookNode, *, meta: Mapping[str, Any] | None = None) -> str:
    """Render an executed notebook as a page that needs nothing from outside.

    Code, prompts, messages and cells tagged ``catatan`` stay out. The bytes depend
    on the notebook alone.

    Parameters
    ----------
    nb
        The executed notebook.
    meta
        ``judul``, ``bahasa``, ``contoh`` to use in place of what the notebook says.

    Raises
    ------
    RunError
        If a cell failed, a picture has no alt text, or a remote address is used.
    """
    _refuse_faults(nb)
    told = _read_meta(nb, meta or {})
    resource = {
        "jkn": {
            **told,
            "css": read_page_css(),
            "spanduk": read_catalogue(told["bahasa"]).say("umum.contoh"),
            "catatan": CATATAN,
        }
    }
    page, _ = _exporter().from_notebook_node(nb, resources=resource)
    refuse_remote(page)
    return page.strip() + "\n"


def refuse_remote(page: str) -> None:
    """Refuse a page that would fetch something or shows an undescribed picture.

    Raises
    ------
    RunError
        Shows the place.
    """
    found = _REMOTE.search(page) or _ALT.search(page)
    if found:
        place = page[max(0, found.start() - 40) : found.end() + 60]
        raise RunError(
            f"the page would fetch something, or has a picture without alt: {place!r}\n"
            "  → embed it, or describe it"
        )
