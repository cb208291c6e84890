import { table } from '../../../../scripts/reference/markdown.mjs';
import { TROUBLE_HEADS, troubleRow } from '../../bench/trouble/rows.ts';

/** @typedef {import('../../bench/trouble/rows.ts').Met} Met */
/** @typedef {import('../../../testkit/bench/saved.ts').Saved & { trouble: readonly Met[] }} Trouble A run. */

/** The section of the page. @param {Trouble} run */
export function troubleBlocks({ trouble }) {
  return [
    '## Latency under trouble',
    '200 claims/s over 32 connections, each repeated until it is granted: `npm run bench -- trouble`. Every 6 s a disk or a member of etcd stands still for 200 ms, or the leader of etcd is killed for 3 s. The longest gap is the longest time between two grants.',
    table(TROUBLE_HEADS, trouble.map(troubleRow)),
  ];
}
