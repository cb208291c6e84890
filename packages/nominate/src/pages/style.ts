import { BASE_STYLE } from '@watchbill/kit/html';

/** Style of the pages: the common one, and the parts of a programme. */
export const STYLE = `${BASE_STYLE}.stash { margin-top: -.5rem; font-size: .875rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; margin: 0 0 1rem; }
.figures > div { background: var(--card); border: 1px solid var(--line); border-radius: .625rem; padding: .75rem 1rem; }
.figures dt { color: var(--quiet); font-size: .875rem; }
.figures dd { margin: 0; font-size: .875rem; }
.figures .value { font-size: 1.75rem; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
ul.lines, ol.lines, ul.bars { list-style: none; margin: 0; padding: 0; }
.lines > li, .bars > li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1rem .75rem; padding: .5rem 0; border-top: 1px solid var(--line); align-items: baseline; }
.lines > li:first-child, .bars > li:first-child { border-top: 0; padding-top: .25rem; }
.bars > li { border-top: 0; padding: .25rem 0; }
.lead { font-weight: 600; }
.wide { grid-column: 1 / -1; font-size: .9375rem; }
.wide:empty { display: none; }
.checklist, .bars.two { columns: 24rem; column-gap: 2.5rem; }
.checklist > li, .bars.two > li { break-inside: avoid; }
.checklist > li, .checklist > li:first-child { border-top: 0; padding-top: .5rem; border-bottom: 1px solid var(--line); }
meter, progress { width: 100%; height: .5rem; border: 0; border-radius: .25rem; background: var(--plain-back); appearance: none; }
meter::-webkit-meter-bar { height: .5rem; border: 0; border-radius: .25rem; background: var(--plain-back); }
meter::-webkit-meter-optimum-value { border-radius: .25rem; background: var(--bar); }
meter::-moz-meter-bar { border-radius: .25rem; background: var(--bar); }
progress::-webkit-progress-bar { border-radius: .25rem; background: var(--plain-back); }
progress::-webkit-progress-value { border-radius: .25rem; background: var(--bar); }
progress::-moz-progress-bar { border-radius: .25rem; background: var(--bar); }
.because { font-size: 1.0625rem; }
.why { border-left: 4px solid var(--link); }
.targets { margin: .5rem 0 0; padding-left: 1.5rem; columns: 18rem; }
.targets li { padding: .15rem 0; break-inside: avoid; }
.downloads { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: 0 0 .5rem; }
.path { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; padding: 0; margin: 0 0 1rem; font-size: .875rem; }
.path li { padding: .2rem .7rem; border-radius: 1rem; border: 1px solid var(--line); color: var(--quiet); background: var(--card); }
.path .done { color: var(--good); border-color: currentColor; }
.path .done::before { content: "\\2713\\00a0"; }
.path .now { color: var(--busy); background: var(--busy-back); border-color: currentColor; font-weight: 650; }
.path .ended { color: var(--bad); background: var(--bad-back); }
.filter { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 0 0 1rem; }
.filter label { display: grid; gap: .2rem; font-size: .875rem; color: var(--quiet); flex: 1 1 8rem; }
.filter label:first-child { flex: 2 1 12rem; }
.pages { display: flex; gap: 1.5rem; }
.checks { display: flex; flex-wrap: wrap; gap: .25rem; }
@media (max-width: 45rem) {
  .rows td[data-label="Failed or not known"] { grid-column: 1 / -1; }
  .filter label { flex: 1 1 40%; }
  .filter label:first-child, .filter button { flex: 1 1 100%; }
}
`;
