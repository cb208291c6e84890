import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import type { EventFault } from '../chain/index.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { HOUR_MS, NOON_MS } from '../testing/records.ts';
import type { ChainReader, ReportedFaults } from './job-ports.ts';
import { readNote, writeNote } from './notes.ts';

const ERA = 2_200;
const MINUTE_MS = 60_000;

const harness = harnessOfEachTest({}, (plain) => ({ ...plain, ...chain }));
let keys: readonly string[];
let chain: { faults?: ChainReader['faults']; faultsIn?: ChainReader['faultsIn'] };

beforeEach(async () => {
  chain = {};
  keys = harness.chainSays.snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  await harness.run('candidates');
});

async function faultsOf(stashKey: string | undefined) {
  const key = stashKey ?? assert.fail();
  return (await harness.store.history.of([key])).get(key)?.faults ?? [];
}

async function pass(): Promise<void> {
  await harness.clock.advance(5 * MINUTE_MS);
  await harness.run('snapshot', 'history');
}

describe('defect 9: offline', () => {
  const startMs = NOON_MS;
  /** Telemetry about the first candidate; the others are online. */
  const hear = async (
    away: { fromMs: number; toMs: number | null },
    outages: { fromMs: number; toMs: number }[] = [],
  ) => {
    const seen = { matchedBy: 'network-id', firstSeenMs: startMs - 900 * HOUR_MS } as const;
    const node = { implementation: 'Parity Polkadot', version: '1.20.1' };
    const isBack = away.toMs !== null;
    const sighting = {
      ...seen,
      ...node,
      online: isBack,
      sinceMs: away.toMs ?? away.fromMs,
      offline: away.toMs === null ? [] : [{ fromMs: away.fromMs, toMs: away.toMs }],
    };
    await writeNote(harness.store, 'telemetry', {
      // Of the moment of the next pass.
      ...{ atMs: harness.clock.nowMs() + 5 * MINUTE_MS, watchedSinceMs: startMs - 1_000 * HOUR_MS, outages },
      sightings: [[keys[0] ?? '', { known: true, value: sighting, from: 'telemetry' }]],
    });
  };

  beforeEach(() => {
    harness.chainSays.hearsTelemetry = true;
    harness.chainSays.points = new Map();
  });

  test('an absence is measured whole, by looks that are five minutes apart, and is one fault', async () => {
    await harness.clock.advance(3.5 * HOUR_MS);
    for (let tick = 0; tick < 24; tick += 1) {
      await hear({ fromMs: startMs, toMs: null });
      // The absence continues into the next era and is still one absence.
      harness.chainSays.era = tick < 12 ? ERA : ERA + 1;
      await pass();
    }
    await hear({ fromMs: startMs, toMs: harness.clock.nowMs() });
    await pass();
    const faults = await faultsOf(keys[0]);
    assert.deepEqual(faults.map(fields('kind', 'era')), [['offline', ERA]]);
    assert.match(faults[0]?.reason ?? '', /^for 4 h/);
    const [fault] = faults;
    assert.ok(fault !== undefined && fault.atMs - startMs <= 4 * HOUR_MS + 10 * MINUTE_MS);
  });

  test('an absence of less than four hours is not a fault, nor one that an outage of the feed explains', async () => {
    await harness.clock.advance(3.5 * HOUR_MS);
    for (let tick = 0; tick < 4; tick += 1) {
      await hear({ fromMs: startMs, toMs: null });
      await pass();
    }
    assert.deepEqual(await faultsOf(keys[0]), []);
    for (let tick = 0; tick < 12; tick += 1) {
      await hear({ fromMs: startMs, toMs: null }, [
        { fromMs: startMs + HOUR_MS, toMs: harness.clock.nowMs() },
      ]);
      await pass();
    }
    assert.deepEqual(await faultsOf(keys[0]), []);
  });

  test('two absences are two faults', async () => {
    for (const atMs of [startMs, startMs + 40 * HOUR_MS]) {
      await harness.clock.run(atMs + 5 * HOUR_MS);
      harness.chainSays.era += 1;
      await hear({ fromMs: atMs, toMs: null });
      await pass();
      await pass();
    }
    assert.equal((await faultsOf(keys[0])).length, 2);
  });
});

describe('defect 9: points', () => {
  const elected = async (earned: number | null): Promise<void> => {
    harness.chainSays.activeSet = keys;
    harness.chainSays.points = new Map();
    harness.chainSays.era = ERA - 1;
    await pass();
    const points = new Map(keys.slice(1).map((key) => [key, 20_000]));
    if (earned !== null) points.set(keys[0] ?? '', earned);
    harness.chainSays.points = new Map([[ERA - 1, points]]);
    harness.chainSays.era = ERA;
    await pass();
  };

  for (const [earned, told] of [
    [1, /^1 points in era 2199/],
    [null, /^0 points in era 2199/],
  ] as const)
    test(`elected with ${earned ?? 'no'} points is a fault`, async () => {
      await elected(earned);
      const [fault, ...others] = await faultsOf(keys[0]);
      assert.equal(fault?.kind, 'missed-era-points');
      assert.match(fault?.reason ?? '', told);
      assert.deepEqual([fault?.era, others.length], [ERA - 1, 0]);
      assert.deepEqual(await faultsOf(keys[1]), []);
    });

  test('a validator that was not elected has none', async () => {
    const [, ...others] = keys;
    harness.chainSays.activeSet = others;
    harness.chainSays.points = new Map();
    harness.chainSays.era = ERA - 1;
    await pass();
    harness.chainSays.points = new Map([[ERA - 1, new Map(others.map((key) => [key, 20_000]))]]);
    harness.chainSays.activeSet = keys;
    harness.chainSays.era = ERA;
    await pass();
    assert.deepEqual(await faultsOf(keys[0]), []);
  });
});

