import { coded, html, type Markup, pill } from '@watchbill/kit/html';
import type { KeyHistory } from '../view/history.ts';
import type { ConsoleView, KeyView } from '../view/view.ts';
import { axisLegend, axisMarkup, changesMarkup, daysMarkup } from './axis.ts';
import { historyOf } from './overview.ts';
import { pairMarkup } from './pair.ts';

/** The page of one key: who signed, when units were missed, who can take over, and how long a grant took. */
export function keyPage(key: KeyView, history: KeyHistory, view: ConsoleView, mayChange: boolean): Markup {
  const { state, label } = key;
  const word = state.lacks === null ? state.word : `${state.word}, ${state.lacks}`;
  const isFrozen = state.word === 'frozen';
  return html`<h1>Key <code title="${key.key}">${label}</code> ${pill(word, state.tone)}</h1>
<p class="state">${coded(state.sentence)}.</p>
${mayChange && html`<p><a href="/console/${key.id}/freeze">${isFrozen ? 'Lift the freeze' : 'Freeze this key'}</a></p>`}
<section class="card" aria-labelledby="day"><h2 id="day">Who signed, 24 hours</h2>${axisMarkup(history.day, '24 hours')}${changesMarkup(history.day)}${axisLegend()}</section>
<section class="card" aria-labelledby="week"><h2 id="week">Who signed, 7 days</h2>${axisMarkup(history.week, '7 days')}${changesMarkup(history.week)}</section>
<section class="card" aria-labelledby="days"><h2 id="days">Missed units per day, 30 days</h2>${daysMarkup(history.duties)}
<p class="quiet">This service counts a unit a minute after it is over. <code>watchbill units --key ${label.replace('…', '')}</code> has the cause of each.</p></section>
<section class="card" aria-labelledby="pair"><h2 id="pair">Who can take over</h2>${pairMarkup(key, view)}${historyOf(key, view, mayChange)}</section>
${timesCard(key)}
<p><a href="/">Back to the console</a></p>`;
}

/** The slowest of 100 grants as a bar over the length of a slot. */
function timesCard({ times, slotMs }: KeyView): Markup | null {
  if (times.length === 0) return null;
  let at = 0;
  const bars = times.map(({ p99Ms }, step) => {
    const x = at;
    at += p99Ms;
    return html`<rect class="${step % 2 === 0 ? 'on' : 'move'}" x="${x}" width="${p99Ms}" height="1"/>`;
  });
  const msOf = (ms: number) => (ms < 10 ? ms.toFixed(1) : `${Math.round(ms)}`);
  const facts = times.map(
    ({ name, p50Ms, p99Ms }) => html`<dt>${name}</dt><dd>${msOf(p50Ms)} ms, p99 ${msOf(p99Ms)} ms</dd>`,
  );
  const text = `p99 of all steps: ${msOf(at)} of ${slotMs} ms`;
  return html`<section class="card" aria-labelledby="times"><h2 id="times">Time of a grant in its slot</h2>
<div class="axis"><span>p99</span><svg viewBox="0 0 ${slotMs} 1" preserveAspectRatio="none" role="img" aria-label="${text}"><rect class="off" width="${slotMs}" height="1"/>${bars}</svg></div>
<p>${text}.</p><dl class="facts">${facts}</dl></section>`;
}
