import { html, type Markup, pill, type Tone } from '@watchbill/kit/html';
import { OUTCOME_REASONS, type OutcomeReason } from '../../outcome.ts';
import { type WindowSchedule, windowOf } from '../../window.ts';
import type { WindowRecord } from '../records/queries.ts';

/** A window that is over, as this member knows it. */
type Look = 'agreed' | 'none' | 'missed' | 'unknown';

export interface Cell {
  readonly index: bigint;
  readonly look: Look;
  /** Null if no outcome of the window is stored. */
  readonly record: WindowRecord | null;
}

/** Two rows, so that a cell is wide enough for a finger on a phone. */
export const WINDOWS_SHOWN = 24;
const PER_ROW = 12;
const SIDE = 24;

const LOOKS: Readonly<Record<Look, readonly [sign: string, word: string, tone: Tone]>> = {
  agreed: ['✓', 'agreed', 'good'],
  none: ['✕', 'no agreement seen', 'bad'],
  missed: ['–', 'missed by this member', 'warn'],
  unknown: ['?', 'unknown', 'plain'],
};

/** If the inputs of this node were missing or differed, the others may have agreed without it. */
const LOOK_OF: Readonly<Record<OutcomeReason, Look>> = {
  'leader-silent': 'none',
  'no-proposal': 'none',
  'proposal-late': 'none',
  'no-certificate': 'none',
  'no-seed': 'unknown',
  'seed-differs': 'unknown',
  'version-differs': 'unknown',
  interrupted: 'missed',
  passed: 'missed',
  missed: 'missed',
  'action-running': 'missed',
};

function lookOf({ reason, result }: WindowRecord): Look {
  if (reason === null) return result === 'execute' || result === 'noop' ? 'agreed' : 'unknown';
  return isReason(reason) ? LOOK_OF[reason] : 'unknown';
}

function isReason(reason: string): reason is OutcomeReason {
  return Object.hasOwn(LOOK_OF, reason);
}

/** The cause of an outcome without an agreement in time, with the remedy. */
export function remedyOf({ reason }: WindowRecord): string | null {
  return reason !== null && isReason(reason) ? OUTCOME_REASONS[reason] : null;
}

/**
 * The last windows, oldest first, up to the one before the open window. `records`: the newest first. A window
 * between two records that has none is unknown.
 */
export function cellsOf(records: readonly WindowRecord[], open: bigint | null): readonly Cell[] {
  const [newest, oldest] = [records[0], records.at(-1)];
  if (newest === undefined || oldest === undefined) return [];
  const last = open !== null && open > BigInt(newest.to) ? open - 1n : BigInt(newest.to);
  const begin = last - BigInt(WINDOWS_SHOWN - 1);
  const first = begin > BigInt(oldest.from) ? begin : BigInt(oldest.from);
  return Array.from({ length: Number(last - first) + 1 }, (_none, at) => {
    const index = first + BigInt(at);
    const record = records.find(({ from, to }) => BigInt(from) <= index && index <= BigInt(to)) ?? null;
    return { index, record, look: record === null ? 'unknown' : lookOf(record) };
  });
}

/** For example `agreed on heartbeat`, or `missed by this member (passed)`. */
export function resultOf({ look, record }: Cell): string {
  const word = LOOKS[look][1];
  if (record === null) return `${word} (no record)`;
  if (record.reason === null) return record.action === null ? word : `${word} on ${record.action}`;
  return `${word} (${record.reason})`;
}

export function lookPill({ look }: Cell): Markup {
  const [sign, word, tone] = LOOKS[look];
  return pill(`${sign} ${word}`, tone);
}

/** One cell for each window: a link to its row of the table. Arrow keys move between cells. */
export function stripMarkup(cells: readonly Cell[], schedule: WindowSchedule): Markup {
  const height = Math.ceil(cells.length / PER_ROW) * SIDE;
  const links = cells.map((cell, at) => {
    const { block } = windowOf(schedule, cell.index);
    const text = `window ${cell.index}, block ${block}: ${resultOf(cell)}; first leader ${cell.record?.leader ?? 'unknown'}`;
    const [x, y] = [(at % PER_ROW) * SIDE, Math.floor(at / PER_ROW) * SIDE];
    return html`<a class="${cell.look}" href="#w${cell.index}" aria-label="${text}"><title>${text}</title><rect x="${x + 1}" y="${y + 1}" width="${SIDE - 2}" height="${SIDE - 2}" rx="4"/><text x="${x + SIDE / 2}" y="${y + SIDE / 2}">${LOOKS[cell.look][0]}</text></a>`;
  });
  const used = (Object.keys(LOOKS) as Look[]).filter((look) => cells.some((cell) => cell.look === look));
  return html`<svg class="strip" viewBox="0 0 ${PER_ROW * SIDE} ${height}" role="group" aria-label="the last ${cells.length} windows, oldest first">${links}</svg>
<p class="legend quiet">${used.map((look) => html`<span>${LOOKS[look][0]} ${LOOKS[look][1]}</span> `)}</p>`;
}

/** The same as a table, the newest first. */
export function windowTable(cells: readonly Cell[], schedule: WindowSchedule): Markup {
  const rows = cells.toReversed().map((cell) => {
    const { index, record } = cell;
    const why = record?.receipts.at(-1)?.text ?? record?.detail ?? '';
    return html`<tr id="w${index}"><td class="title">${index}</td><td data-label="block">${windowOf(schedule, index).block}</td><td>${lookPill(cell)}</td><td data-label="action">${record?.action ?? 'none known'}</td><td data-label="first leader"><bdi>${record?.leader ?? 'unknown'}</bdi></td><td class="wide">${why}</td></tr>`;
  });
  return html`<table class="rows"><thead><tr><th>window</th><th>block</th><th>result</th><th>action</th><th>first leader</th><th>detail</th></tr></thead><tbody>${rows}</tbody></table>`;
}
