import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { POLKADOT_2024 } from '../checks/chain-rules.ts';
import { JOBS } from '../jobs/index.ts';
import { presetProgramme } from '../rounds/presets.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import { sampleSnapshot } from '../testing/sample.ts';
import { MACHINE_RULES } from '../transactions/index.ts';
import { serviceShape } from './config.ts';
import { readyConfig } from './ready.ts';
import { recordedChain } from './recorded.ts';
import { jobsOf, settingsOf, sourceWarnings } from './settings.ts';

/** These tests do not read it. */
const FOLDER = '/nowhere';
const READY = { topology: 'process', purpose: 'development' } as const;
const LOCAL = readyConfig({ ...READY, network: 'local' });

describe('a configuration', () => {
  test('defect 27: a disabled job is off, even if other settings name it; an interval is used as written', () => {
    const jobs = { disabled: ['snapshot', 'watch'], everySeconds: { round: 7 } };
    const found = jobsOf(serviceShape.parse({ ...LOCAL, jobs }));
    assert.equal(found.length, JOBS.length - 2);
    assert.equal(found.find(({ name }) => name === 'round')?.everyMs, 7_000);
    for (const { after: before } of found) assert.ok(!before.includes('snapshot'));
    assert.equal(serviceShape.safeParse({ ...LOCAL, jobs: { disabled: ['snapshots'] } }).success, false);
    assert.equal(serviceShape.safeParse({ ...LOCAL, jobs: { everySeconds: { round: 0 } } }).success, false);
  });

  test('each check without a source has a warning that names what to configure', () => {
    const stashKey = `0x${'11'.repeat(32)}`;
    const warned = (change: object, network: 'kusama' | 'polkadot' = 'polkadot') => {
      const config = serviceShape.parse({ ...LOCAL, ...change });
      const programme = presetProgramme({ network, profile: 'fair' }, [{ name: 'west', stashKey }]);
      return sourceWarnings(config, programme).flatMap(({ told, isSo }) => (isSo ? [told] : []));
    };
    const { chains, telemetry, releases } = readyConfig({ ...READY, network: 'polkadot' });
    const plain = warned({ chains, telemetry, releases });
    const ids = (told: readonly { readonly key: string }[]) => told.map(({ key }) => key.split(' ')[1]);
    assert.deepEqual(ids(plain), ['sanctioned-area', 'provider', 'kusama-rank']);
    assert.match(plain[0]?.text ?? '', /^the check sanctioned-area refuses no candidate: `places` names no/);
    assert.match(warned({ chains })[2]?.text ?? '', /^the check online lets in no candidate: `telemetry`/);
    assert.equal(warned({ chains }).length, 7);
    const sources = { places: { table: 'x.csv' }, kusama: 'https://kusama.example/candidates' };
    assert.deepEqual(warned({ chains, telemetry, releases, ...sources }), []);
    assert.deepEqual(ids(warned({ chains, telemetry, releases }, 'kusama')), ['sanctioned-area', 'provider']);
    assert.deepEqual(warned({}), [], 'a recording has the facts');
  });

  test('an unknown key is an error, wherever it is', () => {
    for (const wrong of [{ sned: true }, { listen: { prot: 1 } }, { chains: { recorded: 'x', eras: 1 } }])
      assert.equal(serviceShape.safeParse({ ...LOCAL, ...wrong }).success, false, JSON.stringify(wrong));
  });

  test('the tries of transactions follow the configuration, and a period that no chain accepts is an error', async () => {
    const programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
      { name: 'west', stashKey: `0x${'11'.repeat(32)}` },
    ]);
    const transactions = { periodBlocks: 256, maxTries: 2, pauseBlocks: 3, inclusionBlocks: 7 };
    const config = serviceShape.parse({ ...LOCAL, transactions });
    const { machineRules, inclusionBlocks, faultRules } = await settingsOf(
      ...([config, { ...programme, checks: POLKADOT_2024 }, FOLDER, new Map()] as const),
    );
    // The bound for a raise is that of the programme.
    assert.equal(faultRules.maximumCommissionPerbill, 50_000_000);
    const { period, maxTries, pauseBlocks } = machineRules;
    assert.deepEqual([period, maxTries, pauseBlocks, inclusionBlocks], [256, 2, 3n, 7]);
    const plain = await settingsOf(serviceShape.parse(LOCAL), programme, FOLDER, new Map());
    assert.deepEqual(plain.machineRules, MACHINE_RULES);
    for (const periodBlocks of [2, 48, 8_192])
      assert.equal(serviceShape.safeParse({ ...LOCAL, transactions: { periodBlocks } }).success, false);
  });

  test('a rule about missed votes for parachains is refused: no chain counts them', async () => {
    const programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
      { name: 'west', stashKey: `0x${'11'.repeat(32)}` },
    ]);
    const withDock = (share: number) => {
      const docks = { ...programme.rank.docks, 'missed-para-votes': share };
      const changed = { ...programme, rank: { ...programme.rank, docks } };
      return settingsOf(serviceShape.parse(LOCAL), changed, FOLDER, new Map());
    };
    await withDock(0);
    await assert.rejects(withDock(0.1), { code: 'fault-unseen' });
  });

  test('a tip is planck, and never more than one whole token', async () => {
    const programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
      { name: 'west', stashKey: `0x${'11'.repeat(32)}` },
    ]);
    const tipOf = async (tipPlanck: string): Promise<bigint> => {
      const config = serviceShape.parse({ ...LOCAL, transactions: { tipPlanck } });
      return (await settingsOf(config, programme, FOLDER, new Map())).machineRules.tip;
    };
    assert.deepEqual([await tipOf('0'), await tipOf('10000000000')], [0n, 10_000_000_000n]);
    await assert.rejects(tipOf('10000000001'), { code: 'tip-too-high' });
    for (const tipPlanck of ['-1', '1.5', 'DOT', 1])
      assert.equal(serviceShape.safeParse({ ...LOCAL, transactions: { tipPlanck } }).success, false);
  });

  test('the oldest head is half an hour, the configured value, or without a bound', async () => {
    const programme = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
      { name: 'west', stashKey: `0x${'11'.repeat(32)}` },
    ]);
    const ready = readyConfig({ network: 'polkadot', topology: 'process', purpose: 'production' });
    const oldest = async (change: object): Promise<number | null> => {
      const config = serviceShape.parse({ ...ready, chains: { ...ready.chains, ...change } });
      return (await settingsOf(config, programme, FOLDER, new Map())).oldestHeadMs;
    };
    assert.deepEqual(
      [await oldest({}), await oldest({ oldestHeadSeconds: 90 }), await oldest({ oldestHeadSeconds: null })],
      [1_800_000, 90_000, null],
    );
    const recorded = await settingsOf(serviceShape.parse(LOCAL), programme, FOLDER, new Map());
    assert.equal(recorded.oldestHeadMs, null);
    const wrong = { ...ready, chains: { ...ready.chains, oldestHeadSeconds: 0 } };
    assert.equal(serviceShape.safeParse(wrong).success, false);
  });

  test('a password has no place in it', () => {
    const workers = { queue: 'redis://user:hunter2@127.0.0.1:6379' };
    assert.equal(serviceShape.safeParse({ ...LOCAL, workers }).success, false);
    const database = { url: 'postgresql://a:b@c/d' };
    assert.equal(serviceShape.safeParse({ ...LOCAL, database }).success, false);
  });
});

