import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { known, unknown } from '../facts/fact.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import {
  DOT,
  goodNominator,
  goodRecord,
  keyOf,
  NOON_MS,
  sampleSnapshot,
  snapshotOf,
} from '../testing/index.ts';
import { type PlanOptions, planRound } from './plan.ts';
import { type Programme, programmeOf } from './programme.ts';
import type { RefusalCode, RoundRecord } from './record.ts';
import { encodeRecord } from './stored.ts';
import { nominatorKey, numbersOf, programme } from './testing/programme.ts';

/** Candidates 1 to n; a lower number has more bonded, and so comes first. */
function line(
  n: number,
  change: (n: number) => Partial<CandidateRecord> = () => ({}),
): readonly CandidateRecord[] {
  return Array.from({ length: n }, (_, i) => {
    const selfStake = known(BigInt(100_000 - 1_000 * i) * DOT, 'staking');
    return goodRecord(i + 1, { selfStake, ...change(i + 1) });
  });
}

function snapshot(
  candidates: readonly CandidateRecord[],
  nominators = 1,
  change: Partial<Snapshot> = {},
): Snapshot {
  const own = Array.from({ length: nominators }, (_, n) =>
    goodNominator(n, { active: known(100_000_000n * DOT, 'staking') }),
  );
  return snapshotOf(candidates, { nominators: own, ...change });
}

function planned(of: Snapshot, rules: Programme = programme(), options: PlanOptions = {}): RoundRecord {
  const plan = planRound(of, rules, options);
  assert.ok(plan.ok, inspect(plan));
  return plan.record;
}

function refused(of: Snapshot, rules: Programme = programme(), options: PlanOptions = {}): RefusalCode {
  const plan = planRound(of, rules, options);
  assert.ok(!plan.ok);
  assert.ok(plan.refusal.detail !== '' && plan.refusal.remedy !== '');
  return plan.refusal.code;
}

const targets = (record: RoundRecord) => record.nominators.map((one) => numbersOf(one.targets));
/** The targets of so many nominators. */
const chosen = (candidates: readonly CandidateRecord[], change = {}, nominators = 1) =>
  targets(planned(snapshot(candidates, nominators), programme(nominators, change)));
const code = (record: RoundRecord, n: number) =>
  record.candidates.find(({ stashKey }) => stashKey === keyOf(n))?.decision.code;

test('defect 1: the verdict of this very snapshot decides, not one from before', () => {
  const candidates = line(3, (n) =>
    n === 1 ? { lastSettled: 'valid', validating: known(false, 'staking') } : { lastSettled: 'invalid' },
  );
  const record = planned(snapshot(candidates));
  assert.deepEqual(targets(record), [[2, 3]]);
  assert.equal(code(record, 1), 'invalid');
});

test('defect 2: a nominator that nominated lately is not due; without a due nominator there is no round', () => {
  const fresh = [goodNominator(0, { submittedIn: known(2_201, 'staking') }), goodNominator(1)];
  const record = planned(snapshot(line(8), 0, { nominators: fresh }), programme(2));
  assert.deepEqual(targets(record), [[], [1]]);
  assert.equal(record.nominators[0]?.state, 'not-due');
  const none = snapshot(line(8), 0, { nominators: fresh.slice(0, 1) });
  assert.equal(refused(none), 'nobody-due');
  assert.equal(planned(none, programme(), { forced: true }).forced, true);
});

test('defect 2: on Kusama four eras lie between two nominations', () => {
  const rules = programme(1, { round: { everyEras: 4, count: 'stake' } });
  const after = (eras: number) =>
    snapshot(line(3), 0, { nominators: [goodNominator(0, { submittedIn: known(2_201 - eras, 'staking') })] });
  assert.equal(refused(after(3), rules), 'nobody-due');
  assert.equal(planned(after(4), rules).nominatedCount, 1);
});

test('defect 3: a nominator with an open transaction is left out, so two rounds cannot overlap', () => {
  const pending = [goodNominator(0, { pending: known(true, 'programme') })];
  const of = snapshot(line(3), 0, { nominators: pending });
  assert.equal(refused(of), 'nobody-due');
  assert.equal(refused(of, programme(), { forced: true }), 'nobody-due');
});

