import { coded, html, type Markup } from '@watchbill/kit/html';
import type { Cell } from '../view/cells.ts';
import { LETTERS, OUTCOMES } from '../view/outcomes.ts';
import type { ConsoleView, KeyView } from '../view/view.ts';
import { ago, clockOf, named } from './moment.ts';

/** The last units of one duty. Each cell is a link to its facts; arrow keys move between cells. */
export function stripMarkup(key: KeyView, { duty, cells }: KeyView['strips'][number]): Markup {
  if (cells.length === 0) return html`<h3>${duty}</h3><p class="quiet">No claim for this duty yet.</p>`;
  const links = cells.map((cell) => {
    const why = cell.reason !== null && OUTCOMES[cell.outcome] !== undefined && ` ${cell.reason}`;
    return html`<a class="${classOf(cell, key)}" href="${cellPath(key, cell)}">${cell.unit}${why}</a>`;
  });
  const last = cells.at(-1);
  const time = last?.atMs != null && `, ${clockOf(last.atMs)}`;
  return html`<h3>${duty} <span class="quiet">${last?.unit ?? null}${time}</span></h3>
<div class="strip" data-panel="p${key.id}" role="group" aria-label="${`last units of ${duty}, oldest first`}">${links}</div>`;
}

/** The signs that the strips of a key use. */
export function legend(key: KeyView): Markup {
  const used = new Set(key.strips.flatMap(({ cells }) => cells.map(({ outcome }) => outcome)));
  const nodes = key.nodes
    .slice(0, LETTERS.length)
    .map((node, at) => html`<span>${LETTERS[at] ?? ''} ${named(node)}</span> `);
  const others = [...used].flatMap((outcome) => OUTCOMES[outcome]?.meaning ?? []);
  return html`<p class="legend quiet">${nodes}${others.map((text) => html`<span>${text}</span> `)}</p>`;
}

export function cellPath(key: KeyView, { duty, unit }: Pick<Cell, 'duty' | 'unit'>): string {
  return `/u/${key.id}/${duty}/${unit.replaceAll('/', '-')}`;
}

function classOf({ outcome, node }: Cell, { nodes }: KeyView): string {
  if (outcome !== 'granted' && outcome !== 'signed') return OUTCOMES[outcome]?.css ?? 'q';
  return LETTERS[nodes.indexOf(node ?? '')]?.toLowerCase() ?? 'o';
}

/** The facts of one unit. */
export function cellMarkup(key: KeyView, cell: Cell, { nowMs }: ConsoleView): Markup {
  const { duty, unit, outcome, reason, node, digest, seenDigest, atMs, steps, say, remedy } = cell;
  const row = (name: string, value: Markup | string | null) =>
    value !== null && html`<dt>${name}</dt><dd>${value}</dd>`;
  const times = steps.map(({ name, ms }) => `${name} ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`);
  return html`<h2>${duty} ${unit} of key ${key.id}</h2>
<p>${coded(say)}</p>
<dl class="facts">${row('outcome', reason === null ? outcome : `${outcome} (${reason})`)}${row('node', node === null ? null : named(node))}${row('when', atMs === null ? null : html`${clockOf(atMs)}, ${ago(atMs, nowMs)}`)}${row('digest', digest === null ? null : html`<code>${digest}</code>`)}${row('digest on the chain', seenDigest === null ? 'not known to this service' : html`<code>${seenDigest}</code>`)}${row('steps', times.length === 0 ? null : times.join(', '))}${row('to do', remedy === null ? null : coded(remedy))}</dl>`;
}
