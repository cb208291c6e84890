import { html, type Markup, pill, type Tone } from '@watchbill/kit/html';
import { z } from 'zod';
import { nothing } from '../api/shapes/parts.ts';
import { type CandidateInFull, candidateInFull } from '../api/views/candidate-in-full.ts';
import { shownMoment, shownTime } from '../checks/show.ts';
import { absent, pageRoute } from './page-route.ts';
import { roundTable } from './round-page.ts';
import { ago, grouped, named, points, roundLink, verdictPill } from './words.ts';

const MINUTE_MS = 60_000;

export const candidatePage = pageRoute({
  url: '/status/candidates/:who',
  params: z.object({ who: z.string().max(256) }),
  query: nothing.loose(),
  render: async (site, { params }) => {
    const found = params.who === '' ? null : await candidateInFull(site, params.who);
    if (found === null)
      return absent(
        '/status/candidates',
        'No such candidate',
        html`No candidate of the programme has this stash, slot or name. <a href="/status/candidates">The list of candidates</a> has a search.`,
      );
    const nowMs = site.options.clock();
    return {
      title: found.name,
      at: '/status/candidates',
      isLive: true,
      content: html`<h1>${named(found.name)} ${verdictPill(found.verdict)}</h1>
<p class="quiet stash">slot ${found.slotId} · <code>${found.stash}</code></p>
${whyCard(found)}
${checksCard(found)}
${found.score !== null && scoreCard(found)}
${factsCard(found)}
${hintsCard(found, nowMs)}
${faultsCard(found, nowMs)}
${found.nominatedIn.length > 0 && html`<section class="card"><h2>Rounds that nominated it</h2>${roundTable(found.nominatedIn, nowMs)}</section>`}`,
    };
  },
});

/** The deciding reason of the newest round, and the remedy for the operator. */
function whyCard({
  round,
  stashKey,
  eligible,
  verdict,
  rank,
  active,
  position,
  lastValidMs,
}: CandidateInFull): Markup {
  const standing = html`<dl class="facts"><dt>rank</dt><dd>${rank}</dd><dt>in the active set</dt><dd>${active === null ? 'not known' : active ? 'yes' : 'no'}</dd>
<dt>place</dt><dd>${position ?? 'none: it was not scored'}</dd>
<dt>may be nominated now</dt><dd>${eligible ? 'yes' : 'no'}${verdict === 'undecided' && (eligible ? ', since it was valid before' : ', since it never was valid')}</dd>
<dt>was valid last</dt><dd>${lastValidMs === null ? 'never, as far as is kept' : shownMoment(lastValidMs)}</dd></dl>`;
  if (round === null)
    return html`<section class="card why"><h2>Why</h2><p>It took no part in the newest round.</p>${standing}</section>`;
  const { code, because, remedies, missing, era } = round;
  return html`<section class="card why"><h2>Why ${pill(code, CODE_TONES[code] ?? 'plain')}</h2>
<p class="because">${sentence(because)}</p>
${missing !== null && html`<p>It had ${points(missing)} points less than the last that was nominated.</p>`}
${remedies.length > 0 && html`<h3>What to do</h3><ul>${remedies.map((remedy) => html`<li>${remedy}</li>`)}</ul>`}
<p class="quiet">In the ${roundLink(round.round, `round of era ${era}`)}. The same as text: <a href="/v1/rounds/${round.round}/explain/${stashKey}">explain</a></p>${standing}</section>`;
}

const CODE_TONES: Readonly<Record<string, Tone>> = { nominated: 'good', invalid: 'bad', undecided: 'warn' };

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

const OUTCOMES: Readonly<Record<string, { readonly tone: Tone; readonly order: number }>> = {
  fail: { tone: 'bad', order: 0 },
  unknown: { tone: 'warn', order: 1 },
  pass: { tone: 'good', order: 2 },
};