describe('faults from events', () => {
  const chilled = (stashKey: string | undefined, height: bigint): EventFault => ({
    stashKey: stashKey ?? '',
    fault: { kind: 'chilled', era: ERA, atMs: harness.clock.nowMs(), reason: `at ${height}`, evidence: [] },
  });
  const unread = (from: number, to: number): ReportedFaults['unread'] =>
    Array.from({ length: to - from + 1 }, (_, at) => ({
      ...{ role: 'staking', height: BigInt(from + at) },
      why: `state of ${from + at} already discarded`,
    }));
  const notices = async () => (await harness.store.notices.open()).map(({ key }) => key);
  const nothing = { faults: [], unread: [], behind: 0 };

  test('of a day in which the service stood still is read in one run, not in a day', async () => {
    const head = 9_000;
    chain.faults = async (_keys, from) => {
      const next = Math.min(head, Number(from ?? 0) + 300);
      return {
        ...nothing,
        faults: [chilled(keys[next / 300], BigInt(next))],
        next: String(next),
        behind: head - next,
      };
    };
    await pass();
    assert.equal(await readNote(harness.store, 'fault cursor'), String(head));
    assert.equal((await faultsOf(keys[5])).length, 1);
  });

  test('faults that were read are kept if a later reading of the same run fails', async () => {
    chain.faults = async (_keys, from) => {
      if (from === '300') throw new Error('the endpoint went away');
      return { ...nothing, faults: [chilled(keys[3], 7n)], next: '300', behind: 300 };
    };
    await assert.rejects(pass(), /the endpoint went away/);
    assert.equal((await faultsOf(keys[3])).length, 1);
    assert.equal(await readNote(harness.store, 'fault cursor'), '300');
  });

  test('unreadable blocks are kept and reported, until another endpoint has them', async () => {
    chain.faults = async (_keys, from) =>
      from === '1300'
        ? { ...nothing, next: from }
        : { ...nothing, unread: unread(1_000, 1_299), next: '1300' };
    let hasThem = false;
    const asked: (readonly [bigint, bigint])[] = [];
    chain.faultsIn = async (_keys, { from, to }) => {
      asked.push([from, to]);
      if (!hasThem) return { faults: [], unread: unread(Number(from), Number(to)), next: to + 1n };
      const next = from + 100n;
      return { faults: from === 1_200n ? [chilled(keys[4], from)] : [], unread: [], next };
    };
    await pass();
    await harness.run('watch');
    assert.ok((await notices()).includes('fault-gaps'));
    const gaps = (await readNote(harness.store, 'fault gaps')) ?? [];
    assert.deepEqual(gaps.map(fields('role', 'from', 'to')), [['staking', 1_000n, 1_299n]]);
    await pass();
    assert.deepEqual(asked, [], 'not again within the hour');
    assert.match(await harness.detailOf('history'), /300 blocks could not be read \(staking 1000 to 1299\)/);
    await harness.clock.advance(HOUR_MS);
    await pass();
    assert.equal(asked.length, 1);
    await harness.run('watch');
    assert.ok((await notices()).includes('fault-gaps'));
    hasThem = true;
    await harness.clock.advance(HOUR_MS);
    await pass();
    await harness.run('watch');
    assert.deepEqual(await readNote(harness.store, 'fault gaps'), []);
    assert.ok(!(await notices()).includes('fault-gaps'));
    assert.equal((await faultsOf(keys[4])).length, 1);
  });

  test('an endpoint that fails while a gap is retried does not stop the rest of the job', async () => {
    chain.faults = async () => ({ ...nothing, next: '5', unread: unread(4, 4) });
    chain.faultsIn = async () => Promise.reject(new Error('it is down'));
    await pass();
    await harness.clock.advance(2 * HOUR_MS);
    await pass();
    assert.equal((await readNote(harness.store, 'fault gaps'))?.length, 1);
  });

  test('a gap is given up after a week, and there are never more than a hundred of them', async () => {
    const odd = Array.from({ length: 300 }, (_, at) => unread(2 * at + 1, 2 * at + 1)).flat();
    chain.faults = async (_keys, from) => ({ ...nothing, unread: from === null ? odd : [], next: '600' });
    chain.faultsIn = async (_keys, { from, to }) => ({
      ...{ faults: [], unread: unread(Number(from), Number(to)), next: to + 1n },
    });
    await pass();
    const gaps = (await readNote(harness.store, 'fault gaps')) ?? [];
    assert.equal(gaps.length, 100);
    for (const { height } of odd) assert.ok(gaps.some(({ from, to }) => from <= height && height <= to));
    await harness.clock.advance(8 * 24 * HOUR_MS);
    await pass();
    assert.deepEqual(await readNote(harness.store, 'fault gaps'), []);
  });
});
