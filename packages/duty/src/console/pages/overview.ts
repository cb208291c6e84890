import { counted } from '@watchbill/kit';
import { coded, html, type Markup, type Part, pill } from '@watchbill/kit/html';
import type { OtherPage } from '../others/other-page.ts';
import type { Axis } from '../view/history.ts';
import type { ConsoleView, KeyView } from '../view/view.ts';
import { axisLegend, axisMarkup } from './axis.ts';
import { ago, named } from './moment.ts';
import { legend, stripMarkup } from './strip.ts';

/**
 * The first page: the answer in one line, what to do, keys, denials, services and store, upkeep, and pages
 * of other capabilities. `mayChange`: whether the reader may hand over. `dayOf`: the last 24 hours of a key.
 */
export function overview(
  view: ConsoleView,
  others: readonly OtherPage[] = [],
  mayChange = true,
  dayOf: ((key: KeyView) => Axis) | null = null,
): Markup {
  const { health, keys, moreKeys, needs, services, summary } = view;
  const isWell = health.ready && health.store.ok;
  return html`<h1>${services.find(({ self }) => self)?.name ?? 'watchbill'} ${pill(health.state, isWell ? 'good' : 'bad')}</h1>
<p class="summary ${summary.tone}">${summary.text}</p>
${!isWell && html`<p class="troubles">${coded(health.store.ok ? health.detail : health.store.detail)}</p>`}
${needs.length > 0 && needsCard(needs)}
${keys.length === 0 && health.ready && firstSteps()}
${keys.map((key) => keyCard(key, view, mayChange, keys.length > MAX_DAYS ? null : dayOf))}
${moreKeys > 0 && html`<p>${counted(moreKeys, 'more key')}, none in a worse state: see <code>watchbill status --short</code>.</p>`}
${denialsCard(view)}
${servicesCard(view)}
${upkeepCard(view)}
${othersCard(others)}`;
}

/** With more keys, the 24 hours of each are on its own page. */
const MAX_DAYS = 3;

function needsCard(needs: ConsoleView['needs']): Markup {
  const lines = needs.map(({ sentence, todo, run }) => {
    const more = run !== null && !todo.includes(run) && html` <code>${run}</code>`;
    return html`<li><span>${coded(`${sentence}: ${todo}`)}</span>${more}</li>`;
  });
  return html`<section class="card" aria-labelledby="needs"><h2 id="needs">To do</h2><ul class="lines">${lines}</ul></section>`;
}

/** The next steps that `watchbill init` names. */
function firstSteps(): Markup {
  const steps = [
    'Set which nodes may sign which duties: `watchbill policy apply policy.yaml`; its `--help` shows a whole document',
    'Make an identity for each node: `watchbill token create --role node --name NAME --out NAME.token`',
    'Stop every signer of the key, then adopt it: `watchbill adopt`',
  ];
  return html`<section class="card" aria-labelledby="first"><h2 id="first">First steps</h2>
<ul class="lines"><li>\u2713 The service runs</li>${steps.map((step) => html`<li><span>\u2610 ${coded(step)}</span></li>`)}</ul></section>`;
}

function keyCard(
  key: KeyView,
  view: ConsoleView,
  mayChange: boolean,
  dayOf: ((key: KeyView) => Axis) | null,
): Markup {
  const { id, label, state } = key;
  return html`<section class="card key" aria-labelledby="k${id}">
<h2 id="k${id}">${pill(state.lacks === null ? state.word : `${state.word}, ${state.lacks}`, state.tone)} Key <a href="/console/${id}"><code title="${key.key}">${label}</code></a></h2>
<p class="state">${coded(state.sentence)}.</p>
${dayOf !== null && html`<h3>24 hours</h3>${axisMarkup(dayOf(key), '24 hours')}${axisLegend()}`}
${key.strips.map((strip) => stripMarkup(key, strip))}
${legend(key)}
<div class="panel" id="p${id}" aria-live="polite"></div>
${historyOf(key, view, mayChange)}
</section>`;
}

type Handover = NonNullable<KeyView['standbys'][number]['lastHandover']>;

/** Proof, handovers and drills of the standbys, and the links that begin one. */
export function historyOf(key: KeyView, { nowMs }: ConsoleView, mayChange: boolean): Markup {
  const done = key.standbys.flatMap(({ node, lastHandover: last }) =>
    last === null ? [] : [{ atMs: last.atMs, text: handoverText(node, last) }],
  );
  const drills = key.standbys.flatMap(({ node, lastDrill: last }) => {
    if (last === null) return [];
    const text = html`drill of ${named(node)} by ${named(last.by)}: ${last.state}, ${last.granted}/${last.due} would have been granted`;
    return [{ atMs: last.atMs, text }];
  });
  const lines = [...done, ...drills].sort((a, b) => b.atMs - a.atMs);
  const proofs = key.standbys.flatMap(({ node, onWatch, shadow: { due, granted, p99Ms } }) =>
    onWatch || due === 0 || p99Ms === null
      ? []
      : [
          html`<li><span>standby ${named(node)}: ${granted}/${due} would have been granted, p99 ${Math.ceil(p99Ms)} ms</span></li>`,
        ],
  );
  const others = key.nodes.filter((node) => node !== key.watch?.holder);
  return html`<ul class="lines">${proofs}${lines.map(({ atMs, text }) => line(text, atMs, nowMs))}</ul>
${mayChange && others.map((node) => html`<p><a href="/console/${key.id}/handover?to=${encodeURIComponent(node)}">Rehearse or hand over to ${named(node)}</a></p>`)}`;
}

