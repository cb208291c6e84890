import { counted } from '@watchbill/kit';
import { BASE_STYLE, coded, html, htmlDocument, type Markup, pill } from '@watchbill/kit/html';
import type { WindowSchedule } from '../../window.ts';
import type { FaultRecord, WindowRecord } from '../records/queries.ts';
import { type LiveStatus, statusRows } from './status.ts';
import { type Cell, cellsOf, lookPill, remedyOf, resultOf, stripMarkup, windowTable } from './strip.ts';

export interface PageFacts {
  readonly status: LiveStatus;
  /** The newest first. */
  readonly windows: readonly WindowRecord[];
  readonly faults: readonly FaultRecord[];
  readonly schedule: WindowSchedule;
  readonly nowMs: number;
}

export const STYLE = `${BASE_STYLE}.strip { display: block; width: 100%; max-width: 36rem; margin: 0 0 .5rem; }
.strip rect { fill: var(--plain-back); } .strip a:focus-visible { outline: none; }
.strip a:focus-visible rect, .strip a:hover rect { stroke: var(--link); stroke-width: 2; }
.strip text { font: 600 12px ui-monospace, monospace; text-anchor: middle; dominant-baseline: central; fill: var(--ink); }
.strip .agreed rect { fill: var(--good-back); } .strip .agreed text { fill: var(--good); }
.strip .none rect { fill: var(--bad-back); } .strip .none text { fill: var(--bad); }
.strip .missed rect { fill: var(--warn-back); } .strip .missed text { fill: var(--warn); }
tr:target { outline: 2px solid var(--link); outline-offset: -2px; }
.card ul { margin: 0 0 .5rem; padding-left: 1.25rem; }
@media (max-width: 45rem) { .rows td.wide { grid-column: 1 / -1; } }
`;

/** The icon in the tab of the browser: four members, one of which leads. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b3d4f"/>
<g fill="#fff"><circle cx="16" cy="8" r="4" fill="#ffb53e"/><circle cx="24" cy="16" r="4"/><circle cx="16" cy="24" r="4"/><circle cx="8" cy="16" r="4"/></g>
</svg>
`;

const LINKS = ['status', 'windows', 'faults', 'health', 'metrics'];

/** The page of a member for people: the state, the last windows, and what to do. */
export function memberPage(facts: PageFacts): string {
  const { status, windows, schedule, nowMs } = facts;
  const headline = headlineOf(status);
  const cells = cellsOf(windows, status.window === null ? null : BigInt(status.window.index));
  const last = cells.at(-1);
  const content = html`<h1>${headline} ${status.problems.length === 0 ? pill('healthy', 'good') : pill('not healthy', 'bad')}</h1>
${status.problems.length > 0 && html`<ul class="troubles">${status.problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
<section class="card"><h2>The last windows</h2>
${last === undefined ? html`<p>No window has ended yet.</p>` : stripMarkup(cells, schedule)}</section>
${last !== undefined && lastWindow(status, last)}
${faultCard(facts)}
<section class="card"><h2>This member</h2>${factList(statusRows(status))}</section>
${last !== undefined && html`<details data-key="windows"><summary>The windows as a table</summary>${windowTable(cells, schedule)}</details>`}`;
  return htmlDocument({
    title: `${headline} · Watchbill`,
    ...{ icon: '/icon.svg', style: '/page.css', script: '/page.js' },
    header: html`<a class="home" href="/">Watchbill coordinate</a>
<nav aria-label="The same for programs">${LINKS.map((name) => html`<a href="/${name}">${name}</a>`)}</nav>`,
    content,
    footer: html`<p>As of ${new Date(nowMs).toISOString().slice(0, 19)}Z. The links at the top have the same for programs.</p>`,
    live: { seconds: 5 },
  });
}

/** For example `demo, 4 members: one leads window 12, next window in 8 blocks`. */
export function headlineOf({ height, members, name, nextBlock, window }: Omit<LiveStatus, 'said'>): string {
  const group = `${name}, ${counted(members, 'member')}`;
  if (height === null || nextBlock === null) return `${group}: no finalised block is known yet`;
  const leads = window === null ? 'no window is open' : `${window.leader} leads window ${window.index}`;
  return `${group}: ${leads}, next window in ${counted(Number(BigInt(nextBlock) - BigInt(height)), 'block')}`;
}

function factList(rows: readonly (readonly [name: string, text: string | Markup])[]): Markup {
  return html`<dl class="facts">${rows.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>`;
}

/** The votes of this member in the last window, its result, and the cause. */
function lastWindow(status: LiveStatus, cell: Cell): Markup {
  const { index, record } = cell;
  const remedy =
    record === null ? 'look at the log of this member, and at the disk of stateDir' : remedyOf(record);
  const lease =
    record?.startBlock == null
      ? ''
      : `; it may run from block ${record.startBlock} until ${record.expiryBlock}`;
  return html`<section class="card"><h2>Window ${index} ${lookPill(cell)}</h2>
${factList([
  ['this member', didIn(status, cell)],
  ['result', `${resultOf(cell)}${lease}`],
  ...(record?.detail ? [['why', record.detail] as const] : []),
  ...(record?.receipts ?? []).map(({ action, result, text }) => [action, `${result}: ${text}`] as const),
  ...(remedy === null ? [] : [['cause, remedy', remedy] as const]),
])}</section>`;
}

function didIn({ last }: LiveStatus, { index }: Cell): string {
  if (last === null || last.index !== `${index}`) return 'unknown: this process did not see the window';
  if ('leads' in last) return last.leads ? 'led the window' : `followed ${last.leader}`;
  const { abstains, signed } = last;
  if (signed.length > 0) return `signed ${signed.join(', ')}`;
  return abstains === null ? 'signed no vote' : `signed no vote: ${abstains}`;
}

const SILENCE =
  'no message of it arrived in time: ask its operator to check its process, node and ports; it is no proof';
const PROOF =
  'ask its operator first whether a state folder was copied or restored; `watchbill coordinate verify-evidence FILE` checks the proof';

/** The newest faults, with one remedy for all of the same sort. */
function faultCard({ faults }: PageFacts): Markup {
  const sorts = Map.groupBy(faults, ({ kind }) => (kind.endsWith('idleness') ? SILENCE : PROOF));
  const lists = [...sorts].map(([remedy, some]) => {
    const lines = some.map(({ culprit, evidence, kind, window }) => {
      const file =
        evidence !== null && html` (<a href="/evidence/${encodeURIComponent(evidence)}">evidence</a>)`;
      return html`<li>window ${window}: <bdi>${culprit}</bdi>, ${kind}${file}</li>`;
    });
    return html`<ul>${lines}</ul><p class="remedy">${coded(remedy)}</p>`;
  });
  return html`<section class="card"><h2>Faults</h2>${faults.length === 0 ? html`<p>This member recorded no fault.</p>` : lists}</section>`;
}
