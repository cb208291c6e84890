import { counted } from '@watchbill/kit';
import { html, type Markup, pill } from '@watchbill/kit/html';
import type { OtherPage } from '../others/other-page.ts';
import type { ConsoleView, KeyView } from '../view/view.ts';
import { ago, named } from './moment.ts';
import { legend, stripMarkup } from './strip.ts';

/** The first page: keys, denials, services and store, upkeep, pages of other capabilities. */
export function overview(view: ConsoleView, others: readonly OtherPage[] = []): Markup {
  const { health, keys, moreKeys, needs, services } = view;
  return html`<h1>${services.find(({ self }) => self)?.name ?? 'watchbill'} ${pill(health.state, health.ready ? 'good' : 'bad')}</h1>
${!health.ready && html`<p class="troubles">${health.detail}</p>`}
${keys.length === 0 && html`<p class="card">No key has a policy yet. Add one with <code>watchbill policy apply FILE</code>.</p>`}
${keys.map((key) => keyCard(key, view))}
${moreKeys > 0 && html`<p>${counted(moreKeys, 'more key')}: see <code>watchbill status</code>.</p>`}
${needs.length > 0 && needsCard(needs)}
${denialsCard(view)}
${servicesCard(view)}
${upkeepCard(view)}
${othersCard(others)}`;
}

function needsCard(needs: ConsoleView['needs']): Markup {
  const lines = needs.map(({ sentence, todo, run }) => {
    const more = run !== null && !todo.includes(run) && html` <code>${run}</code>`;
    return html`<li><span>${sentence}: ${withCode(todo)}</span>${more}</li>`;
  });
  return html`<section class="card" aria-labelledby="needs"><h2 id="needs">To do</h2><ul class="lines">${lines}</ul></section>`;
}

/** Words between backticks, which alerts put around commands, as code. */
function withCode(text: string): readonly Markup[] {
  return text.split('`').map((part, at) => (at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}

function keyCard(key: KeyView, view: ConsoleView): Markup {
  const { id, label, state } = key;
  return html`<section class="card key" aria-labelledby="k${id}">
<h2 id="k${id}">${pill(state.word, state.tone)} Key <code title="${key.key}">${label}</code></h2>
<p class="state">${state.sentence}.</p>
${key.strips.map((strip) => stripMarkup(key, strip))}
${legend(key)}
<div class="panel" id="p${id}" aria-live="polite"></div>
${historyOf(key, view)}
</section>`;
}

/** Proof, handovers and drills of the standbys, and the links that begin one. */
function historyOf(key: KeyView, { nowMs }: ConsoleView): Markup {
  const done = key.standbys.flatMap(({ node, lastHandover: last }) => {
    if (last === null) return [];
    if (last.by === null) {
      const why =
        last.from === null ? 'no node was active' : html`the reports of ${named(last.from)} had stopped`;
      return [{ atMs: last.atMs, text: html`${named(node)} became active, because ${why}` }];
    }
    const cause = last.force === null ? 'after a checklist' : `forced: ${last.force}`;
    const text = html`handover from ${named(last.from ?? 'no node')} to ${named(node)} by ${named(last.by)}, ${cause}, took ${Math.round(last.tookMs)} ms`;
    return [{ atMs: last.atMs, text }];
  });
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
  return html`<ul class="lines">${proofs}${lines.map(({ atMs, text }) => html`<li><span>${text}</span> <span class="quiet">${ago(atMs, nowMs)}</span></li>`)}</ul>
${others.map((node) => html`<p><a href="/console/${key.id}/handover?to=${encodeURIComponent(node)}">Rehearse or hand over to ${named(node)}</a></p>`)}`;
}

function denialsCard({ denials, nowMs }: ConsoleView): Markup | null {
  if (denials.length === 0) return null;
  const rows = denials.map(
    ({ reason, count, lastMs, nodes, isExpected, summary, remedy }) =>
      html`<tr><td class="title"><code>${reason}</code>${isExpected && html` ${pill('expected of a standby', 'plain')}`}</td><td data-label="count">${count}</td><td data-label="nodes">${nodes.map((node) => html`${named(node)} `)}</td><td data-label="last">${ago(lastMs, nowMs)}</td><td data-label="meaning">${summary}${!isExpected && ` ${remedy}`}</td></tr>`,
  );
  return html`<section class="card" aria-labelledby="denials"><h2 id="denials">Denials by reason</h2>
<table class="rows"><thead><tr><th>reason</th><th>count</th><th>nodes</th><th>last</th><th>meaning</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function servicesCard({ services, health: { store, ledger, epoch } }: ConsoleView): Markup {
  const lines = services.map(
    ({ name, state, live, self }) =>
      html`<li><span>${named(name)}${self && ' (this service)'}</span> ${pill(live ? state : `${state}, not live`, live && state === 'serving' ? 'good' : 'warn')}</li>`,
  );
  const members = store.members.map(
    ({ name, ok, leader }) =>
      html`<li><span>store member ${named(name)}${leader && ' (leader)'}</span> ${pill(ok ? 'up' : 'down', ok ? 'good' : 'bad')}</li>`,
  );
  return html`<section class="card" aria-labelledby="services"><h2 id="services">Store and services</h2>
<p>${pill(store.ok ? 'store ok' : 'store down', store.ok ? 'good' : 'bad')} ${store.detail}</p>
<ul class="lines">${lines}${members}</ul>
<p class="quiet">ledger <code>${ledger ?? 'none'}</code>, epoch <code>${epoch ?? 'none'}</code></p></section>`;
}

const VERDICTS = { proven: 'good', unproven: 'warn', violation: 'bad' } as const;
const DRILLS = { ok: 'good', unknown: 'warn', fail: 'bad' } as const;

/** The last drill, export and proof, or the command that makes the first one. */
function upkeepCard({ upkeep: { lastDrill, lastExport, lastVerification }, nowMs }: ConsoleView): Markup {
  const line = (what: Markup, atMs: number) =>
    html`<li><span>${what}</span> <span class="quiet">${ago(atMs, nowMs)}</span></li>`;
  const none = (what: string, command: string) =>
    html`<li><span>${what}: none yet</span> <code>${command}</code></li>`;
  return html`<section class="card" aria-labelledby="upkeep"><h2 id="upkeep">Upkeep</h2>
<ul class="lines">${
    lastDrill === null
      ? none('drill', 'watchbill handover --to NODE')
      : line(
          html`drill of ${named(lastDrill.node)} ${pill(lastDrill.state, DRILLS[lastDrill.state])}`,
          lastDrill.atMs,
        )
  }${
    lastExport === null
      ? none('backup of the ledger', 'watchbill ledger export')
      : line(html`backup of the ledger by ${named(lastExport.by)}`, lastExport.atMs)
  }${
    lastVerification === null
      ? none('verification', 'watchbill ledger verify --report')
      : line(
          html`verification by ${named(lastVerification.by)} ${pill(lastVerification.verdict, VERDICTS[lastVerification.verdict])}`,
          lastVerification.atMs,
        )
  }</ul></section>`;
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
    return html`<li><span><a href="${url}" rel="noreferrer">${name}</a> ${pill(word, tone)} ${named(look?.sentence ?? 'no answer yet')}</span></li>`;
  });
  return html`<section class="card" aria-labelledby="others"><h2 id="others">Other capabilities</h2>
<ul class="lines">${lines}</ul></section>`;
}
