import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { atOnce, type Ground, KEYS, keyOf, start, VOTER } from '../testing/start-guard.ts';

const VALIDATOR = { name: '5GNJ…', account: new Uint8Array(32).fill(5) };
/** A runtime of which the chain keeps one `gran` key for each validator. */
const compared = { validator: VALIDATOR, keys: KEYS.slice(1, 2) };

describe('the comparison with the chain', () => {
  it('places nothing while the chain has another key, and goes on once it has the right one', async (t) => {
    const ground = start(t, compared);
    const other = `0x${'b7'.repeat(32)}`;
    ground.own.registers(other);
    await ground.clock.advance(60_000);
    assert.deepEqual(ground.kinds(), []);
    assert.equal(
      ground.reason('gran'),
      `gran: the chain has ${other}, this machine has ${VOTER}: seal the keys of the chain, or send setKeys with the keys of this machine`,
    );
    ground.own.registers(VOTER);
    await ground.clock.advance(7_000);
    assert.deepEqual(ground.kinds(), ['gran']);
    assert.deepEqual(ground.said, ['compared: mismatch', 'compared: match']);
  });

  it('waits for a node that synchronises: it would show keys of the past', async (t) => {
    const ground = start(t, compared);
    ground.own.syncing(true);
    await ground.clock.advance(60_000);
    assert.deepEqual(ground.kinds(), []);
    assert.match(ground.reason('gran'), /waits until the own node has synchronised/);
    ground.own.syncing(false);
    await ground.clock.advance(40_000);
    assert.deepEqual(ground.kinds(), ['gran']);
  });

  it('refuses a validator without keys, and a key of another validator', async (t) => {
    const ground = start(t, compared);
    ground.own.registers(null);
    await ground.clock.advance(2_000);
    assert.match(ground.reason('gran'), /the chain has no session keys of 5GNJ…/);
    ground.own.registers(VOTER);
    ground.own.owns(`0x${'07'.repeat(32)}`);
    await ground.clock.advance(60_000);
    assert.match(ground.reason('gran'), /is a key of another validator than 5GNJ…/);
    assert.deepEqual(ground.kinds(), []);
    ground.own.owns(`0x${'05'.repeat(32)}`);
    await ground.clock.advance(60_000);
    assert.deepEqual(ground.kinds(), ['gran']);
  });
});

/** An announcement of new keys, which the guard takes once. */
function announceable(made: boolean) {
  let waits = made;
  const take = (): boolean => {
    const taken = waits;
    waits = false;
    return taken;
  };
  const make = (): void => {
    waits = true;
  };
  return { take, make };
}

describe('a rotation', () => {
  const fresh = keyOf('gran', 'c1');
  const soon = async (ground: Ground): Promise<void> => ground.clock.advance(500);

  it('seals announced keys while the node goes on', async (t) => {
    const announcement = announceable(false);
    const ground = start(t, { announced: announcement.take });
    await ground.clock.advance(42_000);
    announcement.make();
    await soon(ground);
    ground.foreign.set(fresh.name.file, null);
    await soon(ground);
    assert.deepEqual(ground.sealed, [], 'a key that is half written waits');
    ground.foreign.set(fresh.name.file, fresh);
    await soon(ground);
    assert.deepEqual(ground.sealed, [fresh.name.file]);
    await ground.clock.advance(60_000);
    assert.deepEqual(ground.said.slice(1), ['rotation: open', 'sealed: gran', 'rotation: none']);
    assert.deepEqual(ground.steps, ['clear 0', 'start'], 'the node never stopped');
    ground.crash();
    await ground.clock.advance(42_000);
    assert.ok(ground.open.has(fresh.name.file), 'the next process gets it too');
  });

  it('does not cover a file without an announcement, or after its end', async (t) => {
    for (const announced of [false, true]) {
      const ground = start(t, { announced: announceable(announced).take });
      await ground.clock.advance(62_000);
      ground.foreign.set(fresh.name.file, fresh);
      await soon(ground);
      await assert.rejects(atOnce(ground.running), /\/run\/keys\/6772616ec1.* was not placed by this guard/);
      assert.deepEqual(ground.sealed, []);
      assert.match(ground.steps.at(-2) ?? '', /^stop with 0 open/);
    }
  });

  it('ends the node at its end if a file is not a session key', async (t) => {
    const ground = start(t, { announced: announceable(true).take });
    await soon(ground);
    ground.foreign.set('notes.txt', null);
    await ground.clock.advance(50_000);
    assert.equal(ground.steps.length, 2);
    await ground.clock.advance(12_000);
    await assert.rejects(atOnce(ground.running), /notes.txt was not placed/);
  });

  it('removes a key that cannot be sealed, and reports it', async (t) => {
    const ground = start(t, {
      announced: announceable(true).take,
      seal: () => Promise.reject(new Error('the disk is full')),
    });
    ground.foreign.set(fresh.name.file, fresh);
    await ground.clock.advance(2_000);
    assert.deepEqual([...ground.foreign.keys()], []);
    assert.deepEqual(ground.said.slice(1), ['rotation: open', 'rotation: failed']);
    await ground.clock.advance(60_000);
    assert.ok(!ground.open.has(fresh.name.file));
    assert.deepEqual(ground.steps, ['clear 0', 'start']);
  });
});

describe('the lease', () => {
  it('ends the node at once after the machine slept, and the next start listens', async (t) => {
    let sleptMs = 0;
    const clock = createVirtualClock({ flowing: false });
    const ground = start(t, { clock, uptimeMs: () => clock.monotonicMs() + sleptMs });
    await ground.clock.advance(42_000);
    sleptMs = 11_000;
    await ground.clock.advance(500);
    assert.match(ground.said.at(-1) ?? '', /^lapsed: 11\d{3}$/);
    assert.equal(ground.token, null);
    assert.match(ground.steps.join(', '), /stop at once with 0 open, clear 0$/);
    await ground.clock.advance(3_000);
    assert.deepEqual(ground.kinds(), ['audi'], 'the next process waits for the votes');
  });
});
