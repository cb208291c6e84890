import { counted } from '@watchbill/kit';
import { html, type Markup, pill } from '@watchbill/kit/html';
import { z } from 'zod';
import { intentId, nothing } from '../api/shapes/parts.ts';
import { type IntentView, intentOf, type NominatorView, nominatorsOf } from '../api/views/nominators.ts';
import { ENDINGS, type EndingReason } from '../transactions/endings.ts';
import { NOTES, type NoteReason } from '../transactions/machine/effects.ts';
import { absent, pageRoute } from './page-route.ts';
import { targetTable } from './round-page.ts';
import { ago, amount, candidateLink, grouped, intentPill, roundLink, short, statePill } from './words.ts';

export const nominatorsPage = pageRoute({
  url: '/status/nominators',
  params: nothing,
  query: nothing.loose(),
  render: async (site) => {
    const [nominators, facts] = await Promise.all([nominatorsOf(site), site.reader.facts()]);
    const nowMs = site.options.clock();
    const network = facts?.head.network ?? { decimals: 0, symbol: '' };
    return {
      title: 'Nominators',
      at: '/status/nominators',
      isLive: true,
      content: html`<h1>Nominators</h1>
${nominators.length === 0 && html`<p>No snapshot has been taken yet.</p>`}
${nominators.map((one) => nominatorCard(one, network, nowMs))}`,
    };
  },
});

function nominatorCard(
  { name, stash, bonded, nominatedInEra, targets, round, intents }: NominatorView,
  network: { readonly decimals: number; readonly symbol: string },
  nowMs: number,
): Markup {
  return html`<section class="card"><h2>${name}</h2>
<p class="quiet stash"><code>${stash}</code></p>
<dl class="facts"><dt>bonded</dt><dd>${bonded === null ? 'not known' : amount(bonded, network)}</dd>
<dt>nominated on chain in era</dt><dd>${nominatedInEra ?? 'none, or not known'}</dd>
<dt>backs on chain</dt><dd>${targets === null ? 'not known' : backed(targets)}</dd>
<dt>newest round</dt><dd>${round === null ? 'it was not in it' : html`${roundLink(round.id, `era ${round.era}`)}: ${round.detail === '' ? round.state : round.detail}`}</dd></dl>
${intents.length > 0 && html`<h3>Transactions</h3><ul class="lines">${intents.map((one) => intentLine(one, nowMs))}</ul>`}
${round !== null && round.targets.length > 0 && html`<details data-key="${stash}"><summary>${counted(round.targets.length, 'target')}</summary>${targetTable(round.targets)}</details>`}</section>`;
}

function backed(targets: NonNullable<NominatorView['targets']>): Markup {
  if (targets.length === 0) return html`no validator`;
  return html`${targets.map(({ stashKey, name }, at) => html`${at > 0 && ', '}${name === null ? html`<code>${short(stashKey)}</code>` : candidateLink(name, stashKey)}`)}`;
}

function intentLine(intent: NominatorView['intents'][number], nowMs: number): Markup {
  const { id, era, changedMs } = intent;
  return html`<li><span class="lead"><a href="/status/intents/${id}">era ${era}</a></span>
<span>${intentPill(intent)}</span>
<span class="quiet wide">${said(intent)}changed ${ago(changedMs, nowMs)}</span></li>`;
}

function said({ reason, held, waiting }: NominatorView['intents'][number]): string {
  if (reason !== null) return `${reasonText(reason)}, `;
  if (held !== null) return `waits for a person: ${held}, `;
  return waiting === null ? '' : `waiting: ${waiting}, `;
}

function reasonText(reason: string): string {
  return ENDINGS[reason as EndingReason] ?? reason;
}

