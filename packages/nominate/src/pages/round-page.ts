import { counted } from '@watchbill/kit';
import { html, type Markup, pill } from '@watchbill/kit/html';
import { z } from 'zod';
import { nothing, roundId } from '../api/shapes/parts.ts';
import { type RoundInFull, roundOf } from '../api/views/round-in-full.ts';
import type { RoundRow } from '../storage/port.ts';
import { absent, pageRoute, textField } from './page-route.ts';
import { ago, candidateLink, grouped, points, roundLink, short } from './words.ts';

const ROUNDS_SHOWN = 30;

export const roundsPage = pageRoute({
  url: '/status/rounds',
  params: nothing,
  query: z.looseObject({ after: textField }),
  render: async ({ reader, options }, { query }) => {
    const nowMs = options.clock();
    const { rows, total, next } = await reader.ask(({ rounds }) =>
      rounds.list({ limit: ROUNDS_SHOWN, after: query.after ?? null }),
    );
    return {
      title: 'Rounds',
      at: '/status/rounds',
      isLive: query.after === undefined,
      content: html`<h1>Rounds</h1>
<p class="quiet">${grouped(total)} in all, the newest first. Each can be computed again from its texts.</p>
${rows.length === 0 ? html`<p>No round has been decided yet.</p>` : roundTable(rows, nowMs)}
${next !== null && html`<p class="pages"><a href="/status/rounds?after=${encodeURIComponent(next)}">older rounds</a></p>`}`,
    };
  },
});

export function roundTable(rows: readonly RoundRow[], nowMs: number): Markup {
  return html`<table class="rows"><thead><tr><th>Round</th><th>Decided</th><th class="number">Eligible</th><th class="number">Nominated</th><th class="number">Elected</th></tr></thead><tbody>
${rows.map(
  ({ id, era, madeAtMs, eligibleCount, nominatedCount, electedCount }) =>
    html`<tr><td class="title">${roundLink(id, `era ${era}`)}</td><td data-label="Decided">${ago(madeAtMs, nowMs)}</td><td class="number" data-label="Eligible">${eligibleCount}</td><td class="number" data-label="Nominated">${nominatedCount}</td><td class="number" data-label="Elected">${electedCount ?? html`<span class="quiet">not known yet</span>`}</td></tr>`,
)}</tbody></table>`;
}

export const roundPage = pageRoute({
  url: '/status/rounds/:id',
  params: z.object({ id: z.string().max(256) }),
  query: nothing.loose(),
  render: async ({ reader, options }, { params }) => {
    const id = roundId.safeParse(params.id);
    const newest = params.id === 'newest' ? await reader.newestRound() : null;
    const found = id.success ? await reader.round(newest?.id ?? id.data) : null;
    const record = found?.record ?? null;
    if (found === null || record === null)
      return absent(
        '/status/rounds',
        'No such round',
        'It was never stored, or this release cannot read it. See the list of rounds.',
      );
    const round = roundOf({ ...found, record });
    return {
      title: `Round of era ${round.era}`,
      at: '/status/rounds',
      isLive: false,
      content: html`<h1>Round of era ${round.era}</h1>
<p>Of ${counted(round.candidateCount, 'candidate')} ${counted(round.eligibleCount, 'was', 'were')} eligible and <strong>${counted(round.nominatedCount, 'is', 'are')} nominated</strong>.
${round.outcomes.map(({ era, elected }) => html`${counted(elected.length, 'was', 'were')} elected for era ${era}. `)}</p>
<section class="card"><h2>Decisions</h2>${decisionList(round)}</section>
${round.nominators.map(nominatorCard)}
${round.transactions.length > 0 && transactionsCard(round, options.clock())}
<section class="card"><h2>Compute it again</h2>
<p>The record follows from two texts. Anyone with both gets the same bytes: <code>watchbill nominate round replay round.json</code></p>
<ul class="downloads"><li><a href="/v1/rounds/${round.id}/stored" download>all in one file</a></li>
${(['snapshot', 'programme', 'record'] as const).map((name) => html`<li><a href="/v1/rounds/${round.id}/${name}" download>${name}</a></li>`)}
<li><a href="/v1/rounds/${round.id}/replay">replay it here</a></li></ul>
<dl class="facts">${factsOf(round).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`,
    };
  },
});

function factsOf({
  id,
  snapshot,
  programme,
  seed,
  rules,
  forced,
}: RoundInFull): readonly (readonly [string, Markup])[] {
  return [
    ['record', short(id)],
    ['snapshot', short(snapshot)],
    ['programme', short(programme)],
    ['seed', html`${short(seed.hex)} from relay block ${grouped(seed.block.number)}`],
    [
      'rules',
      html`${Object.entries(rules).map(([name, value], at) => html`${at > 0 && ', '}${name} ${value}`)}`,
    ],
    ['forced', html`${forced ? 'yes' : 'no'}`],
  ];
}

/** How many candidates got each decision. */
export function decisionList({ decisions, candidateCount }: RoundInFull): Markup {
  return html`<ul class="bars">${decisions.map(
    ({ code, meaning, count }) =>
      html`<li><span class="lead">${code}</span><span class="number">${count}</span><meter class="wide" min="0" max="${candidateCount}" value="${count}" aria-label="${code}">${count}</meter><span class="quiet wide">${meaning}</span></li>`,
  )}</ul>`;
}

function nominatorCard({ name, state, detail, why, targets }: RoundInFull['nominators'][number]): Markup {
  return html`<section class="card"><h2>${name} ${pill(state, state === 'nominates' ? 'good' : 'plain')}</h2>
<p class="quiet">${why ?? detail}</p>${targetTable(targets)}</section>`;
}

/** Targets in their order. */
export function targetTable(targets: RoundInFull['nominators'][number]['targets']): Markup | null {
  if (targets.length === 0) return null;
  return html`<ol class="targets">${targets.map(
    ({ name, stashKey, position, total, elected }) =>
      html`<li>${candidateLink(name, stashKey)} <span class="quiet">${position === null ? '' : `#${position}`}${total === null ? '' : ` · ${points(total)}`}</span>${elected !== null && (elected ? pill('elected', 'good') : pill('not elected', 'warn'))}</li>`,
  )}</ol>`;
}

function transactionsCard({ transactions }: RoundInFull, nowMs: number): Markup {
  return html`<section class="card"><h2>Transactions</h2><ul class="lines">${transactions.map(
    ({ hash, state, detail, atMs }) =>
      html`<li><span class="lead">${short(hash)}</span><span>${pill(state, 'plain')}</span><span class="quiet wide">${detail}, ${ago(atMs, nowMs)}</span></li>`,
  )}</ul></section>`;
}
