import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { type Clock, type Random, systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { entryHash, type LedgerEntry } from '../../../rule/index.ts';
import { type CommitHook, openDatabase } from '../../../store/index.ts';
import type { DecisionPage, DecisionQuery, DecisionRecord } from '../../contract.ts';
import { LAYOUT, ledgerPath } from '../database.ts';
import type { NewDecision } from '../decisions.ts';
import { type FileLedger, openLedger } from '../open.ts';
import type { LedgerOptions } from '../part.ts';
import type { LedgerItem } from '../port.ts';
import { entryOf, MARK } from './entries.ts';

/** For the tests of this folder: entries, decisions and ledgers in directories that vanish with the test. */
export { entryOf, MARK };

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

/** The database of a new ledger, or of one that nothing else holds. */
export function rawLedger(t: TestContext, dir: string = temporaryDir(t)): DatabaseSync {
  mkdirSync(dir, { recursive: true });
  const { db } = openDatabase(ledgerPath(dir), LAYOUT);
  t.after(() => db.close());
  return db;
}

/** The rows of a query on a ledger that nothing else holds. */
export function rowsIn(dir: string, sql: string): readonly (readonly SQLOutputValue[])[] {
  const { db } = openDatabase(ledgerPath(dir), LAYOUT);
  const rows = db.prepare(sql).all();
  db.close();
  return rows.map((row) => Object.values(row));
}

/** The steps in which SQLite goes through its tables and indexes. */
export function planOf(db: DatabaseSync, sql: string): readonly string[] {
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  return steps.map(({ detail }) => String(detail));
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
  dir: string = temporaryDir(t),
  over: Partial<LedgerOptions> = {},
): Promise<FileLedger> {
  const clock: Clock = systemClock({ unref: true });
  const ledger = await openLedger({ dir, clock, random: fakeRandom(), ...over });
  t.after(() => ledger.close());
  return ledger;
}

/** Closes a ledger and opens its folder again, as a restart does. */
export async function reopened(
  t: TestContext,
  ledger: FileLedger,
  dir: string,
  over: Partial<LedgerOptions> = {},
): Promise<FileLedger> {
  await ledger.close();
  return ledgerIn(t, dir, over);
}

/** Every decision that a query finds, page after page. */
export function allPages(
  read: (query: DecisionQuery) => DecisionPage,
  query: DecisionQuery,
): readonly DecisionRecord[] {
  const found: DecisionRecord[] = [];
  for (let { before }: { before?: number | null | undefined } = query; before !== null; ) {
    const page = read({ ...query, before });
    assert.ok(page.decisions.length <= query.limit);
    assert.ok((page.next ?? -1) < (before ?? Number.POSITIVE_INFINITY), 'each page leads to older ones');
    found.push(...page.decisions);
    before = page.next;
  }
  return found;
}

/** Items of one entry, each with another decision like this one. */
export function repeated(count: number, decision: NewDecision = decisionOf({ outcome: 'granted' })) {
  return Array.from({ length: count }, () => itemOf(entryOf({ seq: 1n }), decision));
}

/** The folder of a ledger that held these items, and whose file was changed afterwards. */
export async function spoiled(t: TestContext, sql: string, ...items: readonly LedgerItem[]): Promise<string> {
  const dir = temporaryDir(t);
  const ledger = await ledgerIn(t, dir);
  await ledger.append(items);
  await ledger.close();
  const db = new DatabaseSync(ledgerPath(dir), { defensive: false });
  db.exec(sql);
  db.close();
  return dir;
}
