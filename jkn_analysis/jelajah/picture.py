"""A live picture in a notebook: planned once in the browser, then only rows move."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import anywidget
import traitlets
import vl_convert

from jkn_analysis.jelajah.charts import ACTIONS, MENU, ORDER, PICK

if TYPE_CHECKING:
    from jkn_analysis.jelajah.charts import Drawn

_DRAW = f"""
async function render({{model, el}}) {{
  const plan = structuredClone(model.get('plan'));
  const first = model.get('shown');
  const colours = plan.params?.find(param => param.name === '{ORDER}');
  if (colours) colours.value = first.order;
  plan.datasets = structuredClone(first.rows);
  const {{view, finalize}} = await vegaEmbed(el, plan, model.get('options'));
  const label = () => el.querySelector('[role="graphics-document"]')
    ?.setAttribute('aria-label', model.get('shown').told);
  const fill = async () => {{
    const {{rows, order}} = model.get('shown');
    for (const [name, list] of Object.entries(rows)) {{
      view.data(name, structuredClone(list));
    }}
    if (order.length) view.signal('{ORDER}', order);
    label();
    await view.runAsync();
  }};
  if (plan.params?.some(param => param.name === '{PICK}')) {{
    view.addSignalListener('{PICK}', (_, value) => {{
      model.set('picked', value.kode?.[0] ?? '');
      model.save_changes();
    }});
  }}
  label();
  el.querySelector('summary')?.setAttribute('aria-label', '{MENU}');
  model.on('change:shown', fill);
  if (model.get('shown') !== first) await fill();
  return () => {{ model.off('change:shown', fill); finalize(); }};
}}
export default {{render}};
"""


@cache
def read_viewer() -> str:
    """Bundle the viewer that lies in the package with the few lines that feed it."""
    bundled: str = vl_convert.javascript_bundle(_DRAW)
    return bundled


class Picture(anywidget.AnyWidget):
    """A picture whose rows can be changed; `picked` is the code of a chosen tile."""

    plan = traitlets.Dict().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    options = traitlets.Dict(ACTIONS).tag(sync=True)
    picked = traitlets.Unicode("").tag(sync=True)

    def __init__(self, drawn: Drawn) -> None:
        super().__init__(_esm=read_viewer(), plan=drawn.plan)
        self._drawn: Drawn | None = None
        self.show(drawn)

    def show(self, drawn: Drawn) -> None:
        """Move to other rows of the same plan; the same picture again costs nothing."""
        if drawn is self._drawn:
            return
        self._drawn = drawn
        self.shown = {
            "rows": drawn.records(),
            "order": list(drawn.order),
            "told": drawn.told,
        }
