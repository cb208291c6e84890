import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ROLLOUT_DEFAULTS } from '../network/rollout.ts';
import { FATES, type FakePort, type Fate, fakePort } from './fake-port.ts';
import { openRollout, type RolloutEntry, type RolloutJournal, unfinishedRollout } from './journal.ts';
import type { RolloutUnit } from './port.ts';
import { runRollout } from './roll.ts';
import type { RolloutEnd, RolloutEvent, RunSettings } from './settings.ts';

/** The process ends here. */
class Killed extends Error {}

const HEADER = { format: 'watchbill/rollout/1', network: 'net', what: 'w', title: 't', before: {} } as const;
const signer = (id: string): RolloutUnit => ({ id, pool: 'v', signs: true, nodes: [id] });
const reader = (id: string): RolloutUnit => ({ id, pool: 'rpc', signs: false, nodes: [id] });
const NETWORK = [signer('v-0'), signer('v-1'), signer('v-2'), reader('r-0'), reader('r-1'), reader('r-2')];

interface Ground {
  readonly file: string;
  readonly events: RolloutEvent[];
  readonly run: (port: FakePort, change?: Partial<RunSettings>) => Promise<RolloutEnd>;
}

/** With moments before and after each line at which a test may end the run. */
function watchedJournal(journal: RolloutJournal, { hook }: FakePort): RolloutJournal {
  const write: RolloutJournal['write'] = (entry) => {
    hook.at(`before ${entry.state}`);
    journal.write(entry);
    hook.at(`after ${entry.state}`);
  };
  return { ...journal, write };
}

/** Virtual time: a sleep is over at once. */
function settingsFor(port: FakePort, journal: RolloutJournal, onEvent: RunSettings['onEvent']): RunSettings {
  let nowMs = 0;
  return {
    port,
    settings: { ...ROLLOUT_DEFAULTS, soakSeconds: 5, gateSeconds: 30 },
    journal: watchedJournal(journal, port),
    clock: {
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
    pollMs: 1_000,
    onEvent,
    signal: new AbortController().signal,
  };
}

function withGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-rollout-'));
  const file = join(folder, 'journal');
  const events: RolloutEvent[] = [];
  const run: Ground['run'] = async (port, change = {}) => {
    const opened = openRollout(file, HEADER);
    assert.ok(opened.ok);
    try {
      const settings = settingsFor(port, opened.journal, (event) => void events.push(event));
      return await runRollout({ ...settings, ...change });
    } finally {
      opened.journal.close();
    }
  };
  return work({ file, events, run }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

const versions = ({ nodes }: FakePort) => [...nodes.values()].map(({ version }) => version);

test('nodes that do not sign come first, one, half and all; then signers, one at a time', () =>
  withGround(async ({ run, events, file }) => {
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
    assert.equal(unfinishedRollout(file), null);
  }));

describe('where one signer is bad on the new version, all that was begun goes back', () => {
  for (const fate of FATES.filter((one) => one !== 'good'))
    test(fate, () =>
      withGround(async ({ run }) => {
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
  withGround(async ({ run }) => {
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
  withGround(async ({ run }) => {
    const port = fakePort(NETWORK);
    port.fates.onNew.set('v-1', 'down');
    port.fates.onOld.set('v-1', 'down');
    const end = await run(port);
    assert.ok(end.how === 'rolled-back');
    assert.deepEqual(
      end.left.map(({ unit }) => unit),
      ['v-0'],
    );
    assert.match(end.left[0]?.why ?? '', /not taken down while another signer is not good/);
    assert.deepEqual(port.breaches, []);
    // Once it is repaired, the same command puts the rest back.
    const node = port.nodes.get('v-1');
    assert.ok(node);
    node.isUp = true;
    node.state = 'good';
    const again = await run(port);
    assert.ok(again.how === 'rolled-back' && again.left.length === 0);
    assert.ok(versions(port).every((version) => version === 'old'));
  }));

test('a command that was told to stop ends between two nodes, and the next one goes on there', () =>
  withGround(async ({ run }) => {
    const port = fakePort(NETWORK);
    const stop = new AbortController();
    port.hook.at = (moment) => {
      if (moment === 'after verified' && port.calls.length === 4) stop.abort();
    };
    const end = await run(port, { signal: stop.signal });
    assert.deepEqual(end, { how: 'interrupted', left: ['v, signer v-1', 'v, signer v-2'] });
    assert.equal((await run(port)).how, 'done');
    assert.equal(new Set(port.calls).size, port.calls.length);
  }));

test('a roll-out of something else, a damaged journal and a second run at once are refused', () =>
  withGround(async ({ run, file }) => {
    const port = fakePort(NETWORK);
    port.hook.at = (moment) => {
      if (moment === 'stopped v-0') throw new Killed();
    };
    await assert.rejects(run(port), Killed);
    const other = openRollout(file, { ...HEADER, what: 'else' });
    assert.ok(!other.ok && other.reason === 'other' && /another roll-out was begun/.test(other.detail));
    const network = openRollout(file, { ...HEADER, network: 'harbour' });
    assert.ok(!network.ok && /of the network net, not of harbour/.test(network.detail));
    const open = openRollout(file, HEADER);
    assert.ok(open.ok);
    const second = openRollout(file, HEADER);
    assert.ok(!second.ok && second.reason === 'busy');
    open.journal.close();
    assert.equal(unfinishedRollout(file)?.what, 'w');
    appendFileSync(file, '{"state":"verified"}\n');
    const damaged = openRollout(file, HEADER);
    assert.ok(!damaged.ok && damaged.reason === 'damaged' && /line \d+ is damaged/.test(damaged.detail));
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
  const journal: RolloutJournal = {
    file: 'memory',
    header: HEADER,
    entries: () => entries,
    write: (entry) => void entries.push(entry),
    close: () => undefined,
  };
  const settings = settingsFor(port, journal, () => undefined);
  let sleeps = 0;
  const sleep = async (ms: number) => {
    await settings.clock.sleep(ms);
    sleeps += 1;
    const victim = death !== null && sleeps === death[1] ? port.nodes.get(death[0]) : undefined;
    if (victim !== undefined) victim.isUp = false;
  };
  const run = () => runRollout({ ...settings, clock: { ...settings.clock, sleep } });
  for (const nth of kills) {
    let seen = 0;
    port.hook.at = () => {
      if (seen++ === nth) throw new Killed();
    };
    const end = await run().catch((error: unknown) => assert.ok(error instanceof Killed, String(error)));
    // What is ended is not begun again.
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
          assert.ok(version === 'old' || left.has(name), `${name} has the new version, and nobody says so`);
      if (end?.how === 'not-begun') assert.deepEqual(entries, []);
    }),
    { numRuns: 500 },
  ));