function checksCard({ results }: CandidateInFull): Markup {
  const ordered = results.toSorted((a, b) => orderOf(a.outcome) - orderOf(b.outcome));
  return html`<section class="card"><h2>Checks</h2><ul class="lines checklist">${ordered.map(
    ({ id, outcome, message, remedy, evidence }) =>
      html`<li><span class="lead">${id}</span><span>${pill(outcome, OUTCOMES[outcome]?.tone ?? 'plain')}</span>
<span class="wide">${message}</span>
${remedy !== null && html`<span class="wide remedy"><strong>To do:</strong> ${remedy}</span>`}
${evidence.length > 0 && html`<details class="wide" data-key="${id}"><summary>evidence</summary>${evidenceList(evidence)}</details>`}</li>`,
  )}</ul></section>`;
}

function orderOf(outcome: string): number {
  return OUTCOMES[outcome]?.order ?? 0;
}

function evidenceList(evidence: CandidateInFull['facts']): Markup {
  return html`<dl class="evidence">${evidence.map(
    ({ fact, value, source, block, ageMs }) =>
      html`<dt>${wordsOf(fact)}</dt><dd>${value}<span class="quiet"> from ${source}${block !== null && `, block ${grouped(block)}`}${ageText(ageMs)}</span></dd>`,
  )}</dl>`;
}

/** The name of a component for display, for example `selfStake` as `self stake`. */
function wordsOf(fact: string): string {
  return fact.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function ageText(ageMs: number | null): string {
  if (ageMs === null) return '';
  return ageMs < MINUTE_MS ? ', read for the snapshot' : `, ${shownTime(ageMs)} old at the snapshot`;
}

function scoreCard({ round, score, total }: CandidateInFull): Markup {
  const parts =
    round?.parts ??
    Object.entries(score?.components ?? {}).map(([component, value]) => ({
      component,
      points: value,
      isUnknown: false,
    }));
  const most = Math.max(1, ...parts.map((part) => part.points));
  return html`<section class="card"><h2>Points ${total !== null && html`<span class="number">${points(total)}</span>`}</h2><ul class="bars two">${parts.map(
    (part) =>
      html`<li><span class="lead">${part.component}${part.isUnknown && html` ${pill('not known', 'warn')}`}</span><span class="number">${points(part.points)}</span><meter class="wide" min="0" max="${most}" value="${Math.max(0, part.points)}" aria-label="${part.component}">${points(part.points)}</meter></li>`,
  )}</ul></section>`;
}

function factsCard({ facts }: CandidateInFull): Markup | null {
  if (facts.length === 0) return null;
  return html`<section class="card"><h2>Facts</h2>${evidenceList(facts)}</section>`;
}

const HINTS: Readonly<Record<string, string>> = {
  impostor: 'has its name, but is not recognised as its node',
  'same-identity-twice': 'shows its network id a second time',
  'near-miss': 'has a similar name',
};

/** Nodes in telemetry that a person should check. The names are as the nodes sent them. */
function hintsCard({ hints }: CandidateInFull, nowMs: number): Markup | null {
  if (hints.length === 0) return null;
  return html`<section class="card"><h2>Nodes to look at</h2><ul class="lines">${hints.map(
    ({ kind, name, networkId, source, why, sinceMs }) =>
      html`<li><span class="lead">${named(name)}</span><span>${pill(kind, 'warn')}</span><span class="wide">It ${HINTS[kind] ?? 'is unclear'} (${why}), at ${source} since ${ago(sinceMs, nowMs)}</span><span class="quiet wide"><code>${networkId ?? 'no network id'}</code></span></li>`,
  )}</ul></section>`;
}

function faultsCard({ history: { faults } }: CandidateInFull, nowMs: number): Markup {
  if (faults.length === 0)
    return html`<section class="card"><h2>Faults</h2><p class="quiet">None is known.</p></section>`;
  return html`<section class="card"><h2>Faults</h2><ul class="lines">${faults.map(
    ({ kind, era, atMs, reason, evidence }) =>
      html`<li><span class="lead">${kind}</span><span>${pill(`era ${era}`, 'warn')}</span><span class="wide">${reason}, ${ago(atMs, nowMs)}</span><span class="quiet wide">${evidence.map(({ fact, value, source }, at) => `${at > 0 ? ', ' : ''}${fact}: ${value} (${source})`)}</span></li>`,
  )}</ul></section>`;
}
