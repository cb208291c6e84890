import { html, type Markup, pill } from '@watchbill/kit/html';
import { z } from 'zod';
import { filterOf, SORTS } from '../api/routes/candidates.ts';
import { nothing, verdict } from '../api/shapes/parts.ts';
import { type CandidateRow, candidateOf } from '../api/views/candidate.ts';
import { pageRoute, textField } from './page-route.ts';
import { candidateLink, grouped, points, verdictPill } from './words.ts';

const ROWS_SHOWN = 50;

const query = z.looseObject({
  after: textField,
  name: textField,
  verdict: verdict.optional().catch(undefined),
  active: z.enum(['true', 'false']).optional().catch(undefined),
  kyc: z.enum(['true', 'false']).optional().catch(undefined),
  sort: z.enum(SORTS).catch('position'),
});

type Asked = z.output<typeof query>;

export const candidatesPage = pageRoute({
  url: '/status/candidates',
  params: nothing,
  query,
  render: async ({ reader }, { query: asked }) => {
    const filter = filterOf({
      name: asked.name === '' ? undefined : asked.name,
      verdict: asked.verdict,
      active: flag(asked.active),
      kyc: flag(asked.kyc),
      sort: asked.sort,
      order: asked.sort === 'rank' ? 'desc' : 'asc',
    });
    const after = asked.after === undefined || asked.after === '' ? null : asked.after;
    const { rows, total, next } = await reader.ask(({ standings }) =>
      standings.list(filter, { limit: ROWS_SHOWN, after }),
    );
    return {
      title: 'Candidates',
      at: '/status/candidates',
      isLive: true,
      content: html`<h1>Candidates</h1>
${filterForm(asked)}
${unknownKeys(asked)}
<p class="quiet" role="status">${grouped(total)} ${total === 1 ? 'candidate' : 'candidates'}${after !== null && ', a later page'}</p>
${rows.length === 0 ? html`<p>No candidate matches.</p>` : candidateTable(rows.map(candidateOf))}
<p class="pages">${after !== null && html`<a href="${addressOf(asked, null)}">first page</a> `}${next !== null && html`<a rel="next" href="${addressOf(asked, next)}">next page</a>`}</p>`,
    };
  },
});

/** Unknown filters are ignored, and the page reports them. */
function unknownKeys(asked: Asked): Markup | null {
  const known = Object.keys(query.shape);
  const others = Object.keys(asked).filter((key) => !known.includes(key));
  if (others.length === 0) return null;
  return html`<p class="bad">Not known, and left out: ${others.join(', ')}. Known are ${known.join(', ')}.</p>`;
}

function flag(value: 'true' | 'false' | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'true';
}

function addressOf(asked: Asked, after: string | null): string {
  const { name, verdict: wanted, active, kyc, sort } = asked;
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries({ name, verdict: wanted, active, kyc, sort, after })) {
    if (typeof value === 'string' && value !== '') search.set(key, value);
  }
  return `/status/candidates?${search}`;
}

function filterForm(asked: Asked): Markup {
  return html`<form class="filter" method="get" action="/status/candidates" role="search">
<label>Name <input type="search" name="name" value="${asked.name ?? ''}" maxlength="256" autocomplete="off"></label>
${choice('verdict', 'Verdict', asked.verdict, [
  ['valid', 'valid'],
  ['invalid', 'invalid'],
  ['undecided', 'undecided'],
])}
${choice('active', 'Active set', asked.active, [
  ['true', 'in it'],
  ['false', 'not in it'],
])}
${choice('kyc', 'KYC', asked.kyc, [
  ['true', 'known'],
  ['false', 'not known'],
])}
${choice(
  'sort',
  'Order',
  asked.sort,
  [
    ['position', 'by points'],
    ['name', 'by name'],
    ['slot', 'by slot'],
    ['rank', 'by rank'],
  ],
  false,
)}
<button type="submit">Show</button></form>`;
}

function choice(
  name: string,
  label: string,
  chosen: string | undefined,
  values: readonly (readonly [value: string, text: string])[],
  hasAll = true,
): Markup {
  return html`<label>${label} <select name="${name}">${hasAll && html`<option value="">all</option>`}${values.map(
    ([value, text]) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`,
  )}</select></label>`;
}

function candidateTable(rows: readonly CandidateRow[]): Markup {
  return html`<table class="rows"><thead><tr><th class="number">Place</th><th>Name</th><th>Verdict</th><th class="number">Points</th><th class="number">Rank</th><th>Active</th><th>Failed or not known</th></tr></thead><tbody>
${rows.map(
  (
    row,
  ) => html`<tr><td class="number" data-label="Place">${row.position ?? html`<span class="quiet">none</span>`}</td>
<td class="title">${candidateLink(row.name, row.stash)} <span class="quiet">slot ${row.slotId}</span></td>
<td data-label="Verdict">${verdictPill(row.verdict)}</td>
<td class="number" data-label="Points">${row.total === null ? html`<span class="quiet">none</span>` : points(row.total)}</td>
<td class="number" data-label="Rank">${row.rank}</td>
<td data-label="Active">${row.active === null ? 'not known' : row.active ? 'yes' : html`<span class="quiet">no</span>`}</td>
<td data-label="Failed or not known">${inTheWay(row)}</td></tr>`,
)}</tbody></table>`;
}

function inTheWay({ failed, unknown }: CandidateRow): Markup {
  if (failed.length + unknown.length === 0) return html`<span class="quiet">nothing</span>`;
  return html`<span class="checks">${failed.map((id) => pill(id, 'bad'))}${unknown.map((id) => pill(`${id}?`, 'warn'))}</span>`;
}
