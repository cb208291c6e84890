import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createVirtualClock } from '@watchbill/base/testing';
import { GuardFault } from '../fault.ts';
import type { RoleKeeper } from '../pair/keeper.ts';
import type { RoleStanding } from '../pair/standing.ts';
import { atOnce, type Ground, start } from '../testing/start-guard.ts';
import type { GuardParts } from './parts.ts';
import { PIPE_RULES } from './verdict.ts';

const piped = { rules: PIPE_RULES };
/** A slot of the fake chain. */
const SLOT_MS = 1_000;
const slotOf = ({ clock }: Ground): bigint => BigInt(Math.floor(clock.nowMs() / SLOT_MS));

/** A guard whose keys are placed. */
async function settled(t: TestContext, over: Partial<GuardParts> = {}): Promise<Ground> {
  const ground = start(t, { ...piped, ...over });
  await ground.clock.advance(45_000);
  assert.ok(ground.gives('aura'), ground.reason('aura'));
  return ground;
}

describe('a key pipe', () => {
  it('gives nothing before the decision, and in each slot under a durable mark from then on', async (t) => {
    const ground = start(t, piped);
    for (let seconds = 0; !ground.kinds().includes('aura'); seconds++) {
      assert.equal(ground.gives('aura'), false);
      assert.ok(seconds < 60);
      await ground.clock.advance(SLOT_MS);
    }
    for (let slot = 0; slot < 30; slot++) {
      await ground.clock.advance(SLOT_MS);
      assert.ok(ground.gives('aura'));
      assert.ok((ground.marks.at(-1) ?? 0n) >= slotOf(ground));
    }
  });

  it('gives nothing in the slots of the process before, and waits for four slots at most', async (t) => {
    const ground = await settled(t);
    const mark = ground.marks.at(-1) ?? assert.fail();
    assert.ok(mark - slotOf(ground) <= 4n);
    ground.crash();
    let first: bigint | null = null;
    for (let look = 0; first === null; look++) {
      assert.ok(look < 100);
      await ground.clock.advance(100);
      if (ground.gives('aura')) first = slotOf(ground);
    }
    assert.equal(first, mark + 1n);
  });

  it('shuts at the opening after a step back, before the next decision, and stays shut', async (t) => {
    const ground = await settled(t);
    const possible = slotOf(ground);
    ground.clock.step(-20_000);
    assert.equal(ground.gives('aura'), false);
    const mark = ground.marks.at(-1) ?? assert.fail();
    assert.ok(mark >= possible, 'the highest slot that was possible is durable at once');
    assert.deepEqual(ground.said.at(-1), `stepped back: ${mark}`);
    for (; slotOf(ground) <= mark; await ground.clock.advance(250)) assert.equal(ground.gives('aura'), false);
    await ground.clock.advance(500);
    assert.ok(ground.gives('aura'));
  });

  it('shuts after a step ahead and back until the slots ahead are over, also after a restart', async (t) => {
    const ground = await settled(t);
    ground.clock.step(60_000);
    await ground.clock.advance(2_000);
    const ahead = slotOf(ground);
    assert.ok(ground.gives('aura'), 'a step ahead alone shuts nothing');
    ground.clock.step(-60_000);
    await ground.clock.advance(250);
    ground.crash();
    await ground.clock.advance(30_000);
    assert.equal(ground.gives('aura'), false);
    for (; slotOf(ground) <= ahead; await ground.clock.advance(500))
      assert.equal(ground.gives('aura'), false);
    await ground.clock.advance(6_000);
    assert.ok(ground.gives('aura'));
  });

  it('gives nothing after its process, to a reader that is late', async (t) => {
    const ground = await settled(t);
    const gate = [...ground.gates.values()].at(-1) ?? assert.fail();
    assert.ok(gate());
    ground.crash();
    await ground.clock.advance(100);
    assert.equal(gate(), false);
  });

  it('refuses the slots of the process before also when the clock is a little behind', async (t) => {
    const ground = await settled(t);
    const mark = ground.marks.at(-1) ?? assert.fail();
    ground.crash();
    await ground.clock.advance(100);
    for (; slotOf(ground) <= mark; await ground.clock.advance(5)) assert.equal(ground.gives('aura'), false);
    for (; !ground.gives('aura'); await ground.clock.advance(5)) assert.ok(slotOf(ground) < mark + 2n);
    const behindMs = Number(mark + 1n) * SLOT_MS - 1 - ground.clock.nowMs();
    // The step is too small to be seen as one if the key opened at the start of its slot.
    ground.clock.step(behindMs);
    assert.equal(slotOf(ground), mark);
    assert.equal(ground.gives('aura'), false);
  });

  it('shuts at the next decision after a step back, also if the node opens nothing', async (t) => {
    const ground = await settled(t);
    ground.clock.step(-1_500);
    await ground.clock.advance(250);
    assert.ok(!ground.kinds().includes('aura'));
    assert.match(ground.said.at(-1) ?? '', /^stepped back: /);
  });

  it('shuts after a step of less than a slot', async (t) => {
    const ground = await settled(t);
    ground.clock.step(-50);
    assert.equal(ground.gives('aura'), false);
  });

  it('gives nothing when the guard goes on after it stood still', async (t) => {
    const clock = createVirtualClock({ flowing: false });
    let sleptMs = 0;
    const ground = await settled(t, { clock, uptimeMs: () => clock.monotonicMs() + sleptMs });
    sleptMs = 10_500;
    assert.equal(ground.gives('aura'), false);
  });

  it('gives nothing once the role is lost, before the next decision', async (t) => {
    let standing: RoleStanding = { role: 'active', term: 7n, isNew: false, lastSlot: null, handTo: null };
    const nothing = async (): Promise<void> => undefined;
    const role: RoleKeeper = {
      ...{ name: 'alpha', standing: () => standing, begins: () => undefined, turn: nothing, rest: nothing },
      ...{ handOver: async () => true, takeOver: async () => true, silence: () => null },
    };
    const ground = await settled(t, { role });
    for (const next of [
      { role: 'standby', say: 'bravo is active' },
      { role: 'active', term: 8n, isNew: false, lastSlot: null, handTo: null },
      { role: 'active', term: 7n, isNew: false, lastSlot: null, handTo: 'bravo' },
    ] as const) {
      standing = next;
      assert.equal(ground.gives('aura'), false, JSON.stringify({ ...next, term: undefined }));
    }
  });

  it('gives nothing if the mark of a step back cannot be written, also later', async (t) => {
    const full = new GuardFault('state', 'the disk is full', 'free some space');
    let isFull = false;
    const marks: bigint[] = [];
    const write = (mark: bigint): void => {
      if (isFull) throw full;
      marks.push(mark);
    };
    const ground = await settled(t, { marks: { read: () => marks.at(-1) ?? null, write } });
    ground.clock.step(60_000);
    assert.equal(ground.gives('aura'), false, 'the slot is above the mark');
    isFull = true;
    ground.clock.step(-60_000);
    assert.throws(() => ground.gives('aura'), full);
    isFull = false;
    await ground.clock.advance(30_000);
    assert.equal(ground.gives('aura'), false, 'the slots ahead stay shut');
  });

  it('ends a node whose RPC opens key files, before any key that authors is placed', async (t) => {
    const ground = start(t, piped);
    ground.own.answersUnsafe();
    await ground.clock.advance(2_000);
    await assert.rejects(atOnce(ground.running), {
      message: 'ws://fake (--rpc) answers author_hasKey: its RPC is not safe',
      kind: 'denied',
    });
    assert.deepEqual(ground.kinds(), []);
    assert.deepEqual(ground.marks, []);
  });
});
