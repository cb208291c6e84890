import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, Policy } from '../../rule/index.ts';
import { claimWith } from '../claim/testing/claim.ts';
import { policyDocument } from '../testing/services.ts';
import { type BaseBook, boundsOf, createBase, type Heard, type SessionBase } from './base.ts';

const NOW_MS = 1_700_000_000_000;
const MARK = 'mark';

function policy(change: Partial<Policy> = {}): Policy {
  const document = policyDocument();
  const ceilings = { ...document.ceilings, allowedSkewMs: 500 };
  return { ...document, return: 'deny', ceilings, versionId: 'v', version: 1, mode: 'enforce', ...change };
}

const claim = (dutyName: string, unit: readonly bigint[]) => claimWith({ dutyName, unit });

const seen = (observer: string, set: bigint, round: bigint): Observation => ({
  observer,
  finalizedBlock: null,
  beefySetId: null,
  session: null,
  setId: set,
  round,
});

function heard(change: Partial<Heard> = {}, base: Partial<SessionBase> = {}): Heard {
  return {
    base: { openedMs: NOW_MS, adopted: new Set(), ...base },
    ...{ fresh: [], first: [], former: [], known: [], arrivals: [] },
    ...change,
  };
}

/** The bounds of a claim for this round. */
const ofRound = (unit: readonly bigint[], reports: Partial<Heard>, change: Partial<Policy> = {}) =>
  boundsOf(policy(change), claim('grandpa', unit), MARK, heard(reports), NOW_MS);

const highest = (...units: readonly (readonly bigint[])[]) => ({ kind: 'at', highest: units });

test('slots are counted from the clock at the opening', () => {
  const slot = claim('babe', [1n]);
  const { base, ceiling, lowest } = boundsOf(policy(), slot, MARK, heard(), NOW_MS + 10_000);
  assert.deepEqual([base, ceiling], [highest([3_600n]), highest([3_610n])]);
  assert.deepEqual(lowest, [3_607n]);
});

test('rounds are counted from the highest first report since the opening', () => {
  const first = [seen('watcher', 7n, 100n), seen('b', 7n, 90n)];
  const fresh = [seen('watcher', 7n, 120n)];
  const { base, ceiling } = ofRound([7n, 1n], { first, fresh });
  assert.deepEqual(base, highest([7n, 116n], [8n, 16n]));
  assert.equal(ceiling.kind === 'at' && ceiling.highest[0]?.[1], 136n);
});

test('before a report since the opening base and ceiling are unknown, whatever the store holds', () => {
  const known = [seen('watcher', 7n, 100n)];
  const { base, ceiling } = ofRound([7n, 1n], { known });
  assert.deepEqual([base.kind, ceiling.kind], ['unknown', 'unknown']);
});

test('a policy that trusts returns has no base and takes what the store holds', () => {
  const known = [seen('watcher', 7n, 100n)];
  const { base, ceiling } = ofRound([7n, 1n], { known }, { return: 'trust' });
  assert.deepEqual([base.kind, ceiling.kind], ['none', 'at']);
});

test('a mark adopted in this session has no base, another one has', () => {
  const adopted = heard({}, { adopted: new Set([MARK]) });
  assert.equal(boundsOf(policy(), claim('babe', [1n]), MARK, adopted, NOW_MS).base.kind, 'none');
  assert.equal(boundsOf(policy(), claim('babe', [1n]), 'other', adopted, NOW_MS).base.kind, 'at');
});

const originalWire = { enabled: true, slotDuty: 'babe', roundScope: 'unscoped' } as const;

test('without set ids reports count for set 0', () => {
  const reports = [seen('watcher', 7n, 100n)];
  const { base } = ofRound([0n, 1n], { first: reports, fresh: reports }, { originalWire });
  assert.deepEqual(base, highest([0n, 116n], [1n, 16n]));
});

test('the first session of a service that created the ledger bounds nothing by a base', () => {
  for (const each of [claim('babe', [1n]), claim('grandpa', [7n, 1n])])
    assert.equal(boundsOf(policy(), each, MARK, heard({}, { openedMs: null }), NOW_MS).base.kind, 'none');
});

type Change = (book: BaseBook) => unknown;

/** The base after these changes, of a service that created the ledger in this start or did not. */
function baseAfter(created: boolean, ...changes: readonly Change[]): SessionBase {
  const book = createBase(created);
  for (const change of changes) change(book);
  return book.now();
}

function opened(nowMs: number): Change {
  return (book) => book.opened(nowMs);
}
function inherited(openedMs: number | null): Change {
  return (book) => book.inherited(openedMs);
}
function adopted(mark: string): Change {
  return (book) => book.now().adopted.add(mark);
}

test('only the first session of a service that created the ledger has no base', () => {
  assert.equal(baseAfter(true, opened(1)).openedMs, null);
  assert.deepEqual([...baseAfter(true, opened(1), adopted('one'), adopted('two')).adopted], ['one', 'two']);
  const second = baseAfter(true, opened(1), adopted('one'), opened(2));
  assert.deepEqual(second, { openedMs: 2, adopted: new Set() });
  assert.equal(baseAfter(false, opened(3)).openedMs, 3);
  assert.equal(baseAfter(false, opened(3), inherited(1)).openedMs, 1);
});

test('a peer whose clock was ahead at its opening does not raise the base', () => {
  assert.equal(baseAfter(false, opened(3), inherited(3_600_003)).openedMs, 3);
  assert.equal(baseAfter(false, opened(3), inherited(null)).openedMs, null);
});

test('a base that a claim holds stays as it was', () => {
  const book = createBase(false);
  book.opened(3);
  const before = book.now();
  for (const change of [inherited(1), opened(4), adopted('one')]) change(book);
  assert.deepEqual(before, { openedMs: 3, adopted: new Set() });
});

test('a base is taken from a peer as it is, and keeps what this session adopted', () => {
  const { openedMs, adopted: kept } = baseAfter(false, opened(5), adopted('one'), inherited(5));
  assert.deepEqual([openedMs, [...kept]], [5, ['one']]);
  assert.equal(baseAfter(true, opened(5), inherited(3)).openedMs, 3, 'without an own base the peer has one');
});

test('without set ids a report without a set bounds no round', () => {
  const reports = [{ ...seen('watcher', 7n, 100n), setId: null }];
  const { base, ceiling } = ofRound([0n, 1n], { first: reports, fresh: reports }, { originalWire });
  assert.deepEqual([base.kind, ceiling.kind], ['unknown', 'unknown']);
});
