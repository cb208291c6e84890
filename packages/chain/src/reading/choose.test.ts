import assert from 'node:assert/strict';
import test from 'node:test';
import { NodeFault } from '../rpc/fault.ts';
import { type ChoiceRules, commonGenesis, isAgreed, judgeEndpoints } from './choose.ts';
import type { Probe } from './probe.ts';

const OURS = `0x${'aa'.repeat(32)}`;
const OTHERS = `0x${'bb'.repeat(32)}`;
const NOW_MS = 1_795_000_000_000;
const RULES: ChoiceRules = { lagBlocks: 20, headAgeMs: 60_000 };

function answered(number: number, ageMs: number | null = 6_000, genesis = OURS): Probe {
  const head = {
    number,
    hash: OURS,
    parentHash: OURS,
    digest: { preRuntime: [], consensus: [], seal: [], other: [] },
  };
  return {
    result: 'answered',
    genesis,
    head: head as unknown as Extract<Probe, { result: 'answered' }>['head'],
    headMs: ageMs === null ? null : NOW_MS - ageMs,
  };
}
const SILENT: Probe = { result: 'silent', fault: new NodeFault('timeout', 'it hangs') };

function standings(probes: readonly Probe[], seen = 0): readonly string[] {
  return judgeEndpoints(probes, { genesis: OURS, seen, nowMs: NOW_MS }, RULES).map(
    ({ standing }) => standing,
  );
}

test('an endpoint far behind where most are is left, one a little behind is not', () => {
  assert.deepEqual(standings([answered(100), answered(100), answered(80)]), ['fit', 'fit', 'fit']);
  assert.deepEqual(standings([answered(100), answered(100), answered(79)]), ['fit', 'fit', 'behind']);
  assert.deepEqual(standings([answered(100), answered(79)]), ['fit', 'behind']);
});

test('one that is far ahead, or alone with a new time, leaves the others as they are', () => {
  assert.deepEqual(standings([answered(9_000), answered(100), answered(100)]), ['fit', 'fit', 'fit']);
  const stands = answered(100, 3_600_000);
  assert.deepEqual(standings([answered(101), stands, stands]), ['fit', 'fit', 'fit']);
  assert.deepEqual(standings([answered(101), answered(101), stands]), ['fit', 'fit', 'old']);
});

test('one of another chain and one that is silent are left', () => {
  assert.deepEqual(standings([answered(900, 0, OTHERS), SILENT, answered(5)]), [
    'other-chain',
    'silent',
    'fit',
  ]);
});

test('the height of another chain makes no endpoint late', () => {
  assert.deepEqual(standings([answered(9_000, 0, OTHERS), answered(5)]), ['other-chain', 'fit']);
});

test('a head that lies by its age is left while another is new', () => {
  assert.deepEqual(standings([answered(100, 3_600_000), answered(100)]), ['old', 'fit']);
});

test('if every head is old, the chain stands still and is still read', () => {
  assert.deepEqual(standings([answered(100, 3_600_000), answered(99, 3_600_000)]), ['fit', 'fit']);
});

test('a chain without a clock has no age', () => {
  assert.deepEqual(standings([answered(100, null), answered(100, 3_600_000)]), ['fit', 'old']);
});

test('state never goes back behind a block that was read', () => {
  assert.deepEqual(standings([answered(99), answered(100)], 100), ['behind', 'fit']);
  assert.deepEqual(standings([answered(99)], 100), ['behind']);
});

test('the chain is that of most endpoints, the first on a tie', () => {
  assert.equal(commonGenesis([answered(1, 0, OTHERS), answered(1), answered(1)]), OURS);
  assert.equal(commonGenesis([answered(1, 0, OTHERS), answered(1)]), OTHERS);
  assert.equal(commonGenesis([SILENT]), null);
});

test('a block is agreed by more than half of those that answered', () => {
  assert.ok(isAgreed('a', [], 0));
  assert.ok(!isAgreed('a', ['a', 'b'], 1));
  assert.ok(isAgreed('a', ['a', 'b'], 0));
  assert.ok(isAgreed('a', [null, null], 0));
  assert.ok(!isAgreed('a', ['b'], 0));
  assert.ok(!isAgreed('a', ['b', 'b', 'a'], 0));
  assert.ok(!isAgreed('a', [], 1));
  assert.ok(isAgreed('a', ['a'], 1));
});
