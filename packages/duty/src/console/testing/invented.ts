import type { TallyRow } from '../../service/index.ts';
import type { ReadTally } from '../view/history.ts';

const [QUARTER_MS, HOUR_MS] = [900_000, 3_600_000];
/** Hours before now. The service was down in the gap; bravo was granted the units in its watches. */
const GAP = [9, 10.5] as const;
const BRAVO = [
  [17, 22],
  [70, 101],
] as const;
const FIRST_HOUR = 24 * 24;

/** 24 days of a pair that handed over twice, with missed units at each change. */
export function inventedTally(nowMs: number): ReadTally {
  return ({ sinceMs, stepMs }) => {
    const rows = new Map<string, TallyRow>();
    const add = (
      atMs: number,
      duty: string,
      node: string | null,
      outcome: TallyRow['outcome'],
      units: number,
    ) => {
      const start = atMs - (atMs % stepMs);
      const name = [duty, start, node, outcome].join(' ');
      rows.set(name, { duty, atMs: start, node, outcome, units: units + (rows.get(name)?.units ?? 0) });
    };
    const from = Math.max(sinceMs, nowMs - (nowMs % QUARTER_MS) - FIRST_HOUR * HOUR_MS);
    for (let atMs = from; atMs <= nowMs; atMs += QUARTER_MS) {
      const hours = (nowMs - atMs) / HOUR_MS;
      if (hours > GAP[0] && hours < GAP[1]) continue;
      const node = BRAVO.some(([to, since]) => hours > to && hours < since) ? 'bravo' : 'alpha';
      add(atMs, 'babe', node, 'signed', 2);
      add(atMs, 'grandpa', node, 'unknown', 150);
      const isChange = BRAVO.flat().some((hour) => hours > hour && hours < hour + 0.25);
      if (isChange) add(atMs, 'babe', null, 'not-asked', 2);
      if (isChange || Math.floor(hours) % 97 === 0) add(atMs, 'grandpa', null, 'denied', 4);
    }
    return [...rows.values()];
  };
}
