/** Style of every page: one column that fits a phone, light or dark by the setting of the reader. */
export const BASE_STYLE = `:root {
  color-scheme: light dark;
  --back: #f4f6f8; --card: #ffffff; --ink: #14202b; --quiet: #566573; --line: #dbe2e8; --link: #0a5a78;
  --good: #14713f; --good-back: #e2f4e9; --bad: #a3211a; --bad-back: #fce8e6; --warn: #7d5300; --warn-back: #fdf1d6;
  --busy: #1b4f9c; --busy-back: #e5eefb; --plain-back: #e9eef2; --bar: #0a5a78; --head: #0b3d4f; --button: #0b3d4f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1419; --card: #151e25; --ink: #e4ebf0; --quiet: #94a5b3; --line: #27343e; --link: #6cc7e4;
    --good: #5ed39a; --good-back: #12301f; --bad: #ff8f87; --bad-back: #3a1714; --warn: #ecc15a; --warn-back: #352808;
    --busy: #8cb8ff; --busy-back: #16264a; --plain-back: #22303a; --bar: #4aaecb; --head: #0a2733; --button: #155a73;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem; }
header { background: var(--head); color: #fff; }
.bar { max-width: 62rem; margin: 0 auto; padding: .75rem 1rem .25rem; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
.home { color: #fff; font-weight: 650; font-size: 1.1rem; text-decoration: none; margin-right: auto; }
nav { display: flex; flex-wrap: wrap; gap: 0 .25rem; margin: 0 -.5rem; }
nav a { color: #cfe3ea; text-decoration: none; padding: .5rem; border-bottom: 3px solid transparent; }
nav a:hover { color: #fff; }
nav a[aria-current] { color: #fff; border-color: #ffb53e; }
header a:focus-visible { outline-color: #ffb53e; }
main { max-width: 62rem; margin: 0 auto; padding: 1.25rem 1rem 2rem; }
main[data-stale]::before { content: "The server does not answer: this page shows the past."; display: block; background: var(--bad-back); color: var(--bad); border-radius: .375rem; padding: .5rem 1rem; margin-bottom: 1rem; }
footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem 2rem; color: var(--quiet); font-size: .875rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h1 .pill, h2 .pill { vertical-align: middle; } h2 { font-size: 1.125rem; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
h2 .number { float: right; }
p { margin: 0 0 .75rem; }
code { font-size: .9em; }
.quiet { color: var(--quiet); }
.bad { color: var(--bad); } .number { font-variant-numeric: tabular-nums; text-align: right; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .625rem; padding: 1rem; margin: 0 0 1rem; }
.card > :last-child { margin-bottom: 0; }
.pill { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600; line-height: 1.5; white-space: nowrap; background: var(--plain-back); color: var(--ink); }
.pill.good { background: var(--good-back); color: var(--good); }
.pill.bad { background: var(--bad-back); color: var(--bad); }
.pill.warn { background: var(--warn-back); color: var(--warn); }
.pill.busy { background: var(--busy-back); color: var(--busy); }
.remedy { background: var(--warn-back); color: var(--ink); border-radius: .375rem; padding: .25rem .6rem; margin: .15rem 0; }
.troubles { background: var(--bad-back); color: var(--bad); border-radius: .625rem; padding: .75rem 1rem; margin: 0 0 1rem; } ul.troubles { padding-left: 2rem; }
.legend span { margin-right: .75rem; font-size: .875rem; }
.facts, .evidence { display: grid; grid-template-columns: minmax(8rem, max-content) minmax(0, 1fr); gap: .3rem 1rem; margin: .5rem 0 0; font-size: .9375rem; }
.facts dt, .evidence dt { color: var(--quiet); }
.facts dd, .evidence dd { margin: 0; }
summary { cursor: pointer; color: var(--link); font-size: .875rem; padding: .15rem 0; }
input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .6rem; min-height: 2.75rem; width: 100%; }
button { width: auto; background: var(--button); color: #fff; border-color: var(--button); padding-inline: 1.25rem; cursor: pointer; font-weight: 600; }
table.rows { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: .625rem; overflow: hidden; font-size: .9375rem; }
.card table.rows { border: 0; }
.rows th { white-space: nowrap; text-align: left; font-weight: 600; color: var(--quiet); font-size: .875rem; }
.rows th.number { text-align: right; }
.rows td { overflow-wrap: break-word; }
.rows th, .rows td { padding: .5rem .75rem; border-top: 1px solid var(--line); vertical-align: top; }
.rows thead th { border-top: 0; }
@media (max-width: 45rem) {
  table.rows, .rows tbody { display: block; }
  .rows thead { position: absolute; left: -100rem; }
  .rows tr { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; padding: .6rem .9rem; border-top: 1px solid var(--line); }
  .rows tbody tr:first-child { border-top: 0; }
  .rows td { border: 0; padding: 0; text-align: left; overflow-wrap: anywhere; }
  .rows td.title { grid-column: 1 / -1; order: -1; font-weight: 600; }
  .rows td[data-label]::before { content: attr(data-label) " "; color: var(--quiet); font-size: .875rem; }
  .card table.rows tr { padding-inline: 0; }
  .facts, .evidence { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd, .evidence dd { margin-bottom: .4rem; }
}
`;
