import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { noFailpoint } from '../failpoints.ts';
import type { RoleKeeper } from '../pair/keeper.ts';
import type { RoleStanding } from '../pair/standing.ts';
import { slotAt } from '../restart/slots.ts';
import { fakeRole, keyOf, start } from '../testing/start-guard.ts';
import { freshRun, type Run } from './facts.ts';
import { StayStopped } from './latch.ts';
import { leaveRole } from './pair.ts';
import type { GuardParts } from './parts.ts';
import { HandOverAsked, holdRole, RoleLost } from './role.ts';
import { marksInMemory } from './shadow-memory.ts';
import { DEFAULT_RULES } from './verdict.ts';

const ACTIVE = { role: 'active', term: 7n, isNew: true, lastSlot: 900n, handTo: null } as const;
const STANDBY = { role: 'standby', say: 'alpha is active since term 8' } as const;
const SLOT_MS = 1_000n;

function machine(role: RoleKeeper) {
  const clock = createVirtualClock({ flowing: false });
  const removed: string[] = [];
  const marks = marksInMemory();
  marks.write({ slot: 500n, round: null });
  const parts = {
    ...{ clock, role, rules: DEFAULT_RULES, validator: null, marks },
    token: { read: () => null, write: () => undefined, remove: () => void removed.push('token') },
    ...{ failpoint: noFailpoint, database: () => null, uptimeMs: () => clock.monotonicMs() },
  } as unknown as GuardParts;
  const run = freshRun(parts, []);
  return { parts, run, clock, removed };
}

/** The node answered, its database was proven, and its author's key was placed. */
function settled(run: Run): void {
  run.chain = { genesis: '0x91', name: 'Development', slotMs: SLOT_MS };
  run.continuity = { state: 'proven' };
  run.votes = { phase: 'free', by: null, reason: null };
  run.own = true;
  run.began = 1n;
}

describe('the active role in a process of the node', () => {
  it('stays stopped once another guard has its name', () => {
    const { parts, run } = machine(fakeRole(() => ({ ...STANDBY, isRival: true })));
    assert.throws(() => holdRole(parts, run), StayStopped);
  });

  it('begins a new term as if the machine had been restored', () => {
    const begun: bigint[] = [];
    const { parts, run, clock, removed } = machine(fakeRole(() => ACTIVE, begun));
    settled(run);
    holdRole(parts, run);
    assert.deepEqual([run.term, begun, removed], [7n, [7n], ['token']]);
    assert.deepEqual(run.continuity, { state: 'not-proven', why: 'other-machine' });
    assert.equal(run.votes.phase === 'waiting' && run.votes.deadAtMs, clock.nowMs());
    assert.deepEqual([run.marks.slot, run.own, run.began], [900n, false, null]);
  });

  it('waits for the slot of a clock that is ahead if no guard wrote the last slot', () => {
    const { parts, run, clock } = machine(fakeRole(() => ({ ...ACTIVE, lastSlot: null })));
    settled(run);
    holdRole(parts, run);
    const ahead = BigInt(clock.nowMs() + DEFAULT_RULES.votes.clockMarginMs) / SLOT_MS;
    assert.equal(run.marks.slot, ahead);
  });

  it('keeps its own mark if that is higher, and waits for the first answer of its node', () => {
    const { parts, run } = machine(fakeRole(() => ({ ...ACTIVE, lastSlot: 400n })));
    holdRole(parts, run);
    assert.equal(run.term, null, 'slots are not known yet');
    settled(run);
    holdRole(parts, run);
    assert.equal(run.marks.slot, 500n);
  });

  it('remembers the last slot of the other machine when the node ends before it signed', () => {
    let isNew = true;
    const marks: bigint[] = [];
    const role = fakeRole(() => ({ ...ACTIVE, isNew }));
    const { parts, run } = machine({ ...role, begins: () => void marks.push(parts.marks.read().slot ?? 0n) });
    settled(run);
    holdRole(parts, run);
    assert.deepEqual(marks, [900n], 'the mark is durable before the term');
    isNew = false;
    const next = freshRun(parts, []);
    holdRole(parts, next);
    assert.deepEqual([next.term, next.marks.slot], [7n, 900n]);
  });

  it('says its highest slot when it lets go, also that of a process before it and of a clock that was ahead', async () => {
    const said: (bigint | null)[] = [];
    const role = fakeRole(() => ACTIVE);
    const { parts, run, clock } = machine({ ...role, rest: async (slot) => void said.push(slot) });
    const now = slotAt(SLOT_MS, clock.nowMs());
    await leaveRole(parts, run, null);
    settled(run);
    run.marks = { slot: now - 1n, round: null };
    await leaveRole(parts, run, null);
    run.marks = { slot: now + 500n, round: null };
    await leaveRole(parts, run, null);
    run.lastSlot = now + 300n;
    await leaveRole(parts, run, null);
    assert.deepEqual(said, [null, now, now + 500n, now + 300n]);
  });

  it('goes on in a term that it began before', () => {
    const { parts, run, removed } = machine(fakeRole(() => ({ ...ACTIVE, isNew: false })));
    settled(run);
    holdRole(parts, run);
    assert.deepEqual([run.term, run.continuity?.state, removed], [7n, 'proven', []]);
  });

  it('ends when the role is lost, when a later term has begun, and when a person asks', () => {
    let standing: RoleStanding = ACTIVE;
    const { parts, run } = machine(fakeRole(() => standing));
    settled(run);
    holdRole(parts, run);
    standing = STANDBY;
    assert.throws(() => holdRole(parts, run), RoleLost);
    standing = { ...ACTIVE, term: 9n };
    assert.throws(() => holdRole(parts, run), RoleLost);
    standing = { ...ACTIVE, handTo: 'bravo' };
    assert.throws(() => holdRole(parts, run), HandOverAsked);
  });

  it('compares the keys of a standby again: the chain may have others since its start', async (t) => {
    let standing: RoleStanding = STANDBY;
    const validator = { name: '5GNJ…', account: new Uint8Array(32).fill(5) };
    const keys = [keyOf('gran', 'a2')];
    const ground = start(t, { role: fakeRole(() => standing), validator, keys });
    await ground.clock.advance(10_000);
    assert.deepEqual(ground.said, ['compared: match']);
    ground.own.registers(`0x${'b7'.repeat(32)}`);
    await ground.clock.advance(70_000);
    assert.deepEqual(ground.said, ['compared: match', 'compared: mismatch']);
    standing = ACTIVE;
    await ground.clock.advance(120_000);
    assert.deepEqual(ground.kinds(), []);
    assert.match(ground.reason('gran'), /seal the keys of the chain/);
  });

  it('is asked before each placement: it may end between two keys of one decision', async (t: TestContext) => {
    const harmless = [keyOf('audi', 'a3'), keyOf('para', 'a4')];
    const open = new Set<string>();
    let most = 0;
    const folder = {
      ...{ inspect: async () => [], readNew: async () => null, adopt: async () => undefined },
      place: async ({ name }: { readonly name: { readonly file: string } }) => {
        open.add(name.file);
        most = Math.max(most, open.size);
      },
      withdraw: async ({ file }: { readonly file: string }) => void open.delete(file),
      clear: async () => open.clear(),
    };
    const role = fakeRole(() => (open.size > 0 ? STANDBY : { ...ACTIVE, isNew: false }));
    const ground = start(t, { role, folder, keys: harmless });
    await ground.clock.advance(10_000);
    assert.equal(most, 1);
    assert.ok(ground.said.some((line) => line.startsWith('role lost: alpha is active')));
  });
});
