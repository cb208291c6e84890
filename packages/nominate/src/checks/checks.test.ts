import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { type Fact, known, unknown } from '../facts/fact.ts';
import type { CandidateRecord, Sighting } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { DAY_MS, DOT, goodRecord, HOUR_MS, NOON_MS, snapshotOf } from '../testing/index.ts';
import { CHAIN_RULES } from './chain-rules.ts';
import { CHECKS } from './registry.ts';

interface Case {
  readonly record?: Partial<CandidateRecord>;
  readonly snapshot?: Partial<Snapshot>;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

function run(id: string, { record = {}, snapshot = {}, parameters = {} }: Case = {}) {
  const check = CHECKS.find((one) => one.id === id);
  assert.ok(check, id);
  const prepared = check.prepare(parameters);
  assert.ok(prepared.ok, inspect(prepared));
  const one = goodRecord(1, record);
  return prepared.run({ snapshot: snapshotOf([one], snapshot), record: one });
}

function seen(change: Partial<Sighting>): Partial<CandidateRecord> {
  const { sighting } = goodRecord(1);
  return {
    sighting: known(
      { ...(sighting.known && sighting.value ? sighting.value : assert.fail()), ...change },
      'telemetry',
    ),
  };
}

function outage(fromMs: number, toMs: number): Partial<Snapshot> {
  return { telemetry: { watchedSinceMs: 0, outages: [{ fromMs, toMs }] } };
}

function expect(
  result: { outcome: string; message: string; remedy: string | null },
  outcome: string,
  message: RegExp,
): void {
  assert.equal(result.outcome, outcome, result.message);
  assert.match(result.message, message);
  assert.equal(
    result.remedy !== null,
    outcome === 'fail',
    'a failure names its remedy, and nothing else does',
  );
}

test('fourteen checks of the old programme and two more, each documented', () => {
  assert.equal(CHECKS.filter(({ formerly }) => formerly !== null).length, 14);
  assert.equal(CHECKS.length, 16);
  assert.equal(new Set(CHECKS.map(({ id }) => id)).size, 16);
  for (const { about } of CHECKS) assert.ok(about.length > 40);
});

test('a good candidate passes all, with evidence', () => {
  for (const { id } of CHECKS.filter((check) => check.id !== 'kyc')) {
    const parameters = id === 'self-stake' ? { minimum: String(10_000n * DOT) } : {};
    const result = run(id, { parameters });
    assert.equal(result.outcome, 'pass', `${id}: ${result.message}`);
    assert.ok(id === 'kusama-rank' || result.evidence.length > 0, id);
  }
});

test('defect 25: an unreadable fact is unknown in every check and never a failure', () => {
  const gone = (from: string): Fact<never> => unknown('the endpoint did not answer', from);
  const record: Partial<CandidateRecord> = {
    validating: gone('staking'),
    prefs: gone('staking'),
    selfStake: gone('staking'),
    identity: gone('identity'),
    sessionKeys: gone('relay'),
    sighting: gone('telemetry'),
    place: gone('places'),
    unclaimedEras: gone('staking'),
    kusama: gone('programme'),
    candidate: { ...goodRecord(1).candidate, kusamaStash: 'x' },
  };
  // The list itself shows whether an operator is known, and is always read.
  for (const { id } of CHECKS.filter((check) => check.id !== 'kyc')) {
    const result = run(id, { record });
    assert.equal(result.outcome, 'unknown', id);
    assert.match(result.evidence[0]?.value ?? '', /^unknown: the endpoint did not answer$/);
  }
});

test('evidence names the block and the age of its source', () => {
  const [evidence] = run('maximum-commission').evidence;
  assert.deepEqual(evidence, {
    fact: 'prefs.commissionPerbill',
    value: '100000000',
    source: 'staking',
    block: 9_000_000n,
    ageMs: 6_000,
  });
});

test('defect 19: a node that is online passes, however long ago it connected', () => {
  expect(run('online', { record: seen({ sinceMs: NOON_MS - 300 * DAY_MS }) }), 'pass', /is online/);
  const proven = { provenOnly: true };
  const byName = seen({ matchedBy: 'name' });
  expect(run('online', { record: byName }), 'pass', /is online/);
  expect(run('online', { record: byName, parameters: proven }), 'fail', /its name alone/);
  const byKey = seen({ matchedBy: 'validator-address' });
  expect(run('online', { record: byKey, parameters: proven }), 'pass', /is online/);
});

test('online: the grace is 16 hours, to the millisecond', () => {
  const away = (ms: number) => run('online', { record: seen({ online: false, sinceMs: NOON_MS - ms }) });
  expect(away(16 * HOUR_MS), 'pass', /16 h 0 min, which is within the grace/);
  expect(away(16 * HOUR_MS + 1), 'fail', /offline for 16 h 0 min, since 2026-11-19T19:59:59Z/);
});

test('online: an outage of the feed is not charged, and during an outage the result is unknown', () => {
  const record = seen({ online: false, sinceMs: NOON_MS - 20 * HOUR_MS });
  expect(run('online', { record }), 'fail', /offline/);
  const past = outage(NOON_MS - 10 * HOUR_MS, NOON_MS - 5 * HOUR_MS);
  expect(run('online', { record, snapshot: past }), 'pass', /15 h 0 min/);
  expect(run('online', { record, snapshot: outage(NOON_MS - HOUR_MS, NOON_MS) }), 'unknown', /not heard/);
});

test('online: never seen is a failure only after telemetry was watched for longer than the grace', () => {
  const record = { sighting: known(null, 'telemetry') };
  expect(run('online', { record }), 'fail', /never seen/);
  const watched = (watchedSinceMs: number | null) =>
    run('online', { record, snapshot: { telemetry: { watchedSinceMs, outages: [] } } });
  expect(watched(NOON_MS - HOUR_MS), 'unknown', /short time/);
  expect(watched(null), 'unknown', /never watched/);
});

test('accumulated offline time: 2 % of a week, feed outages left out, overlaps counted once', () => {
  const limit = 12_096_000;
  const offline = (ms: number) => [{ fromMs: NOON_MS - 2 * DAY_MS, toMs: NOON_MS - 2 * DAY_MS + ms }];
  const after = (change: Partial<Sighting>, snapshot: Partial<Snapshot> = {}) =>
    run('accumulated-offline-time', { record: seen(change), snapshot });
  expect(after({ offline: offline(limit) }), 'pass', /3 h 21 min .* 3 h 21 min are allowed/);
  expect(after({ offline: offline(limit + 1) }), 'fail', /3 h 21 min/);
  expect(after({ offline: [...offline(limit), ...offline(limit)] }), 'pass', /3 h 21 min/);
  const snapshot = outage(NOON_MS - 2 * DAY_MS, NOON_MS - 2 * DAY_MS + 5 * HOUR_MS);
  expect(after({ offline: offline(6 * HOUR_MS) }, snapshot), 'pass', /1 h 0 min/);
  expect(after({ offline: [{ fromMs: 0, toMs: NOON_MS - 8 * DAY_MS }] }), 'pass', /for 0 min/);
  expect(after({ online: false, sinceMs: NOON_MS - 5 * HOUR_MS }), 'fail', /5 h 0 min/);
});

test('connection time: seven days, and a squatter of the name may be shut out', () => {
  const since = (firstSeenMs: number) => run('connection-time', { record: seen({ firstSeenMs }) });
  expect(since(NOON_MS - 7 * DAY_MS), 'pass', /7 d/);
  expect(since(NOON_MS - 7 * DAY_MS + 1), 'fail', /6 d 23 h only/);
  expect(run('connection-time', { record: { sighting: known(null, 'telemetry') } }), 'fail', /never seen/);
  const told = (hours: number, seenLater: number, change: Partial<Snapshot['telemetry']> = {}) => {
    const watchedSinceMs = NOON_MS - hours * HOUR_MS;
    const record = seen({ firstSeenMs: watchedSinceMs + seenLater * HOUR_MS });
    const snapshot = { telemetry: { watchedSinceMs, outages: [], ...change } };
    return run('connection-time', { record, snapshot });
  };
  for (const hours of [0, 1, 24, 167])
    for (const later of [0, Math.min(hours, 16)]) expect(told(hours, later), 'unknown', /was not watched/);
  expect(told(168, 0), 'pass', /7 d/);
  expect(told(167, 17), 'fail', /6 d 6 h only/);
  const outages = [{ fromMs: NOON_MS - 9 * DAY_MS, toMs: NOON_MS - 3 * DAY_MS }];
  const long = { watchedSinceMs: NOON_MS - 30 * DAY_MS, outages };
  expect(told(72, 2, long), 'unknown', /the node is known for 2 d 22 h/);
  expect(told(72, 17, long), 'fail', /only/);
  const shorter = [{ fromMs: NOON_MS - 6 * DAY_MS, toMs: NOON_MS - 3 * DAY_MS }];
  expect(told(72, 2, { ...long, outages: shorter }), 'fail', /only/);
  const young = { telemetry: { watchedSinceMs: NOON_MS - DAY_MS / 2, outages: [] } };
  const absent = { sighting: known(null, 'telemetry') };
  expect(run('connection-time', { record: absent, snapshot: young }), 'unknown', /was not watched/);
  const byName = { record: seen({ matchedBy: 'name' as const }), parameters: { provenOnly: true } };
  expect(run('connection-time', byName), 'fail', /by its name alone/);
});

test('validate intention', () => {
  const record = { validating: known(false, 'staking') };
  expect(run('validate-intention', { record }), 'fail', /no validate intention/);
});

test('client upgrade: the newest release of its client, after the grace', () => {
  const releases = (...list: readonly [string, string, number][]) => ({
    releases: known(
      list.map(([client, version, ageMs]) => ({ client, version, publishedAtMs: NOON_MS - ageMs })),
      'releases',
    ),
  });
  const newest = (ageMs: number) =>
    releases(['Parity Polkadot', '1.20.0', 10 * DAY_MS], ['Parity Polkadot', '1.21.0', ageMs]);
  const two = newest(48 * HOUR_MS);
  expect(run('client-upgrade', { snapshot: two }), 'fail', /it runs 1\.20\.1-abcdef, 1\.21\.0 is wanted/);
  expect(run('client-upgrade', { snapshot: newest(48 * HOUR_MS - 1) }), 'pass', /1\.20\.0 is wanted/);
  const other = releases(['Kagome Node', '9.0.0', 10 * DAY_MS]);
  expect(run('client-upgrade', { snapshot: other }), 'unknown', /no readable release of Parity Polkadot/);
  const forced = { forcedVersion: '1.22.0' };
  expect(run('client-upgrade', { parameters: forced }), 'fail', /1\.22\.0 is wanted/);
  const exempt = { ...forced, exempt: ['Parity Polkadot'] };
  expect(run('client-upgrade', { parameters: exempt }), 'pass', /exempt/);
  expect(run('client-upgrade', { record: seen({ version: '1.100.0' }), snapshot: two }), 'pass', /1\.100\.0/);
});

test('defect 23: a release whose tag is not a version makes no candidate invalid', () => {
  const stable = known([{ client: 'Parity Polkadot', version: 'stable2407', publishedAtMs: 0 }], 'releases');
  expect(run('client-upgrade', { snapshot: { releases: stable } }), 'unknown', /no readable release/);
  expect(run('client-upgrade', { record: seen({ version: 'custom build' }) }), 'unknown', /cannot be read/);
});

test('identity: who judged it counts, and how', () => {
  const judged = (...judgements: string[]) => {
    const { identity } = goodRecord(1);
    const value = identity.known && identity.value ? identity.value : assert.fail();
    return run('identity', { record: { identity: known({ ...value, judgements }, 'identity') } });
  };
  expect(judged('KnownGood'), 'pass', /judged/);
  expect(judged('FeePaid', 'Reasonable'), 'pass', /judged/);
  expect(judged('Reasonable', 'Erroneous'), 'fail', /judged its identity Erroneous/);
  expect(judged('OutOfDate'), 'fail', /out of date/);
  expect(judged('OutOfDate', 'Reasonable'), 'pass', /judged/);
  expect(judged('LowQuality'), 'fail', /no registrar has judged/);
  expect(judged(), 'fail', /no registrar has judged/);
  expect(run('identity', { record: { identity: known(null, 'identity') } }), 'fail', /has no identity/);
});

test('commission: at most and at least, in perbill', () => {
  const set = (check: string, commissionPerbill: number, parameters = {}) =>
    run(check, { record: { prefs: known({ commissionPerbill, blocked: false }, 'staking') }, parameters });
  expect(set('maximum-commission', 150_000_001), 'fail', /15\.0000001 %, at most 15 %/);
  expect(set('maximum-commission', 150_000_000), 'pass', /15 %/);
  const least = { perbill: 100_000_000 };
  expect(set('minimum-commission', 99_999_999, least), 'fail', /9\.9999999 %, at least 10 %/);
  expect(set('minimum-commission', 100_000_000, least), 'pass', /10 %/);
});

test('self stake: exact in planck, and excused if the list says so', () => {
  const parameters = { minimum: String(10_000n * DOT) };
  const has = (planck: bigint) => ({ selfStake: known(planck, 'staking') });
  expect(run('self-stake', { record: has(10_000n * DOT), parameters }), 'pass', /10000 DOT are bonded/);
  const short = run('self-stake', { record: has(10_000n * DOT - 1n), parameters });
  expect(short, 'fail', /^9999\.9999999999 DOT are bonded, at least 10000 DOT/);
  assert.equal(short.remedy, 'bond 0.0000000001 DOT more (staking.bondExtra)');
  const excused = { candidate: { ...goodRecord(1).candidate, skipSelfStake: true }, ...has(0n) };
  expect(run('self-stake', { record: excused, parameters }), 'pass', /excuses/);
  const strict = { ...parameters, honourSkip: false };
  expect(run('self-stake', { record: excused, parameters: strict }), 'fail', /0 DOT/);
});

test('unclaimed rewards: eras up to active - threshold - 1 must be paid', () => {
  const unpaid = (list: number[], parameters = {}) =>
    run('unclaimed-rewards', { record: { unclaimedEras: known(list, 'staking') }, parameters });
  expect(unpaid([2_196, 2_199]), 'pass', /up to era 2195/);
  expect(unpaid([2_190, 2_195, 2_196]), 'fail', /the eras 2190, 2195 are unpaid/);
  expect(unpaid([2_198], { eraThreshold: 1 }), 'fail', /era 2198/);
});

test('defect 21: an active era that is not known gives no negative era, but unknown', () => {
  const { eras } = snapshotOf([]);
  const snapshot = { eras: { ...eras, active: unknown('no answer', 'staking') } };
  const record = { unclaimedEras: known([1], 'staking') };
  expect(run('unclaimed-rewards', { record, snapshot }), 'unknown', /active era/);
});

test('blocked', () => {
  const prefs = known({ commissionPerbill: 0, blocked: true }, 'staking');
  expect(run('blocked', { record: { prefs } }), 'fail', /blocks nominations/);
});

test('defect 24: the Kusama rank is a fact of the snapshot, asked of those that name a stash there', () => {
  const candidate = { ...goodRecord(1).candidate, kusamaStash: 'K' };
  const at = (value: { rank: number; invalidReasons: string[] } | null) => {
    const kusama = known(value === null ? null : { ...value, identity: null }, 'programme');
    return run('kusama-rank', { record: { candidate, kusama } });
  };
  expect(at({ rank: 100, invalidReasons: [] }), 'pass', /rank 100/);
  expect(at({ rank: 99.5, invalidReasons: [] }), 'fail', /99\.5, 100 is asked for/);
  expect(at({ rank: 200, invalidReasons: ['offline'] }), 'fail', /invalid there: offline/);
  expect(at(null), 'fail', /not in the Kusama programme/);
});

/** As production of the old programme on Kusama spelt them. */
const SANCTIONED_REGIONS = [
  ...['Crimea', 'Autonomous Republic of Crimea', 'Republic of Crimea', 'Luhansk', 'Luhanska Oblast'],
  ...['Luhanska', 'Luganskaya Oblast’', 'Luganskaya', 'Donetsk', 'Donetska Oblast', 'Donetskaya Oblast’'],
  ...['Donetska', 'Donetskaya', 'Sevastopol City', 'Sevastopol', 'Gorod Sevastopol'],
];

test('provider and area: case does not matter; without facts, both are unknown', () => {
  const at = (country: string, region: string, provider = '') => ({
    place: known({ city: '', region, country, provider }, 'places'),
  });
  const parameters = { banned: ['Contabo GmbH'] };
  expect(run('provider', { record: at('DE', '', ' contabo gmbh'), parameters }), 'fail', /does not take/);
  expect(run('provider', { record: at('DE', ''), parameters }), 'unknown', /not known/);
  const sanctioned = (record: Partial<CandidateRecord>, listed: Case['parameters'] = {}) =>
    run('sanctioned-area', { record, parameters: listed });
  const listed = { countries: ['KP'], regions: ['Crimea'] };
  expect(sanctioned(at(' kp', ''), listed), 'fail', /runs in {1,2}kp/);
  expect(sanctioned(at('UA', 'CRIMEA '), listed), 'fail', /CRIMEA/);
  expect(sanctioned(at('', '', 'x'), listed), 'unknown', /country/);
  const { checks } = CHAIN_RULES['kusama-2024'] ?? assert.fail();
  const real = checks.find(({ id }) => id === 'sanctioned-area')?.parameters ?? assert.fail();
  for (const region of SANCTIONED_REGIONS)
    for (const spelt of [region, region.replace('’', "'"), region.replace('’', ''), region.toUpperCase()])
      expect(sanctioned(at('UA', spelt), real), 'fail', /runs in/);
  expect(sanctioned(at('UA', 'Kyiv'), real), 'pass', /UA/);
  expect(run('sanctioned-area', { record: { place: known(null, 'places') } }), 'unknown', /place/);
});

test('provider: a number bans the system of the address, and the age is that of this very place', () => {
  const place = { city: '', region: '', country: 'DE', provider: 'Some Name', asn: 64_496 };
  const record = { place: known({ ...place, atMs: NOON_MS - 3 * HOUR_MS }, 'places') };
  const banned = (name: string) => run('provider', { record, parameters: { banned: [name] } });
  expect(banned('as64496'), 'fail', /it runs at Some Name/);
  expect(banned('AS6449'), 'pass', /Some Name/);
  assert.equal(banned('x').evidence[0]?.ageMs, 3 * HOUR_MS);
  const area = run('sanctioned-area', { record, parameters: { countries: [], regions: [] } });
  assert.equal(area.evidence[0]?.ageMs, 3 * HOUR_MS);
});

test('beefy: a real key, not the dummy of the migration', () => {
  const keys = (beefy: Record<string, string> | null) => ({ sessionKeys: known(beefy, 'relay') });
  expect(run('beefy', { record: keys({ beefy: `0x62656566${'00'.repeat(29)}` }) }), 'fail', /dummy/);
  expect(run('beefy', { record: keys({ beefy: `0x${'00'.repeat(33)}` }) }), 'fail', /dummy/);
  expect(run('beefy', { record: keys(null) }), 'fail', /no session keys/);
  expect(run('beefy', { record: keys({ babe: '0x01' }) }), 'unknown', /no BEEFY key/);
});

test('kyc: for programmes that ask for it', () => {
  expect(run('kyc'), 'fail', /not known to the programme/);
  const record = { candidate: { ...goodRecord(1).candidate, kyc: true } };
  expect(run('kyc', { record }), 'pass', /is known/);
});
