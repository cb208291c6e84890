import { figure } from '@watchbill/testkit/bench/budgets';
import { table } from '../../../../scripts/reference/markdown.mjs';

/** @typedef {import('../../../testkit/bench/saved.ts').Saved} Saved */
/** @typedef {import('../../bench/profile.ts').GrantProfile} GrantProfile */
/** @typedef {Saved & { profiles: readonly GrantProfile[] }} Profile A saved run. */

const PARTS = {
  HTTP: 'HTTP: `node:http`, fastify, check of the claim, reply',
  rules: 'rules: token, policy, word, decision, hashes, next mark',
  store: 'store: the transaction on the mark',
  ledger: 'ledger: entry and decision',
  'garbage collection': 'garbage collection',
  rest: 'sockets, event loop, rest',
  idle: 'waits for claims or the store',
};

/** Processor for a grant, by parts of the service. @param {Profile} run */
export function profileTable({ profiles }) {
  const row = (name, of) => [name, ...profiles.map((each) => figure(of(each), 'µs'))];
  return table(
    ['', ...profiles.map(({ title }) => title)],
    [
      ...Object.entries(PARTS).map(([part, name]) => row(name, ({ parts }) => parts[part])),
      row('processor of that thread', ({ mainThread }) => mainThread),
      row('processor of other threads: collector, compiler, syncs', ({ otherThreads }) => otherThreads),
    ],
  );
}
