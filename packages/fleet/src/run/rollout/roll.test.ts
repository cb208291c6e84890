import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import type { RolloutEntry } from './journal.ts';
import { runRollout } from './roll.ts';
import { FATES, type FakePort, type Fate, fakePort } from './testing/fake-port.ts';
import {
  brokenPort,
  Killed,
  memoryJournal,
  NETWORK,
  repair,
  settingsFor,
  versions,
  withMemory,
} from './testing/fixture.ts';

test('nodes that do not sign come first, one, half and all; then signers, one at a time', () =>
  withMemory(async ({ run, events, entries }) => {
    const port = fakePort(NETWORK);
    assert.equal((await run(port)).how, 'done');
    assert.deepEqual(port.calls, ['r-0 new', 'r-1 new', 'r-2 new', 'v-0 new', 'v-1 new', 'v-2 new']);
    const verified = events.filter(({ state }) => state === 'verified').map(({ what }) => what);
    assert.deepEqual(verified, [
      'rpc, stage 1 of 3',
      'rpc, stage 2 of 3',
      'rpc, stage 3 of 3',
      'v, signer v-0',
      'v, signer v-1',
      'v, signer v-2',
    ]);
    assert.deepEqual(entries.at(-1), { state: 'ended', how: 'done' });
  }));

describe('where one signer is bad on the new version, all that was begun goes back', () => {
  for (const fate of FATES.filter((one) => one !== 'good'))
    test(fate, () =>
      withMemory(async ({ run }) => {
        const port = fakePort(NETWORK);
        port.fates.onNew.set('v-1', fate);
        const end = await run(port);
        assert.ok(end.how === 'rolled-back', end.how);
        assert.deepEqual(end.left, []);
        assert.match(end.why, /v-1/);
        assert.ok(versions(port).every((version) => version === 'old'));
        assert.ok(!port.calls.includes('v-2 new'), 'the next signer was never touched');
        assert.deepEqual(port.breaches, []);
      }),
    );
});

test('what is bad before is not touched, and no journal keeps the next run from beginning', () =>
  withMemory(async ({ run }) => {
    const port = fakePort(NETWORK, [{ node: 'other', pool: 'b', signs: false }]);
    const other = port.nodes.get('other');
    assert.ok(other);
    for (const state of ['lags', 'silent'] as const) {
      other.state = state;
      const end = await run(port);
      assert.ok(end.how === 'not-begun');
      assert.match(end.why, /^other: /);
      assert.deepEqual(port.calls, []);
    }
    other.state = 'good';
    assert.equal((await run(port)).how, 'done');
  }));

test('a signer that cannot be brought back keeps the others as they are, and that is said', () =>
  withMemory(async ({ run }) => {
    const port = brokenPort();
    const end = await run(port);
    assert.ok(end.how === 'rolled-back');
    assert.deepEqual(end.left.map(field('unit')), ['v-0']);
    assert.match(end.left[0]?.why ?? '', /not taken down while another signer is not good/);
    assert.deepEqual(port.breaches, []);
    // Once it is repaired, the same command puts the rest back.
    repair(port);
    const again = await run(port);
    assert.ok(again.how === 'rolled-back' && again.left.length === 0);
    assert.ok(versions(port).every((version) => version === 'old'));
  }));

interface Story {
  readonly onNew: readonly (readonly [string, Fate])[];
  readonly onOld: readonly (readonly [string, Fate])[];
  readonly kills: readonly number[];
  /** A node that goes down by itself after so many sleeps. */
  readonly death: readonly [string, number] | null;
}

const NAMES = NETWORK.map(({ id }) => id);
const fated = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...FATES)), { maxLength: 3 });
const story: fc.Arbitrary<Story> = fc.record({
  onNew: fated,
  onOld: fated,
  kills: fc.array(fc.nat(30), { maxLength: 4 }),
  death: fc.option(fc.tuple(fc.constantFrom(...NAMES), fc.nat(40)), { nil: null }),
});

/** Kills run after run, and lets the last one end; the lines of the journal outlive each of them. */
async function play({ onNew, onOld, kills, death }: Story, port: FakePort) {
  for (const [name, fate] of onNew) port.fates.onNew.set(name, fate);
  for (const [name, fate] of onOld) port.fates.onOld.set(name, fate);
  const entries: RolloutEntry[] = [];
  const settings = settingsFor(port, memoryJournal(entries), () => undefined);
  const { clock } = settings;
  let sleeps = 0;
  const sleep: typeof clock.sleep = async (ms, signal) => {
    await clock.sleep(ms, signal);
    sleeps += 1;
    const victim = death !== null && sleeps === death[1] ? port.nodes.get(death[0]) : undefined;
    if (victim !== undefined) victim.isUp = false;
  };
  const run = () => runRollout({ ...settings, clock: { ...clock, sleep } });
  for (const nth of kills) {
    let seen = 0;
    port.hook.at = () => {
      if (seen++ === nth) throw new Killed();
    };
    const end = await run().catch((error: unknown) => assert.ok(error instanceof Killed, String(error)));
    // An ended roll-out is not begun again.
    if (end !== undefined && end.how !== 'not-begun') return { end, entries };
    const last = entries.at(-1);
    if (last?.state === 'ended') return { end: null, entries };
  }
  port.hook.at = () => undefined;
  return { end: await run(), entries };
}

test('whatever fails and wherever it is killed: never two signers down by it, and it ends with one version or says where not', () =>
  fc.assert(
    fc.asyncProperty(story, async (one) => {
      const port = fakePort(NETWORK);
      const { end, entries } = await play(one, port);
      assert.deepEqual(port.breaches, []);
      const last = entries.at(-1);
      const isDone = last?.state === 'ended' && last.how === 'done';
      if (isDone) assert.ok(versions(port).every((version) => version === 'new'));
      const left = new Set(end?.how === 'rolled-back' ? end.left.map(({ unit }) => unit) : []);
      if (!isDone)
        for (const [name, { version }] of port.nodes)
          assert.ok(
            version === 'old' || left.has(name),
            `${name} has the new version, and no node reports that`,
          );
      if (end?.how === 'not-begun') assert.deepEqual(entries, []);
    }),
    { numRuns: 500 },
  ));
