import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../../scripts/pinned.mjs';
import { filled, rows } from '../../../../scripts/reference/markdown.mjs';

const RESULTS = 'packages/guard/test/node/guard-faults.json';
const LEVELS = ['no guard', 'L1', 'L2'];
/** The rows that the tests kept. */
export function savedFaults() {
  return JSON.parse(readFileSync(join(ROOT, RESULTS), 'utf8'));
}

/** docs/guard/reference/guard-faults.md, of rows as packages/guard/test/node/guard-faults.ts keeps them. */
export function guardFaultsPage(results) {
  return filled(new URL('guard-faults.md', import.meta.url), { results: rows(ordered(results).map(cells)) });
}

function ordered(results) {
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const isControl = (fault) => results.some((row) => row.fault === fault && row.level === 'no guard');
  return [...faults.filter(isControl), ...faults.filter((fault) => !isControl(fault))].flatMap((fault) =>
    LEVELS.flatMap((level) => results.filter((row) => row.fault === fault && row.level === level)),
  );
}

function cells({ fault, level, expected, slotsTwice, votesTwice, due, missed, firstSignature }) {
  const first = level === 'no guard' || firstSignature === null ? '-' : firstSignature.toFixed(1);
  return [fault, level, expected, `${slotsTwice} / ${votesTwice}`, `${missed} of ${due}`, first];
}
