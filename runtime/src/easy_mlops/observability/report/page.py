"""How the page looks; its colours are those of the plots."""

from __future__ import annotations

from typing import Final

from easy_mlops.charts import Markup

PAGE_STYLE: Final = Markup("""
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
h1 { font-size: 1.65rem; letter-spacing: -.01em; margin: 0; } h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
p { margin: 0 0 .75rem; } .dim { color: var(--dim); }
.verdict { font-size: 1.1rem; font-weight: 600; margin: .35rem 0 .9rem; }
.OK { color: var(--ok); } .Firing { color: var(--alert); } .NoData, .NoRule { color: var(--dim); }
.tiles { list-style: none; display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1rem; padding: 0; }
.tiles li { padding: .3rem .75rem; border-radius: 99px; background: var(--card); border: 1px solid var(--grid); }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 0 1rem; } dt { color: var(--dim); font-size: .8rem; }
dd { margin: 0; overflow-wrap: anywhere; } dl div { min-width: 0; }
section { margin-top: 1.25rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--grid);
  border-radius: 12px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--dim); font-size: .85rem; padding-bottom: .4rem; }
th, td { text-align: left; padding: .4rem 1.1rem .4rem 0; border-top: 1px solid var(--grid); white-space: nowrap; }
thead th { border-top: 0; color: var(--dim); font-size: .8rem; font-weight: 500; } tbody th { font-weight: 500; }
td.number, th.number { text-align: right; } td.words { min-width: 14rem; }
tbody th { min-width: 9rem; } tbody th, td.words { white-space: normal; overflow-wrap: anywhere; }
.pill { font-weight: 600; } a { color: inherit; }
figure { margin: 0; min-width: 0; }
figcaption span { min-width: 0; overflow-wrap: anywhere; } .overview { margin-bottom: 1rem; }
.overview figcaption { font-weight: 400; color: var(--dim); font-size: .85rem; }
.overview .chart { min-width: 44rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 1.25rem 1.5rem; }
figcaption { display: flex; justify-content: space-between; gap: 1rem; font-weight: 500; padding: 0 .4rem .2rem .1rem; }
@media print { body { background: none; max-width: none; padding: 0; } section { break-inside: avoid-page; } }
""")
