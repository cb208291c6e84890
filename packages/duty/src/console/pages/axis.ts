import { html, type Markup } from '@watchbill/kit/html';
import type { Axis, Day, KeyHistory } from '../view/history.ts';
import { clockOf, named } from './moment.ts';

/** Rows of the axis that are equal next to each other become one box. `at` counts spans. */
interface Box {
  readonly at: number;
  readonly width: number;
  readonly look: string;
}

const MAX_CHANGES = 10;
const TICKS = 4;
const HIGH = 10;

/** A row per node, missed units, and freezes. Unknown spans stay hatched. */
export function axisMarkup(axis: Axis, name: string): Markup {
  const { fromMs, stepMs, nodes, missed, frozen, changes } = axis;
  const count = missed.length;
  const of = `${count} spans of ${stepMs / 60_000} minutes`;
  const rows = nodes.map(({ node, spans }) => {
    const granted = spans.filter((span) => span === 'granted').length;
    const unknown = spans.filter((span) => span === 'unknown').length;
    const looks = spans.map((span) => ({ granted: 'on', 'not granted': 'off', unknown: '' })[span]);
    const text = `${node}: granted in ${granted} of ${of}, unknown in ${unknown}`;
    return html`<span>${named(node)}</span>${strip(text, boxesOf(looks), count)}`;
  });
  const isFrozen = frozen.includes(true);
  const ice = frozen.map((one) => (one === null ? '' : one ? 'ice' : 'off'));
  const moves = `the active node changed ${changes.length} times`;
  const moved = new Set(changes.map(({ span }) => span));
  const known = nodes[0]?.spans ?? [];
  const moveLooks = known.map((span, at) => (moved.has(at) ? 'move' : span === 'unknown' ? '' : 'off'));
  const total = missed.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const unknown = missed.filter((one) => one === null).length;
  const labels = Array.from({ length: TICKS + 1 }, (_none, at) =>
    timeOf(fromMs + (at * count * stepMs) / TICKS, stepMs),
  );
  return html`<div class="axis">${rows}
<span>changes</span>${strip(moves, boxesOf(moveLooks), count)}
${isFrozen && html`<span>frozen</span>${strip(`frozen in ${frozen.filter((one) => one === true).length} of ${of}`, boxesOf(ice), count)}`}
<span>missed</span>${strip(`${name}: ${total} missed units; unknown in ${unknown} of ${of}`, boxesOf(missed.map(lookOf)), count)}
<span></span><p class="ticks quiet">${labels.map((label) => html`<span>${label}</span>`)}</p></div>`;
}

/** The signs of the axis and of the days. */
export function axisLegend(): Markup {
  const signs = [
    ['on', 'granted'],
    ['off', 'not granted, none missed'],
    ['m3', 'missed'],
    ['move', 'another node was granted'],
    ['ice', 'frozen'],
    ['unknown', 'unknown'],
  ] as const;
  return html`<p class="legend quiet">${signs.map(([look, text]) => html`<span><svg class="sign" viewBox="0 0 1 1" aria-hidden="true">${look !== 'unknown' && html`<rect class="${look}" width="1" height="1"/>`}</svg> ${text}</span> `)}</p>`;
}

/** 30 days of each duty: higher and red for more missed units. */
export function daysMarkup(duties: KeyHistory['duties']): Markup {
  const rows = duties.map(({ duty, days }) => {
    const missed = days.reduce((sum, day) => sum + day.missed, 0);
    const unknown = days.filter((day) => lookOf(knownOf(day)) === '').length;
    const boxes = days.map((day, at) => ({ at, width: 1, look: lookOf(knownOf(day)) }));
    const text = `${duty}: ${missed} missed units in 30 days; unknown on ${unknown} days`;
    return html`<span>${duty}</span>${strip(text, boxes, days.length)}`;
  });
  const listed = duties.flatMap(({ duty, days }) =>
    days.flatMap((day) => (day.units === 0 ? [] : [{ duty, day }])),
  );
  const cells = listed
    .toSorted((a, b) => b.day.atMs - a.day.atMs)
    .map(
      ({ duty, day: { atMs, missed, unknown, units } }) =>
        html`<tr><td class="title">${dateOf(atMs)}</td><td data-label="duty">${duty}</td><td data-label="missed">${missed}</td><td data-label="unknown">${unknown}</td><td data-label="units">${units}</td></tr>`,
    );
  const [first] = duties[0]?.days ?? [];
  return html`<div class="axis days">${rows}
<span></span><p class="ticks quiet"><span>${first === undefined ? '' : dateOf(first.atMs)}</span><span>today</span></p></div>
${cells.length > 0 && html`<details data-key="days"><summary>The same as a table</summary><table class="rows"><thead><tr><th>day</th><th>duty</th><th>missed</th><th>unknown</th><th>units</th></tr></thead><tbody>${cells}</tbody></table></details>`}`;
}

/** Null while most units of a day are unknown and none is known as missed. */
function knownOf({ missed, unknown, units }: Day): number | null {
  return missed === 0 && unknown * 2 >= units ? null : missed;
}

function lookOf(missed: number | null): string {
  if (missed === null) return '';
  if (missed === 0) return 'off';
  return missed < 3 ? 'm1' : missed < 10 ? 'm2' : 'm3';
}

function boxesOf(looks: readonly string[]): readonly Box[] {
  const boxes: Box[] = [];
  for (const [at, look] of looks.entries()) {
    const last = boxes.at(-1);
    if (last !== undefined && last.look === look)
      boxes[boxes.length - 1] = { ...last, width: last.width + 1 };
    else boxes.push({ at, width: 1, look });
  }
  return boxes;
}

const HEIGHTS: Readonly<Record<string, number>> = { m1: 4, m2: 7 };

/** A row of boxes over the hatch. All boxes of one look are one path, so that the page stays small. */
function strip(text: string, boxes: readonly Box[], count: number): Markup {
  const known = boxes.filter(({ look }) => look !== '');
  const low = known.filter(({ look }) => look in HEIGHTS).map((box) => ({ ...box, look: 'off' }));
  const paths = [...Map.groupBy([...low, ...known], ({ look }) => look)].map(([look, some]) => {
    const high = HEIGHTS[look] ?? HIGH;
    const boxes = some.map(({ at, width }) => `M${at} ${HIGH - high}h${width}v${high}h-${width}z`);
    return html`<path class="${look}" d="${boxes.join('')}"/>`;
  });
  return html`<svg viewBox="0 0 ${count} ${HIGH}" preserveAspectRatio="none" role="img" aria-label="${text}">${paths}</svg>`;
}

/** The newest changes, each with its span. */
export function changesMarkup({ changes, fromMs, stepMs }: Axis): Markup | null {
  if (changes.length === 0) return null;
  const lines = changes
    .slice(-MAX_CHANGES)
    .toReversed()
    .map(({ span, from, to }) => {
      const atMs = fromMs + span * stepMs;
      return html`<li><span>from ${named(from)} to ${named(to)}</span> <span class="quiet">between ${dateOf(atMs)} ${timeOf(atMs, 0)} and ${timeOf(atMs + stepMs, 0)} UTC</span></li>`;
    });
  return html`<ul class="lines">${lines}</ul>`;
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** A date if the spans are hours, else the time of day. */
function timeOf(atMs: number, stepMs: number): string {
  return stepMs >= 3_600_000 ? dateOf(atMs).slice(5) : clockOf(atMs).slice(0, 5);
}