describe('a recorded chain', () => {
  const base = sampleSnapshot({ seed: 'recorded', count: 12, nominators: 2 });
  let nowMs = base.takenAtMs;
  const pace = { eraMs: 60_000, everyEras: 4 };
  const chain = recordedChain(base, pace, () => nowMs);
  const question = { candidates: [], nominators: [], remembered: null };
  const read = () => chain.read(question, new AbortController().signal);

  test('goes from era to era, each with its own first block, and knows two elections ahead', async () => {
    const first = await read();
    nowMs += 61_000;
    const second = await read();
    assert.ok(first.calendar.known && second.calendar.known);
    assert.equal(second.calendar.value.active, first.calendar.value.active + 1);
    for (const { calendar } of [first, second]) {
      assert.ok(calendar.known);
      const { now, upcoming } = calendar.value;
      assert.ok(now.relayHeight < upcoming[0].snapshot.relayHeight);
      assert.ok(upcoming[0].snapshot.relayHeight < upcoming[1].snapshot.relayHeight);
    }
  });

  test('gives snapshots that can be read back', async () => {
    const part = await read();
    const snapshot = part.snapshot(
      base.candidates.map(({ candidate }) => candidate),
      {
        network: base.network,
        configVersion: 'c',
        sources: {},
        releases: base.releases,
        telemetry: base.telemetry,
        lastIdentityOf: () => null,
        recordOf: () => ({}),
        nominators: [],
        withElection: false,
        notes: [],
      },
    );
    assert.equal(snapshot.candidates.length, 12);
    assert.ok(encodeSnapshot(snapshot).length > 1_000);
  });
});
