import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawOf } from './draw.ts';
import { score1kv } from './profile-1kv.ts';
import { type ProfileFairRules, scoreFair } from './profile-fair.ts';
import { inputs } from './testing/inputs.ts';
import { WEIGHTS_FAIR } from './weights.ts';

const ERAS = Array.from({ length: 84 }, (_, i) => 2_117 + i);
const RULES: ProfileFairRules = {
  weights: WEIGHTS_FAIR,
  activeEra: 2_200,
  readEras: ERAS,
  draw: drawOf('fair'),
};
const W = WEIGHTS_FAIR.weights;

test('an unknown component gives half the weight and is named; 1kv gives an extreme', () => {
  const group = [
    inputs(0, { bonded: 5n }),
    inputs(1, { bonded: 9n }),
    inputs(2, { bonded: null, place: null, offlineMs: null, nominations: null }),
  ];
  const unknown = scoreFair(group, RULES)[2];
  for (const name of [
    'bonded',
    'location',
    'region',
    'country',
    'provider',
    'offline',
    'nominations',
  ] as const) {
    assert.equal(unknown?.components[name], W[name] / 2, name);
    assert.ok(unknown?.unknown.includes(name), name);
  }
  const old = score1kv(group, { ...RULES, bannedProviders: [] })[2];
  assert.deepEqual([old?.components.bonded, old?.components.offline], [0, W.offline]);
});

test('defect 7: no candidate is compared with unknown places', () => {
  const at = (city: string) => ({ place: { city, region: 'r', country: 'c', provider: 'p' } });
  const known = [inputs(0, at('a')), inputs(1, at('a')), inputs(2, at('b'))];
  const nowhere = Array.from({ length: 9 }, (_, n) => inputs(10 + n, { place: null }));
  const location = (group: typeof known, score: typeof scoreFair) =>
    score(group, RULES)
      .slice(0, 3)
      .map(({ components }) => components.location);
  assert.deepEqual(location([...known, ...nowhere], scoreFair), location(known, scoreFair));
  const old: typeof scoreFair = (group, rules) => score1kv(group, { ...rules, bannedProviders: [] });
  assert.notDeepEqual(
    location([...known, ...nowhere], old),
    location(known, old),
    'the reference had that flaw',
  );
});

test('defect 7: every component is scored over the population that is scored', () => {
  const group = [
    inputs(0, { nominations: 10 }),
    inputs(1, { nominations: 20 }),
    inputs(2, { nominations: null }),
  ];
  const parts = scoreFair(group, RULES).map(({ components }) => components.nominations);
  assert.deepEqual(parts, [0, W.nominations, W.nominations / 2]);
});

test('defect 21: inclusion is over the eras that were read; too few of them give unknown', () => {
  const read = ERAS.filter((era) => era % 2 === 0);
  const half = { ...RULES, readEras: read };
  const group = [inputs(0, { erasWithPoints: read }), inputs(1, { erasWithPoints: [] })];
  assert.deepEqual(
    scoreFair(group, half).map(({ components }) => components.inclusion),
    [0, W.inclusion],
  );
  const few = scoreFair(group, { ...RULES, readEras: ERAS.slice(0, 10) });
  assert.deepEqual(
    few.map(({ components }) => components.inclusion),
    [W.inclusion / 2, W.inclusion / 2],
  );
  assert.ok(few[0]?.unknown.includes('inclusion'));
});

test('defect 9: a node that is known by its name alone has no age to inherit', () => {
  const group = [
    inputs(0, { firstSeenMs: 1 }),
    inputs(1, { firstSeenMs: 9e11 }),
    inputs(2, { firstSeenMs: 0, isProven: false }),
  ];
  const [oldest, newest, squatter] = scoreFair(group, RULES).map(({ components }) => components.discovered);
  assert.deepEqual([oldest, newest, squatter], [W.discovered, 0, W.discovered / 2]);
});

test('defect 9: faults count, for as long as their eras are kept', () => {
  const group = [inputs(0), inputs(1, { faultEras: [2_150, 2_199] }), inputs(2, { faultEras: [2_116] })];
  assert.deepEqual(
    scoreFair(group, RULES).map(({ components }) => components.faults),
    [W.faults, 0, W.faults],
  );
});
