import assert from 'node:assert/strict';
import test from 'node:test';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import { NodeFault } from '../rpc/fault.ts';
import { FAKE_GENESIS, type FakeState, fakeState } from '../testing/index.ts';
import type { PinnedReader } from './reader.ts';
import { ROLE_LIMITS, type RoleEndpoints, type RoleLimits, roleEndpoints } from './role.ts';

const NOW_MS = 1_795_000_000_000;

/** Time that passes only while somebody sleeps. */
const flowingClock = (): VirtualClock => createVirtualClock({ startMs: NOW_MS, flowing: true });

function endpoint(address: string, head: number, session: number, fork = '00', ageMs = 6_000): FakeState {
  const state = fakeState({ runtime: 'relay-2026', address, head, fork });
  state.set('Session', 'CurrentIndex', [[[], session]]);
  state.set('Timestamp', 'Now', [[[], String(NOW_MS - ageMs)]]);
  return state;
}

function roleOf(
  states: readonly FakeState[],
  limits: Partial<RoleLimits> = {},
  clock: VirtualClock = flowingClock(),
): RoleEndpoints {
  return roleEndpoints({ nodes: states.map(({ node }) => node), clock, genesis: FAKE_GENESIS, limits });
}

/** Reads in two calls, so that an endpoint can break between them. */
async function sessionTwice(reader: PinnedReader): Promise<readonly unknown[]> {
  const request = [{ pallet: 'Session', item: 'CurrentIndex' }];
  const [[first] = []] = await reader.read(request);
  const [[second] = []] = await reader.read(request);
  return [first, second].map((each) => (each?.result === 'value' ? each.value : each));
}

const standings = (role: RoleEndpoints) => role.health().map(({ standing }) => standing);

test('the first fit endpoint serves; one that lags or is of another chain is left for it', async () => {
  const other = fakeState({
    runtime: 'relay-2026',
    address: 'other',
    genesis: `0x${'77'.repeat(32)}`,
    head: 500,
  });
  const role = roleOf([endpoint('late', 10, 1), other, endpoint('good', 100, 2)]);
  const read = await role.readPinned(sessionTwice);
  assert.ok(read.ok);
  assert.deepEqual([read.endpoint, read.value, read.block.number], ['good', [2, 2], 100n]);
  assert.deepEqual(standings(role), ['behind', 'other-chain', 'fit']);
});

test('an endpoint that breaks in the middle of a read: all of it is read again from the next one, and no answers are mixed', async () => {
  const [breaks, good] = [endpoint('breaks', 100, 5), endpoint('good', 100, 6)];
  let queries = 0;
  breaks.setTrouble((method) => {
    if (method !== 'state_queryStorageAt') return null;
    queries += 1;
    if (queries === 2) throw new NodeFault('lost', 'the connection ended');
    return null;
  });
  const role = roleOf([breaks, good]);
  const read = await role.readPinned(sessionTwice);
  assert.ok(read.ok);
  assert.deepEqual([read.endpoint, read.value], ['good', [6, 6]]);
  assert.equal(queries, 2);
  assert.equal(role.health()[0]?.lastFailure, 'the connection ended');
});

test('defect 25: endpoints that fail are a reason, and never a value', async () => {
  const dead = endpoint('dead', 100, 1);
  dead.setTrouble(() => {
    throw new NodeFault('timeout', 'dead did not answer within 5000 ms');
  });
  const clock = flowingClock();
  const read = await roleOf([dead], { attempts: 3 }, clock).readPinned(sessionTwice);
  assert.deepEqual(read, {
    ok: false,
    code: 'no-endpoint',
    why: 'no endpoint can be read: dead is silent (dead did not answer within 5000 ms)',
  });
  assert.ok(clock.monotonicMs() > 0, 'it waited before it tried again');
});

test('the pauses between tries grow up to the longest', async () => {
  const dead = endpoint('dead', 100, 1);
  dead.setTrouble(() => {
    throw new NodeFault('timeout', 'dead did not answer');
  });
  const clock = flowingClock();
  const limits = { attempts: 6, firstPauseMs: 1_000, longestPauseMs: 3_000 };
  assert.ok(!(await roleOf([dead], limits, clock).readPinned(sessionTwice)).ok);
  assert.equal(clock.monotonicMs(), 1_000 + 2_000 + 3_000 + 3_000 + 3_000);
});

test('a lone endpoint that breaks once is tried again after a pause', async () => {
  const state = endpoint('only', 100, 3);
  let broken = 0;
  state.setTrouble((method) => {
    if (method === 'state_queryStorageAt' && broken++ === 0) throw new NodeFault('lost', 'reset');
    return null;
  });
  const read = await roleOf([state]).readPinned(sessionTwice);
  assert.ok(read.ok);
  assert.deepEqual(read.value, [3, 3]);
});

test('tries have an end', async () => {
  const state = endpoint('only', 100, 3);
  state.setTrouble((method) => {
    if (method === 'state_queryStorageAt') throw new NodeFault('lost', 'reset');
    return null;
  });
  const read = await roleOf([state], { attempts: 5 }).readPinned(sessionTwice);
  assert.ok(!read.ok);
  assert.match(read.why, /reset/);
  assert.ok(state.calls.filter((method) => method === 'state_queryStorageAt').length <= 5);
});

test('two endpoints that hold different blocks for final are believed neither', async () => {
  const role = roleOf([endpoint('one', 100, 1, '00'), endpoint('two', 100, 2, '11')]);
  const read = await role.readPinned(sessionTwice);
  assert.ok(!read.ok);
  assert.equal(read.code, 'disagree');
});

