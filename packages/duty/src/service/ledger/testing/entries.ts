import { FIRST_PREV, type LedgerEntry } from '../../../rule/index.ts';

/** For the tests of this folder: entries of one mark. */
export const MARK = 'chain/key/babe';

export function entryOf(over: Partial<LedgerEntry> & { seq: bigint }): LedgerEntry {
  return {
    kind: 'grant',
    ledger: 'ledger',
    epoch: 'first',
    chain: 'chain',
    key: 'key',
    duty: 'babe',
    prev: FIRST_PREV,
    unit: [over.seq],
    parts: ['seal'],
    digest: 'aa'.repeat(32),
    owner: { node: 'node-a', incarnation: '01'.repeat(16) },
    term: null,
    nonce: 'nonce',
    service: 'service',
    policyVersion: 'policy',
    window: 1,
    atMs: 1_000,
    note: '',
    ...over,
  };
}
