import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { type Clock, type Random, systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { entryHash, type LedgerEntry } from '../../../rule/index.ts';
import { type CommitHook, openDatabase } from '../../../store/index.ts';
import { LAYOUT, ledgerPath } from '../database.ts';
import type { NewDecision } from '../decisions.ts';
import { type FileLedger, openLedger } from '../open.ts';
import type { LedgerOptions } from '../part.ts';
import type { LedgerItem } from '../port.ts';

/** For the tests of this folder: entries, decisions and ledgers in directories that vanish with the test. */
export { entryOf, MARK } from './entries.ts';

export function itemOf(entry: LedgerEntry, decision: NewDecision | null = null): LedgerItem {
  return { entry, hash: entryHash(entry), decision };
}

export function decisionOf(over: Partial<NewDecision> = {}): NewDecision {
  return {
    atMs: 1_000,
    outcome: 'denied',
    reason: 'unit-taken',
    detail: 'the unit belongs to node-a',
    chain: 'chain',
    key: 'key',
    duty: 'babe',
    unit: '1',
    parts: ['seal'],
    digest: null,
    node: 'node-b',
    incarnation: '02'.repeat(16),
    claimId: 'claim',
    seq: null,
    via: 'claims',
    tookMs: 1.5,
    ...over,
  };
}

/** A clock on which nothing wakes. */
export const stillClock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => new Promise(() => {}) };

/** Bytes that count up, for tests only: they are not random. */
export function fakeRandom(): Random {
  let next = 0;
  return { bytes: (length) => Uint8Array.from({ length }, () => next++ & 0xff) };
}

/** The database of a ledger that nothing else holds. */
export function rawLedger(dir: string): DatabaseSync {
  mkdirSync(dir, { recursive: true });
  return openDatabase(ledgerPath(dir), LAYOUT).db;
}

/** Commits that a test counts, and may let fail with a code of SQLite: before or after the file has them. */
export function watchedCommits() {
  const fail: { code?: number; kept?: boolean } = {};
  const seen = { commits: 0 };
  const aroundCommit: CommitHook = (commit) => {
    seen.commits += 1;
    if (fail.code === undefined || fail.kept === true) commit();
    if (fail.code !== undefined) throw Object.assign(new Error('disk I/O error'), { errcode: fail.code });
  };
  return { fail, seen, aroundCommit };
}

export function temporaryDir(t: TestContext): string {
  const dir = temporaryFolder(t);
  return join(dir, 'data');
}

export async function ledgerIn(
  t: TestContext,
  dir: string,
  over: Partial<LedgerOptions> = {},
): Promise<FileLedger> {
  const clock: Clock = systemClock({ unref: true });
  const ledger = await openLedger({ dir, clock, random: fakeRandom(), ...over });
  t.after(() => ledger.close());
  return ledger;
}