test('defect 4: the same snapshot and programme give the same bytes, however often', () => {
  const of = sampleSnapshot({ seed: 'twice', count: 60 });
  const texts = [0, 1, 2].map(() => encodeRecord(planned(of, programme(2))));
  assert.equal(new Set(texts).size, 1);
});

test('defect 4: the seed comes from the first block of the era, and there is no round without it', () => {
  const { eras } = snapshot([]);
  const draws = (hash: string) => {
    const firstBlock = known({ number: 1n, hash: `0x${hash.repeat(64)}` }, 'relay');
    const { candidates } = planned(snapshot(line(3), 1, { eras: { ...eras, firstBlock } }));
    return candidates.map(({ score }) => score?.draw);
  };
  assert.notDeepEqual(draws('a'), draws('b'));
  const gone = { ...eras, firstBlock: unknown('no answer', 'relay') };
  assert.equal(refused(snapshot(line(3), 1, { eras: gone })), 'no-public-seed');
});

test('defect 6: an unreadable nominator, and slices that run out, have no effect on the others', () => {
  const nominators = [
    goodNominator(0, { active: unknown('no answer', 'staking') }),
    goodNominator(1, { active: known(null, 'staking') }),
    goodNominator(2, { active: known(1n, 'staking') }),
    goodNominator(3, { active: known(100_000_000n * DOT, 'staking') }),
    goodNominator(4),
    goodNominator(5),
  ];
  const rules = programme(6, { round: { everyEras: 1, minimumActive: '2', count: 'stake', mostTargets: 3 } });
  const record = planned(snapshot(line(4), 0, { nominators }), rules);
  const states = ['unknown', 'not-bonded', 'too-small', 'nominates', 'nominates', 'nobody-left'];
  assert.deepEqual(record.nominators.map(field('state')), states);
  assert.deepEqual(targets(record), [[], [], [], [1, 2, 3], [4], []]);
  assert.equal(record.nominatedCount, 4, 'targets are counted, not places');
});

test('a nominator of the programme that the snapshot lacks waits', () => {
  const record = planned(snapshot(line(4), 1), programme(2));
  assert.equal(record.nominators[1]?.state, 'unknown');
});

test('defect 8: two identities with one display name are two; one identity with several names is one', () => {
  const identity = (account: number, display: string) => {
    const value = { account: keyOf(account), display, isSub: true, judgements: ['Reasonable'] };
    return { identity: known(value, 'identity') };
  };
  const caps = { perRound: { identity: 1 } };
  const sameName = line(3, (n) => identity(500 + n, 'Famous'));
  assert.deepEqual(chosen(sameName, { caps }), [[1, 2, 3]]);
  const sameAccount = line(3, (n) => identity(n === 3 ? 501 : 500, `name ${n}`));
  const record = planned(snapshot(sameAccount), programme(1, { caps }));
  assert.deepEqual(targets(record), [[1, 3]]);
  assert.equal(code(record, 2), 'capped');
});

test('while identities are unknown, the last known one counts, and candidates without one count as one', () => {
  const silent = unknown('no endpoint answers', 'identity');
  const caps = { perRound: { identity: 1 } };
  const last = (n: number) => ({ account: keyOf(n), atMs: NOON_MS });
  const cases = [
    { accounts: [500, 500, 501], wanted: [1, 3] },
    { accounts: [], wanted: [1] },
    { accounts: [500], wanted: [1, 2] },
  ];
  for (const { accounts, wanted } of cases) {
    const candidates = line(3, (n) => {
      const account = accounts[n - 1];
      const lastIdentity = account === undefined ? null : last(account);
      return { identity: silent, lastIdentity, lastSettled: 'valid' };
    });
    assert.deepEqual(chosen(candidates, { caps }), [wanted]);
  }
});

/** Weights by which only what is bonded counts. */
const BONDED = (() => {
  const { weights } = programme().weights;
  const zero = Object.fromEntries(Object.keys(weights).map((name) => [name, name === 'bonded' ? 1 : 0]));
  return { version: 'bonded', weights: zero };
})();