function handoverText(node: string, { by, from, force, tookMs }: Handover): Markup {
  if (by === null && from === null) return html`${named(node)} became active, because no node was active`;
  const old = named(from ?? 'no node');
  if (by === null) return html`${named(node)} became active, because the reports of ${old} had stopped`;
  const cause = force === null ? 'after a checklist' : `forced: ${force}`;
  return html`handover from ${old} to ${named(node)} by ${named(by)}, ${cause}, took ${Math.round(tookMs)} ms`;
}

function denialsCard({ denials, nowMs }: ConsoleView): Markup | null {
  if (denials.length === 0) return null;
  const rows = denials.map(
    ({ reason, count, lastMs, nodes, isExpected, summary, remedy }) =>
      html`<tr><td class="title"><code>${reason}</code>${isExpected && html` ${pill('expected of a standby', 'plain')}`}</td><td data-label="count">${count}</td><td data-label="nodes">${nodes.map((node) => html`${named(node)} `)}</td><td data-label="last">${ago(lastMs, nowMs)}</td><td data-label="meaning">${coded(isExpected ? summary : `${summary} ${remedy}`)}</td></tr>`,
  );
  return html`<section class="card" aria-labelledby="denials"><h2 id="denials">Denials by reason</h2>
<table class="rows"><thead><tr><th>reason</th><th>count</th><th>nodes</th><th>last</th><th>meaning</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function servicesCard({ services, health: { state: own, store, ledger, epoch } }: ConsoleView): Markup {
  const lines = services.map(({ name, state: listed, live, self }) => {
    const state = self ? own : listed;
    return html`<li><span>${named(name)}${self && ' (this service)'}</span> ${pill(live ? state : `${state}, not live`, live && state === 'serving' ? 'good' : 'warn')}</li>`;
  });
  const members = store.members.map(
    ({ name, ok, leader }) =>
      html`<li><span>store member ${named(name)}${leader && ' (leader)'}</span> ${pill(ok ? 'up' : 'down', ok ? 'good' : 'bad')}</li>`,
  );
  return html`<section class="card" aria-labelledby="services"><h2 id="services">Store and services</h2>
<p>${pill(store.ok ? 'store ok' : 'store down', store.ok ? 'good' : 'bad')} ${coded(store.detail)}</p>
<ul class="lines">${services.length === 0 && html`<li>services: unknown until the store answers</li>`}${lines}${members}</ul>
<p class="quiet">ledger <code>${ledger ?? 'none'}</code>, epoch <code>${epoch ?? 'none'}</code></p></section>`;
}

const VERDICTS = { proven: 'good', unproven: 'warn', violation: 'bad' } as const;
const DRILLS = { ok: 'good', unknown: 'warn', fail: 'bad' } as const;

/** The last drill, export and proof, or the command that makes the first one. */
function upkeepCard({
  upkeep: { lastDrill: drill, lastExport, lastVerification: proof },
  nowMs,
}: ConsoleView): Markup {
  const none = (what: string, command: string) =>
    html`<li><span>${what}: none yet</span> <code>${command}</code></li>`;
  const drillText =
    drill !== null && html`drill of ${named(drill.node)} ${pill(drill.state, DRILLS[drill.state])}`;
  const proofText =
    proof !== null &&
    html`verification by ${named(proof.by)} ${pill(proof.verdict, VERDICTS[proof.verdict])}`;
  return html`<section class="card" aria-labelledby="upkeep"><h2 id="upkeep">Upkeep</h2>
<ul class="lines">${drill === null ? none('drill', 'watchbill handover --to NODE') : line(drillText, drill.atMs, nowMs)}
${lastExport === null ? none('backup of the ledger', 'watchbill ledger export') : line(html`backup of the ledger by ${named(lastExport.by)}`, lastExport.atMs, nowMs)}
${proof === null ? none('verification', 'watchbill ledger verify --report') : line(proofText, proof.atMs, nowMs)}</ul></section>`;
}

function line(text: Part, atMs: number, nowMs: number): Markup {
  return html`<li><span>${text}</span> <span class="quiet">${ago(atMs, nowMs)}</span></li>`;
}

const OTHER_STATES = {
  well: ['well', 'good'],
  unwell: ['look at it', 'warn'],
  strange: ['answers', 'plain'],
  silent: ['no answer', 'bad'],
} as const;

/** Links to the processes that serve other capabilities, each with its state in one sentence. */
function othersCard(others: readonly OtherPage[]): Markup | null {
  if (others.length === 0) return null;
  const lines = others.map(({ name, url, look }) => {
    const [word, tone] = look === null ? (['asked now', 'plain'] as const) : OTHER_STATES[look.state];
    return html`<li><span><a href="${url}" rel="noreferrer">${name}</a> ${pill(word, tone)} <bdi>${coded(look?.sentence ?? 'no answer yet')}</bdi></span></li>`;
  });
  return html`<section class="card" aria-labelledby="others"><h2 id="others">Other capabilities</h2>
<ul class="lines">${lines}</ul></section>`;
}
