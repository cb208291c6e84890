import { BASE_STYLE } from '@watchbill/kit/html';

/** Style of the console. A letter names the node that has the unit; every sign is readable without colour. */
export const STYLE = `${BASE_STYLE}.state { font-size: 1.0625rem; }
.summary { font-size: 1.25rem; font-weight: 650; }
.summary.good { color: var(--good); } .summary.warn { color: var(--warn); } .summary.bad { color: var(--bad); }
.strip { display: flex; flex-wrap: wrap; gap: 2px; margin: 0 0 .5rem; }
.strip a { display: inline-flex; width: 1.5rem; height: 1.5rem; font-size: 0; align-items: center; justify-content: center; text-decoration: none; border-radius: .25rem; background: var(--bad-back); color: var(--bad); }
.strip a::before { content: "?"; font: 600 .75rem/1 ui-monospace, monospace; }
.strip .a, .strip .b, .strip .c, .strip .d, .strip .f, .strip .g, .strip .h, .strip .o { background: var(--good-back); color: var(--good); }
.strip .b, .strip .d, .strip .f, .strip .h { background: var(--busy-back); color: var(--busy); }
.strip .a::before { content: "A"; } .strip .b::before { content: "B"; } .strip .c::before { content: "C"; }
.strip .d::before { content: "D"; } .strip .f::before { content: "F"; } .strip .g::before { content: "G"; }
.strip .h::before { content: "H"; } .strip .o::before { content: "\\2713"; }
.strip .e, .strip .q, .strip .l, .strip .s, .strip .w { background: var(--warn-back); color: var(--warn); }
.strip .e::before { content: "\\2026"; } .strip .x::before { content: "\\2715"; } .strip .n::before { content: "\\2013"; }
.strip .l::before { content: "\\203A"; } .strip .s::before { content: "~"; } .strip .v::before { content: "\\2205"; }
.strip .w::before { content: "\\21C4"; }
.strip a[aria-current="true"] { outline: 2px solid var(--ink); }
.panel:not(:empty) { border-left: 4px solid var(--link); padding: 0 0 0 .75rem; margin: .5rem 0 1rem; }
ul.lines { list-style: none; margin: 0 0 .5rem; padding: 0; }
.lines > li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem .75rem; padding: .4rem 0; border-top: 1px solid var(--line); }
.narrow { max-width: 34rem; }
.narrow form { margin: 0 0 1rem; }
.narrow label { display: block; margin: 0 0 .25rem; font-weight: 600; }
.narrow input { margin: 0 0 1rem; }
header form { display: inline; }
.axis { display: grid; grid-template-columns: minmax(4.5rem, max-content) minmax(0, 1fr); gap: .3rem .75rem; align-items: center; margin: 0 0 .75rem; font-size: .875rem; }
.axis svg, .sign { width: 100%; height: 1.125rem; border-radius: .2rem; background: repeating-linear-gradient(45deg, var(--quiet) 0 1px, transparent 1px 5px); }
.sign { width: 1.125rem; vertical-align: -.25rem; }
.axis.days svg { height: 1.75rem; }
.axis.days path { stroke: var(--card); stroke-width: 2; vector-effect: non-scaling-stroke; }
.ticks { display: flex; justify-content: space-between; margin: 0; font-size: .8125rem; }
.on { fill: var(--good); } .off { fill: var(--plain-back); } .m1, .m2, .m3 { fill: var(--bad); } .move { fill: var(--busy); } .ice { fill: var(--warn); }
.pair { display: block; width: 100%; max-width: 34rem; margin: 0 0 .75rem; font: .75rem system-ui, sans-serif; unicode-bidi: isolate; }
.pair text { fill: var(--ink); } .pair .name { font-weight: 650; }
.pair rect { fill: var(--good-back); stroke: var(--good); } .pair path { stroke: var(--good); stroke-width: 1.5; }
.pair .bad rect { fill: var(--bad-back); stroke: var(--bad); } .pair path.bad { stroke: var(--bad); stroke-dasharray: 4 4; }
.pair .unknown rect { fill: var(--card); stroke: var(--quiet); stroke-dasharray: 2 3; } .pair path.unknown { stroke: var(--quiet); stroke-dasharray: 1 4; }
`;

/** The icon of the browser tab: its colour is that of the worst key. */
export function iconOf(tone: string): string {
  const colour = { good: '#14713f', warn: '#b37700' }[tone] ?? '#c0261d';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${colour}"/><circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.5"/><path d="M16 10.5V16l4 2.5" fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/></svg>`;
}