const provider = (name: string) => ({
  place: known({ city: '', region: '', country: 'DE', provider: name }, 'places'),
});
const handles = (n: number, ...all: readonly string[]) => ({
  candidate: { ...goodRecord(n).candidate, handles: [...all] },
});

test('caps per operator, provider and country, per slice and per round', () => {
  const shared = line(4, (n) => (n < 3 ? handles(n, '@a:b.c', `@x${n}:b.c`) : {}));
  const perSlice = { caps: { perSlice: { operator: 1 } } };
  assert.deepEqual(chosen(shared, perSlice), [[1, 3, 4]]);
  assert.deepEqual(
    chosen(shared, perSlice, 2),
    [[1, 3, 4], [2]],
    'what one slice may not have, the next may',
  );
  assert.deepEqual(chosen(shared, { caps: { perRound: { operator: 1 } } }, 2), [[1, 3, 4], []]);
  const hosted = line(4, (n) =>
    n < 4 ? provider(n % 2 === 0 ? 'Big Host ' : 'big host') : provider('other'),
  );
  const perRound = (caps: object) => chosen(hosted, { weights: BONDED, caps: { perRound: caps } });
  assert.deepEqual(perRound({ provider: 2 }), [[1, 2, 4]]);
  assert.deepEqual(perRound({ country: 1 }), [[1]]);
});

test('an unknown group is not capped', () => {
  const nowhere = line(3, () => ({ place: known(null, 'places') }));
  assert.deepEqual(chosen(nowhere, { caps: { perRound: { provider: 1, country: 1 } } }), [[1, 2, 3]]);
});

