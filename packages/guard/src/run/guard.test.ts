import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { GuardFault } from '../fault.ts';
import { atOnce, fakeProcess, KEYS, start } from '../testing/start-guard.ts';
import type { Latch } from './latch.ts';

describe('the guard', () => {
  it('starts the node without keys, and places each kind when its rule holds', async (t) => {
    const ground = start(t);
    await ground.clock.advance(2_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    assert.match(ground.reason('gran'), /waits until 2 independent nodes finalise a block/);
    await ground.clock.advance(40_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura', 'gran']);
    assert.ok(ground.marks.length > 0, 'the mark is durable');
  });

  it('places no key in a node behind another program, and ends', async (t) => {
    const behind = new GuardFault('process', 'the node runs behind sh', 'use exec');
    const refuseOtherServer = () => {
      throw behind;
    };
    const { node } = fakeProcess((end) => end());
    const ground = start(t, { start: async () => ({ ...node, refuseOtherServer }) });
    await ground.clock.advance(2_000);
    await assert.rejects(atOnce(ground.running), behind);
    assert.deepEqual(ground.kinds(), []);
    assert.ok(!ground.steps.some((step) => step.startsWith('place')), ground.steps.join());
  });

  it('places keys that author at once after a crash, and keys that vote by the rule of votes', async (t) => {
    const ground = start(t);
    await ground.clock.advance(42_000);
    ground.crash();
    await ground.clock.advance(500);
    assert.deepEqual(ground.kinds(), [], 'no key is placed without a node');
    ground.witnesses[1]?.silent(true);
    await ground.clock.advance(24_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura']);
    assert.match(ground.reason('gran'), /1 of 2 did/);
    ground.witnesses[1]?.silent(false);
    await ground.clock.advance(20_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura', 'gran']);
    ground.stop.abort();
    await ground.clock.advance(1_000);
    await ground.running;
    assert.equal(ground.token, null);
    assert.deepEqual(ground.kinds(), []);
    assert.match(ground.steps.at(-2) ?? '', /^stop with/);
  });

  it('leaves no token while votes still wait, so that a crash then does not end the wait', async (t) => {
    const ground = start(t);
    await ground.clock.advance(3_000);
    assert.equal(ground.token, null);
    ground.crash();
    await ground.clock.advance(4_000);
    assert.deepEqual(ground.kinds(), ['audi']);
  });

  it('forgets the token of a database that went back, so that a second crash does not end the wait', async (t) => {
    const ground = start(t);
    await ground.clock.advance(42_000);
    if (ground.token === null) assert.fail('no token');
    ground.token = { ...ground.token, finalized: ground.token.finalized + 3n };
    ground.crash();
    await ground.clock.advance(2_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'the node starts below the token');
    ground.crash();
    await ground.clock.advance(6_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'by now the node has passed the block of the token');
  });

  it('says that the folder of the database does not exist, once the node answers', async (t) => {
    const ground = start(t, { database: () => null });
    await ground.clock.advance(42_000);
    assert.ok(ground.kinds().includes('gran'));
    const [said = '', ...more] = ground.said.filter((line) => line.includes('database'));
    assert.match(said, /^the folder of --database does not exist.*paritydb$/);
    assert.deepEqual(more, []);
    assert.equal(ground.token, null);
    ground.crash();
    await ground.clock.advance(2_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'no restart is proven');
  });

  it('does not warn about a database that the node made at its first start', async (t) => {
    let looks = 0;
    const identity = { device: 1n, inode: 2n, bornNs: 3n };
    const ground = start(t, { database: () => (looks++ === 0 ? null : identity) });
    await ground.clock.advance(42_000);
    assert.ok(!ground.said.some((line) => line.includes('database')));
    assert.notEqual(ground.token, null);
  });

  it('proves no restart on a database that was put in the place of the running one', async (t) => {
    let inode = 2n;
    const ground = start(t, { database: () => ({ device: 1n, inode, bornNs: 3n }) });
    await ground.clock.advance(42_000);
    assert.notEqual(ground.token, null);
    // A copy of another node: its finalised height is not lower, and it knows no vote of this one.
    inode = 9n;
    await ground.clock.advance(5_000);
    ground.crash();
    await ground.clock.advance(3_000);
    assert.deepEqual(ground.kinds(), ['audi']);
  });

  it('proves a restart on the database that the node made at its first start', async (t) => {
    let isMade = false;
    const identity = { device: 1n, inode: 2n, bornNs: 3n };
    const ground = start(t, { database: () => (isMade ? identity : null) });
    await ground.clock.advance(200);
    isMade = true;
    await ground.clock.advance(42_000);
    ground.witnesses[1]?.silent(true);
    ground.crash();
    await ground.clock.advance(25_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura']);
  });

  it('waits for ever while one witness is silent, and places keys that author after a minute', async (t) => {
    const ground = start(t);
    ground.witnesses[1]?.silent(true);
    await ground.clock.advance(55_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    await ground.clock.advance(600_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura']);
    assert.match(ground.reason('gran'), /1 of 2 did/);
  });

  it('listens anew once a clock that was behind is set: its time of the stop was too early', async (t) => {
    const ground = start(t);
    ground.witnesses[1]?.silent(true);
    await ground.clock.advance(5_000);
    ground.clock.step(300_000);
    await ground.clock.advance(30_000);
    assert.deepEqual(ground.kinds(), ['audi']);
    assert.match(ground.reason('aura'), /^listens for a clone, \d+ s at most/);
    await ground.clock.advance(40_000);
    assert.deepEqual(ground.kinds(), ['audi', 'aura']);
  });

  it('counts a block of before the stop for none, if the clock was behind at the stop', async (t) => {
    const ground = start(t);
    await ground.clock.advance(1_000);
    ground.clock.step(300_000);
    await ground.clock.advance(8_000);
    assert.match(ground.reason('gran'), /finalise a block from after the stop: 0 of 2 did/);
    await ground.clock.advance(40_000);
    assert.ok(ground.kinds().includes('gran'));
  });

  it('does not wait for the hours by which a clock was ahead', async (t) => {
    const clock = createVirtualClock({ flowing: false, startMs: 1_700_003_600_000 });
    const ground = start(t, { clock });
    await clock.advance(5_000);
    clock.step(-3_500_000);
    await clock.advance(60_000);
    assert.ok(ground.kinds().includes('gran'));
  });

  it('ends for a clone, which any node may hear, and does not start again before a person lifts that', async (t) => {
    const ground = start(t);
    ground.witnesses[0]?.hearsVotes();
    await ground.clock.advance(90_000);
    const message =
      /^the guard stays stopped since 20\d\d-.*: another process votes with this key: node-1 saw/;
    await assert.rejects(atOnce(ground.running), { code: 'stopped', kind: 'stopped', message });
    assert.deepEqual(ground.kinds(), []);
    assert.deepEqual(ground.steps.slice(-3), ['clear 1', 'stop at once with 0 open', 'clear 0']);
    const { latch } = ground;
    assert.equal(latch?.cause, 'clone');
    const memory = { read: () => latch, write: () => undefined, remove: () => assert.fail('it holds') };
    const again = start(t, { latch: memory });
    await assert.rejects(atOnce(again.running), { code: 'stopped', message });
    assert.deepEqual(again.steps, [], 'no process of the node was started');
  });

  it('ends for an offence of its validator, once for each', async (t) => {
    const validator = { name: '5GNJ…', account: new Uint8Array(32).fill(5) };
    const parts = { validator, keys: KEYS.slice(1, 2) };
    const lifted = { by: 'ada', reason: 'the copy is gone' };
    const ground = start(t, parts);
    await ground.clock.advance(42_000);
    ground.own.disables(0);
    await ground.clock.advance(7_000);
    assert.deepEqual(ground.kinds(), ['gran'], 'another validator is disabled');
    ground.own.syncing(true);
    ground.own.disables(1);
    await ground.clock.advance(10_000);
    assert.deepEqual(ground.kinds(), ['gran'], 'a node that synchronises shows the past');
    ground.own.syncing(false);
    await ground.clock.advance(7_000);
    await assert.rejects(atOnce(ground.running), /disabled this validator for an offence$/);
    let latch: Latch | null = { ...(ground.latch ?? assert.fail()), lifted };
    const remove = (): void => {
      latch = null;
    };
    const again = start(t, { ...parts, latch: { read: () => latch, write: () => undefined, remove } });
    again.own.disables(1);
    await again.clock.advance(42_000);
    assert.deepEqual([again.kinds(), again.said[0]], [['gran'], 'allowed: taken']);
    again.own.disables(null);
    await again.clock.advance(7_000);
    assert.equal(latch, null, 'the next offence counts again');
    again.own.disables(1);
    await again.clock.advance(7_000);
    await assert.rejects(atOnce(again.running), /disabled this validator for an offence$/);
  });

  it('ends the node at once if its latch cannot be written, and the next start listens for a clone', async (t) => {
    const full = new GuardFault('state', 'the disk is full', 'free some space');
    const write = (): never => {
      throw full;
    };
    const validator = { name: '5GNJ…', account: new Uint8Array(32).fill(5) };
    const latch = { read: () => null, write, remove: () => undefined };
    const ground = start(t, { validator, keys: KEYS.slice(1, 2), latch });
    await ground.clock.advance(42_000);
    ground.own.disables(1);
    await ground.clock.advance(7_000);
    await assert.rejects(atOnce(ground.running), full);
    assert.deepEqual([ground.steps.at(-2), ground.token], ['stop at once with 0 open', null]);
  });

  it('takes the key of an author away when the clock steps back', async (t) => {
    const ground = start(t);
    await ground.clock.advance(45_000);
    assert.ok(ground.kinds().includes('aura'));
    ground.clock.step(-30_000);
    await ground.clock.advance(250);
    assert.ok(!ground.kinds().includes('aura'));
    await ground.clock.advance(20_000);
    assert.ok(!ground.kinds().includes('aura'), 'slots below the mark may be signed already');
    await ground.clock.advance(40_000);
    assert.ok(ground.kinds().includes('aura'));
  });

  it('takes all keys away before it stops a node, if custody fails', async (t) => {
    const full = new GuardFault('state', 'the disk is full', 'free some space');
    const fail = (): never => {
      throw full;
    };
    for (const [isStuck, steps] of [
      [false, ['clear 1', 'stop with 0 open', 'clear 0']],
      [true, ['clear 1', 'stop at once with 1 open', 'clear 1']],
    ] as const) {
      const ground = start(t, { marks: { read: () => ({ slot: null, round: null }), write: fail } });
      if (isStuck) ground.open.clear = fail;
      await ground.clock.advance(60_000);
      await assert.rejects(atOnce(ground.running), full);
      assert.deepEqual(ground.steps.slice(-3), steps);
    }
  });
});