export const intentPage = pageRoute({
  url: '/status/intents/:id',
  params: z.object({ id: z.string().max(256) }),
  query: nothing.loose(),
  render: async (site, { params }) => {
    const id = intentId.safeParse(params.id);
    const intent = id.success ? await intentOf(site, id.data) : null;
    if (intent === null)
      return absent(
        '/status/nominators',
        'No such transaction',
        'It was never made, or it ended long ago and is forgotten.',
      );
    const nominators = await nominatorsOf(site);
    const name = nominators.find(({ stashKey }) => stashKey === intent.nominator)?.name ?? intent.nominator;
    return {
      title: `Transaction of ${name}`,
      at: '/status/nominators',
      isLive: intent.reason === null,
      content: html`<h1>${name}, era ${intent.era} ${statePill(intent.state)}</h1>
${path(intent)}
${stateCard(intent)}
${journalCard(intent, site.options.clock())}`,
    };
  },
});

const STRAIGHT = ['planned', 'signing', 'submitted', 'in-block', 'finalised'];
const ANNOUNCED = ['planned', 'announced', 'executable', 'submitted', 'finalised'];

/**
 * The progress of an intent. An announced nomination is signed and submitted a second time, to execute it.
 */
function path({ state, announcement }: IntentView): Markup {
  const steps = announcement === null ? STRAIGHT : ANNOUNCED;
  const executes = announcement !== null && (state === 'signing' || state === 'in-block');
  const at = steps.indexOf(executes ? 'submitted' : state);
  const look = (n: number) => (n < at || state === 'finalised' ? 'done' : n === at ? 'now' : 'later');
  return html`<ol class="path" aria-label="the way of a nomination">${steps.map(
    (step, n) => html`<li class="${look(n)}"${n === at && html` aria-current="step"`}>${step}</li>`,
  )}${at === -1 && html`<li class="now ended" aria-current="step">${state}</li>`}</ol>`;
}

function stateCard({
  reason,
  detail,
  held,
  waiting,
  announcement,
  deadlineRelay,
  call,
  way,
  round,
  targets,
  flights,
}: IntentView): Markup {
  return html`<section class="card"><h2>State</h2>
${held !== null && html`<p><strong>A person is asked:</strong> ${held}. <code>watchbill nominate tx resume</code></p>`}
${waiting !== null && html`<p>Waiting: ${waiting}</p>`}
${reason !== null && html`<p>${reasonText(reason)}${detail !== null && detail !== '' && html`: ${detail}`}</p>`}
<dl class="facts"><dt>way</dt><dd>${way === 'proxy' ? 'by a proxy' : 'direct'}</dd><dt>round</dt><dd>${/^[0-9a-f]{64}$/.test(round) ? roundLink(round) : round}</dd>
<dt>${call === 'chill' ? 'stops backing' : 'targets'}</dt><dd>${targets.length}</dd><dt>too late at relay block</dt><dd>${grouped(deadlineRelay)}</dd>
${announcement !== null && html`<dt>announced at relay block</dt><dd>${grouped(announcement.relayHeight)}, call ${short(announcement.callHash)}</dd>`}</dl>
${flights.length > 0 && html`<h3>Extrinsics</h3><ul class="lines">${flights.map(({ number, leg, nonce, hash, outcome }) => html`<li><span class="lead">${number}. ${leg}</span><span>${pill(outcome, 'plain')}</span><span class="quiet wide">nonce ${nonce}${hash !== null && html`, ${short(hash)}`}</span></li>`)}</ul>`}</section>`;
}

function journalCard({ journal, journalCount }: IntentView, nowMs: number): Markup {
  return html`<section class="card"><h2>Journal</h2>${journalCount > journal.length && html`<p class="quiet">The newest ${journal.length} of ${counted(journalCount, 'line')}.</p>`}
${journal.length === 0 ? html`<p class="quiet">No nomination was sent yet.</p>` : html`<ol class="lines">${journal.map(({ to, reason, detail, height, extrinsic, atMs }) => html`<li><span class="lead">${NOTES[reason as NoteReason] ?? reason}</span><span>${statePill(to)}</span><span class="quiet wide">${detail !== '' && `${detail}, `}block ${grouped(height)}, ${ago(atMs, nowMs)}${extrinsic !== null && html`, extrinsic ${short(extrinsic)}`}</span></li>`)}</ol>`}</section>`;
}