test('for any caps: no target twice, no cap broken, no invalid target', () => {
  const limit = fc.option(fc.integer({ min: 1, max: 3 }));
  const caps = fc.record({ identity: limit, operator: limit, provider: limit, country: limit });
  fc.assert(
    fc.property(
      fc.nat(99),
      caps,
      caps,
      fc.constantFrom('1kv', 'fair'),
      (seed, perRound, perSlice, profile) => {
        const of = sampleSnapshot({ seed: `caps ${seed}`, count: 40, nominators: 3 });
        const record = planned(of, programme(3, { caps: { perRound, perSlice }, profile }));
        const all = record.nominators.flatMap((one) => one.targets);
        assert.equal(new Set(all).size, all.length);
        const taken = (key: string) => of.candidates.find(({ candidate }) => candidate.stashKey === key);
        const providers = Map.groupBy(all, (key) => {
          const place = taken(key)?.place;
          return place?.known && place.value ? place.value.provider : null;
        });
        for (const [name, keys] of providers)
          assert.ok(name === null || keys.length <= (perRound.provider ?? 99));
        for (const { stashKey, eligible, decision } of record.candidates) {
          assert.equal(decision.code === 'nominated', all.includes(stashKey));
          assert.ok(eligible || decision.code !== 'nominated');
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('tiers: a nominator backs the tiers that it names', () => {
  const periods = Array.from({ length: 12 }, (_, n) => ({
    firstEra: n,
    lastEra: n,
    activeEras: [n],
    nominated: true,
  }));
  const proven = line(4, (n) => (n > 2 ? { history: { ...goodRecord(1).history, periods } } : {}));
  const tiers = [{ name: 'entry' }, { name: 'proven', minimumRank: 20 }];
  const nominators = [
    { name: 'big', stashKey: nominatorKey(0), tiers: ['proven'] },
    { name: 'small', stashKey: nominatorKey(1), tiers: ['entry'] },
  ];
  const record = planned(
    snapshot(proven, 2),
    programme(2, {
      tiers,
      nominators,
      weights: { version: 'x', weights: { ...programme().weights.weights, rank: 0 } },
    }),
  );
  assert.deepEqual(targets(record), [
    [3, 4],
    [1, 2],
  ]);
  const only = planned(snapshot(proven, 2), programme(2, { tiers, nominators: nominators.slice(0, 1) }));
  assert.equal(code(only, 1), 'outside-tiers');
});

test('the election decides the count if the snapshot has its input', () => {
  const voters = [1, 2, 3].map((n) => ({ who: keyOf(900 + n), stake: 1_000n * DOT, votes: [n - 1] }));
  const election = known({ seats: 3, targets: [10, 11, 12, 1, 2, 3].map(keyOf), voters }, 'staking');
  const nominators = [goodNominator(0, { active: known(2_500n * DOT, 'staking') })];
  const rules = programme(1, { round: { everyEras: 1, count: 'simulate' } });
  const record = planned(snapshot(line(3), 0, { election, nominators }), rules);
  assert.deepEqual(targets(record), [[1, 2]]);
  assert.equal(record.nominators[0]?.count?.detail, 'elected in simulation: 1 of 1, 2 of 2, 2 of 3');
  const blind = planned(snapshot(line(3), 0, { nominators }), rules);
  assert.match(blind.nominators[0]?.count?.detail ?? '', /could not be simulated: not read/);
});

test('the limit of the chain applies; if it is unknown, the smaller one of the two networks', () => {
  const rules = programme(1, { round: { everyEras: 1, count: 'stake' } });
  const { constants } = snapshot([]);
  const count = (maxNominations: Snapshot['constants']['maxNominations']) =>
    planned(snapshot(line(30), 1, { constants: { ...constants, maxNominations } }), rules).nominatedCount;
  assert.equal(count(known(24, 'staking')), 24);
  assert.equal(count(known(7, 'staking')), 7);
  assert.equal(count(unknown('x', 'staking')), 16);
});

test('a round that is not possible gives a reason with a remedy', () => {
  assert.equal(refused(snapshot(line(1)), programme(1, { network: 'kusama' })), 'wrong-network');
  const eras = { ...snapshot([]).eras, active: unknown('x', 'staking') };
  assert.equal(refused(snapshot(line(1), 1, { eras })), 'era-unknown');
  const checks = { version: 'x', checks: [{ id: 'nonesuch' }] };
  assert.equal(refused(snapshot(line(1)), programme(1, { checks })), 'bad-checks');
  const modules = [{ id: 'own', sha256: 'a'.repeat(64) }];
  assert.equal(refused(snapshot(line(1)), programme(1, { modules })), 'module-missing');
});

test('a programme with an unknown key, an unknown tier or a doubled nominator is refused with the place', () => {
  const problems = (change: Record<string, unknown>) => {
    const read = programmeOf({ ...programme(), round: { everyEras: 1, count: 'stake' }, ...change });
    return read.ok ? '' : read.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  };
  assert.match(problems({ colour: 1 }), /colour/);
  const nominator = { name: 'a', stashKey: keyOf(1) };
  const golden = { ...nominator, tiers: ['gold'] };
  assert.match(problems({ nominators: [golden] }), /nominators\.0\.tiers: there is no tier "gold"/);
  assert.match(problems({ nominators: [nominator, nominator] }), /nominators: a stash is listed twice/);
  assert.match(problems({ weights: { version: 'x', weights: { bonded: 1 } } }), /weights\.weights/);
});

const cohort = (change: Record<string, unknown> = {}) => ({
  kind: 'cohort',
  name: 'C4',
  firstEra: 2_190,
  lastEra: 2_210,
  members: [4, 3, 2, 1].map(keyOf),
  membersPerNominator: 2,
  ...change,
});

test('cohort: the members of the term, in their places, with any scores', () => {
  const record = planned(snapshot(line(6), 2), programme(2, { mode: cohort() }));
  assert.deepEqual(targets(record), [
    [4, 3],
    [2, 1],
  ]);
  assert.equal(code(record, 5), 'outside-cohort');
});

test('cohort: a member that is excluded leaves its place empty, and excludes the other nodes of its operator', () => {
  const failing = line(4, (n) => ({
    ...handles(n, n % 2 === 0 ? '@even:b.c' : `@odd${n}:b.c`),
    ...(n === 4 ? { validating: known(false, 'staking') } : {}),
  }));
  const group = planned(snapshot(failing, 2), programme(2, { mode: cohort() }));
  assert.deepEqual(targets(group), [[3], [1]]);
  assert.deepEqual([code(group, 4), code(group, 2)], ['invalid', 'group-breach']);
  const alone = planned(snapshot(failing, 2), programme(2, { mode: cohort({ evaluate: 'node' }) }));
  assert.deepEqual(targets(alone), [[3], [2, 1]]);
});

test('cohort: before and after its term there is no round', () => {
  for (const term of [{ firstEra: 2_201 }, { lastEra: 2_199 }])
    assert.equal(refused(snapshot(line(4)), programme(1, { mode: cohort(term) })), 'outside-term');
});

test('a stalled era stops rounds', () => {
  const rules = programme(1, { round: { everyEras: 1, count: 'stake', longestEraMs: 36 * 3_600_000 } });
  const since = (hours: number) => {
    const activeSinceMs = known(NOON_MS - hours * 3_600_000, 'staking');
    return snapshot(line(2), 1, { eras: { ...snapshot([]).eras, activeSinceMs } });
  };
  assert.equal(planned(since(36), rules).nominatedCount, 2);
  assert.equal(refused(since(48), rules), 'era-stalled');
});

test('candidates beyond a smaller count are free for the next nominator, caps included', () => {
  // Any stake elects every target, so one target is enough for each nominator.
  const election = known({ seats: 1, targets: [1, 2, 3].map(keyOf), voters: [] }, 'staking');
  const rules = programme(3, {
    round: { everyEras: 1, count: 'simulate' },
    caps: { perRound: { country: 3 } },
    weights: BONDED,
  });
  const same = line(3, () => provider('one'));
  assert.deepEqual(targets(planned(snapshot(same, 3, { election }), rules)), [[1], [2], [3]]);
});

test('the order of the candidates in the snapshot has no effect', () => {
  const of = sampleSnapshot({ seed: 'order', count: 50 });
  const forward = planned(of, programme(2));
  const backward = planned({ ...of, candidates: of.candidates.toReversed() }, programme(2));
  assert.deepEqual(targets(forward), targets(backward));
});

test('with any unknown facts, there is a record that can be stored, or a refusal', () => {
  const of = sampleSnapshot({ seed: 'unknown', count: 12, nominators: 2 });
  const gone = unknown('gone', 'staking');
  /** The value with some of its facts unknown, chosen by the draws in turn. */
  const blinded = (value: unknown, draw: () => boolean): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => blinded(item, draw));
    if ('known' in value) return draw() ? gone : value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, blinded(inner, draw)]));
  };
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom('1kv', 'fair'),
      (stream, share, profile) => {
        const changed = blinded(of, () => Number(stream.next().value) < share) as Snapshot;
        for (const count of ['1kv', 'stake', 'simulate']) {
          const plan = planRound(changed, programme(2, { profile, round: { everyEras: 1, count } }));
          if (plan.ok) assert.ok(encodeRecord(plan.record).length > 100);
          else assert.ok(plan.refusal.detail !== '');
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a candidate after the last target is below the cut, even if a cap would have applied', () => {
  // One seat: the election takes one target of each nominator, for any number of them.
  const election = known({ seats: 1, targets: [1, 2, 3].map(keyOf), voters: [] }, 'staking');
  const rules = programme(1, {
    round: { everyEras: 1, count: 'simulate' },
    caps: { perRound: { provider: 1 } },
    weights: BONDED,
  });
  const candidates = line(3, (n) => provider(n > 1 ? 'same' : 'other'));
  const record = planned(snapshot(candidates, 1, { election }), rules);
  assert.deepEqual(targets(record), [[1]]);
  assert.deepEqual([code(record, 2), code(record, 3)], ['below-the-cut', 'below-the-cut']);
  const capped = programme(1, { caps: { perRound: { provider: 1 } }, weights: BONDED });
  const full = planned(snapshot(candidates), capped);
  assert.deepEqual([targets(full), code(full, 3)], [[[1, 2]], 'capped']);
});

test('defect 4: no text that the programme chooses changes a draw', () => {
  const draws = (rules: Programme) =>
    planned(snapshot(line(5)), rules).candidates.map(({ score }) => score?.draw);
  const other = programme(1, { name: 'two', profile: '1kv' });
  assert.deepEqual(draws(programme(1, { name: 'one' })), draws(other));
});
