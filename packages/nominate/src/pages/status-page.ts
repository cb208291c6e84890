import { counted } from '@watchbill/kit';
import { html, type Markup, pill } from '@watchbill/kit/html';
import { nothing } from '../api/shapes/parts.ts';
import type { Site } from '../api/site.ts';
import { type Health, healthOf } from '../api/views/health.ts';
import { type NominatorView, nominatorsOf } from '../api/views/nominators.ts';
import { nextOf, roundOf } from '../api/views/round-in-full.ts';
import { valueOrNull } from '../facts/fact.ts';
import { nextInLine } from '../rounds/explain.ts';
import type { JobRow, NoticeRow, RoundRow } from '../storage/port.ts';
import { jobLine } from './jobs-page.ts';
import { noticeList } from './notices.ts';
import { pageRoute } from './page-route.ts';
import { decisionList } from './round-page.ts';
import { ago, candidateLink, grouped, intentPill, points, roundLink } from './words.ts';

const NEXT_SHOWN = 5;
const NEVER_MIND = 20;

export const statusPage = pageRoute({
  url: '/status',
  params: nothing,
  query: nothing.loose(),
  render: async (site) => {
    const { reader, options } = site;
    const nowMs = options.clock();
    const [health, counts, facts, newest, nominators, jobs, notices] = await Promise.all([
      healthOf(site),
      reader.ask(({ standings }) => standings.counts()),
      reader.facts(),
      reader.newestRound(),
      nominatorsOf(site),
      reader.ask((store) => store.jobs.all()),
      reader.ask((store) => store.notices.open()),
    ]);
    const eras = facts?.head.eras;
    const active = eras === undefined ? null : valueOrNull(eras.active);
    const sinceMs = eras === undefined ? null : valueOrNull(eras.activeSinceMs);
    const needsPerson =
      notices.some(({ severity }) => severity !== 'info') ||
      jobs.some(({ state }) => state === 'failed') ||
      nominators.some(({ intents }) => (intents[0]?.held ?? null) !== null);
    return {
      title: 'Overview',
      at: '/status',
      isLive: true,
      content: html`<h1>${headingOf(site, facts?.head.network.name)} ${overallPill(health, needsPerson)}</h1>
${health.checks.some(({ ok }) => !ok) && troubles(health)}
<dl class="figures">
${figure('era', active ?? 'unknown', sinceMs === null ? null : html`begun ${ago(sinceMs, nowMs)}`)}
${figure('candidates', grouped(counts.all), html`<a href="/status/candidates">all of them</a>`)}
${figure('valid', grouped(counts.valid), html`${grouped(counts.invalid)} invalid, ${grouped(counts.undecided)} undecided`)}
${figure('active', grouped(counts.active), html`in the active set`)}
</dl>
${noticesOf(notices, nowMs)}
${await newestRound(site, newest, nowMs)}
${nominatorsCard(nominators)}
${jobsCard(jobs, nowMs)}`,
    };
  },
});

function headingOf({ options, title }: Site, network: string | undefined): string {
  const name = options.programme ?? title;
  return network === undefined ? name : `${name}, on ${network}`;
}

/** A service that runs well may still have a notice, a failed job or a held transaction for a person. */
function overallPill({ healthy }: Health, needsPerson: boolean): Markup {
  if (!healthy) return pill('not well', 'bad');
  return needsPerson ? pill('needs a person', 'warn') : pill('well', 'good');
}

function troubles({ checks }: Health): Markup {
  return html`<ul class="troubles">${checks.filter(({ ok }) => !ok).map(({ name, detail }) => html`<li><strong>${name}</strong>: ${detail}</li>`)}</ul>`;
}

function figure(name: string, value: string | number, under: Markup | null): Markup {
  return html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="quiet">${under}</dd></div>`;
}

function noticesOf(notices: readonly NoticeRow[], nowMs: number): Markup | null {
  if (notices.length === 0) return null;
  return html`<section class="card"><h2>Open notices</h2>${noticeList(notices.slice(0, NEVER_MIND), nowMs)}</section>`;
}

async function newestRound(site: Site, newest: RoundRow | null, nowMs: number): Promise<Markup> {
  if (newest === null)
    return html`<section class="card"><h2>Round</h2><p>No round has been decided yet.</p></section>`;
  const found = await site.reader.round(newest.id);
  const record = found?.record ?? null;
  if (found === null || record === null)
    return html`<section class="card"><h2>Round</h2><p>The newest round cannot be read by this release.</p></section>`;
  const round = roundOf({ ...found, record });
  return html`<section class="card"><h2>${roundLink(round.id, `Round of era ${round.era}`)}</h2>
<p>Decided ${ago(newest.madeAtMs, nowMs)}: of ${counted(round.candidateCount, 'candidate')} ${counted(round.eligibleCount, 'was', 'were')} eligible and
<strong>${counted(round.nominatedCount, 'is', 'are')} nominated</strong>${electedText(newest)}.</p>
${decisionList(round)}
<h3>Next in line</h3>
${nextList(nextInLine(record, NEXT_SHOWN).map(nextOf))}</section>`;
}

function electedText({ electedCount }: RoundRow): string {
  return electedCount === null ? '' : `, ${electedCount} of them were elected`;
}

function nextList(rows: readonly ReturnType<typeof nextOf>[]): Markup {
  if (rows.length === 0) return html`<p class="quiet">None: every eligible candidate is nominated.</p>`;
  return html`<ol class="lines">${rows.map(
    ({ name, stashKey, position, total, because }) =>
      html`<li><span class="lead">${position ?? ''}. ${candidateLink(name, stashKey)}</span><span class="number">${total === null ? '' : points(total)}</span><span class="quiet wide">${because}</span></li>`,
  )}</ol>`;
}

function nominatorsCard(nominators: readonly NominatorView[]): Markup {
  return html`<section class="card"><h2><a href="/status/nominators">Nominators</a></h2>
<ul class="lines">${nominators.map(({ name, round, intents }) => {
    const newest = intents[0];
    return html`<li><span class="lead">${name}</span><span>${newest === undefined ? pill('no transaction', 'plain') : intentPill(newest)}</span><span class="quiet wide">${targetsText(round)}</span></li>`;
  })}</ul></section>`;
}

function targetsText(round: NominatorView['round']): string {
  if (round === null) return 'not in the newest round';
  const { targets, state, detail } = round;
  return targets.length === 0
    ? `${state}: ${detail}`
    : `${counted(targets.length, 'target')} in the round of era ${round.era}`;
}

/** The running and the failed jobs; of the others only their number. */
function jobsCard(jobs: readonly JobRow[], nowMs: number): Markup {
  const shown = jobs.filter(({ state }) => state === 'running' || state === 'failed');
  const rest = jobs.length - shown.length;
  return html`<section class="card"><h2><a href="/status/jobs">Jobs</a></h2>
${shown.length > 0 && html`<ul class="lines">${shown.map((job) => jobLine(job, nowMs))}</ul>`}
<p class="quiet">${rest} ${shown.length > 0 ? 'others' : 'jobs'} wait for their time, and none of them failed.</p></section>`;
}
