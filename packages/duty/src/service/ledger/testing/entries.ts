import { entryHash, FIRST_PREV, type LedgerEntry } from '../../../rule/index.ts';
import { type EntryFields, fieldsOf } from '../points.ts';

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

export function fieldsAt(over: Parameters<typeof entryOf>[0]): EntryFields {
  const entry = entryOf(over);
  return fieldsOf(entry, entryHash(entry));
}