test('of three endpoints the two that agree are believed', async () => {
  const role = roleOf([endpoint('fork', 100, 1, '11'), endpoint('one', 100, 2), endpoint('two', 103, 2)]);
  const read = await role.readPinned(sessionTwice);
  assert.ok(read.ok);
  assert.deepEqual([read.endpoint, read.value], ['one', [2, 2]]);
});

test('what was read never goes back: an endpoint behind it is left, even if it is the last one', async () => {
  const [ahead, back] = [endpoint('ahead', 100, 9), endpoint('back', 100, 8)];
  const role = roleOf([ahead, back]);
  assert.ok((await role.readPinned(sessionTwice)).ok);
  ahead.setTrouble(() => {
    throw new NodeFault('unreachable', 'gone');
  });
  back.setHead(95);
  const read = await role.readPinned(sessionTwice);
  assert.ok(!read.ok);
  assert.match(read.why, /back is behind/);
  back.setHead(100);
  const later = await role.readPinned(sessionTwice);
  assert.ok(later.ok);
  assert.equal(later.endpoint, 'back');
});

test('one that is ahead of all others does not count alone, and makes no other late', async () => {
  for (const ahead of [101, 1_000_000]) {
    const honest = ['one', 'two', 'three'].map((name) => endpoint(name, 100, 1));
    const role = roleOf([endpoint('liar', ahead, 666, '11'), ...honest]);
    for (const _ of [1, 2]) {
      const read = await role.readPinned(sessionTwice);
      assert.ok(read.ok);
      assert.deepEqual([read.endpoint, read.value], ['one', [1, 1]]);
    }
    assert.deepEqual(standings(role), ['fit', 'fit', 'fit', 'fit']);
  }
});

test('of two, the block that both hold is read', async () => {
  const read = await roleOf([endpoint('ahead', 101, 9), endpoint('back', 100, 8)]).readPinned(sessionTwice);
  assert.ok(read.ok);
  assert.deepEqual([read.endpoint, read.value], ['back', [8, 8]]);
});

test('a height that one endpoint alone told locks the others out no longer than a head may be old', async () => {
  const liar = endpoint('liar', 1_000_000, 666, '11');
  const honest = [endpoint('one', 100, 1), endpoint('two', 100, 1)];
  const clock = flowingClock();
  const role = roleOf([liar, ...honest], {}, clock);
  const gone = () => {
    throw new NodeFault('unreachable', 'gone');
  };
  for (const each of honest) each.setTrouble(gone);
  assert.ok((await role.readPinned(sessionTwice)).ok, 'it is the only one that answers');
  for (const each of honest) each.setTrouble(() => null);
  liar.setTrouble(gone);
  await clock.sleep(ROLE_LIMITS.longestPauseMs);
  const early = await role.readPinned(sessionTwice);
  assert.ok(!early.ok);
  assert.match(early.why, /one is behind/);
  await clock.sleep(ROLE_LIMITS.headAgeMs);
  assert.ok((await role.readPinned(sessionTwice)).ok);
});

test('a head that is old by its own time is left while another is new, and shows its age where it is the only one', async () => {
  const old = endpoint('old', 100, 1, '00', 7_200_000);
  const both = await roleOf([old, endpoint('new', 100, 1)]).readPinned(sessionTwice);
  assert.ok(both.ok);
  assert.equal(both.endpoint, 'new');
  const alone = await roleOf([old]).readPinned(sessionTwice);
  assert.ok(alone.ok);
  assert.equal(alone.blockMs, NOW_MS - 7_200_000);
});

test('without a pin the chain of most endpoints counts, and stays', async () => {
  const strange = fakeState({
    runtime: 'relay-2026',
    address: 'strange',
    genesis: `0x${'77'.repeat(32)}`,
    head: 100,
  });
  const [one, two] = [endpoint('one', 100, 1), endpoint('two', 100, 1)];
  const role = roleEndpoints({
    nodes: [strange.node, one.node, two.node],
    clock: flowingClock(),
    genesis: null,
  });
  assert.ok((await role.readPinned(sessionTwice)).ok);
  assert.equal(role.genesis(), FAKE_GENESIS);
  for (const each of [one, two])
    each.setTrouble(() => {
      throw new NodeFault('unreachable', 'gone');
    });
  assert.ok(!(await role.readPinned(sessionTwice)).ok);
  assert.equal(role.genesis(), FAKE_GENESIS);
});

test('a mistake in a reader is no fault of an endpoint', async () => {
  const role = roleOf([endpoint('good', 100, 1)]);
  await assert.rejects(
    role.readPinned(async () => {
      throw new TypeError('a mistake');
    }),
    TypeError,
  );
});

test('without endpoints there is a reason', async () => {
  const read = await roleOf([]).readPinned(sessionTwice);
  assert.deepEqual(read, { ok: false, code: 'no-endpoint', why: 'no endpoint is configured' });
});

test('the health of an endpoint has the time of its last answer; one that never answered has none', async () => {
  const clock = flowingClock();
  const [silent, good] = [endpoint('silent', 100, 1), endpoint('good', 100, 1)];
  silent.setTrouble(() => {
    throw new NodeFault('lost', 'the connection ended');
  });
  const role = roleOf([silent, good], {}, clock);
  const answered = () => role.health().map(({ answeredMs }) => answeredMs);
  assert.deepEqual(answered(), [null, null]);
  await role.readPinned(sessionTwice);
  const firstMs = clock.nowMs();
  assert.deepEqual(answered(), [null, firstMs]);
  good.setTrouble(() => {
    throw new NodeFault('lost', 'the connection ended');
  });
  await clock.advance(60_000);
  await role.readPinned(sessionTwice);
  assert.deepEqual(answered(), [null, firstMs], 'a failed poll is not an answer');
});
