import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawOf } from './draw.ts';
import type { ScoreInputs } from './inputs.ts';
import { type Profile1kvRules, score1kv } from './profile-1kv.ts';
import { inputs } from './testing/inputs.ts';
import {
  COMPONENTS,
  type Components,
  WEIGHTS_1KV_PRODUCTION,
  type Weights,
  weightsAsReference,
  weightsShape,
} from './weights.ts';

const RULES: Profile1kvRules = {
  weights: WEIGHTS_1KV_PRODUCTION,
  activeEra: 2_200,
  bannedProviders: ['Bad'],
  draw: () => 0,
};

function only(name: string): Weights {
  const zero = Object.fromEntries(COMPONENTS.map((one) => [one, one === name ? 100 : 0]));
  return weightsShape.parse({ version: name, weights: zero });
}

test('equal to the last bit to the result of another program with the same formulas', () => {
  const text = readFileSync(new URL('../../vectors/score-1kv.jsonl', import.meta.url), 'utf8');
  const vectors = JSON.parse(text) as {
    weights: Weights['weights'];
    activeEra: number;
    bannedProviders: string[];
    groups: {
      candidates: (ScoreInputs & { bonded: string | null; draw: number })[];
      scores: { components: Components; aggregate: number; total: number }[];
    }[];
  };
  let compared = 0;
  for (const { candidates, scores } of vectors.groups) {
    const draws = new Map(candidates.map(({ stashKey, draw }) => [stashKey, draw]));
    const found = score1kv(
      candidates.map((one) => ({ ...one, bonded: one.bonded === null ? null : BigInt(one.bonded) })),
      {
        ...vectors,
        weights: { version: 'vectors', weights: vectors.weights },
        draw: (key) => draws.get(key) ?? Number.NaN,
      },
    );
    for (const [at, { components, aggregate, total }] of scores.entries()) {
      assert.deepEqual(found[at]?.components, components);
      assert.ok(Object.is(found[at]?.aggregate, aggregate) && Object.is(found[at]?.total, total));
      compared += 1;
    }
  }
  assert.equal(compared, 53);
});

test('a weight of 0 switches a component off; the old reader of configurations made the default of it', () => {
  const group = [0n, 10n].map((bonded, n) => inputs(n, { bonded }));
  for (const { components } of score1kv(group, { ...RULES, weights: only('nothing') })) {
    assert.ok(Object.values(components).every((value) => value === 0));
  }
  const compat = weightsAsReference({ bonded: 0, rank: '7', client: 'x' }).weights;
  assert.deepEqual([compat.bonded, compat.rank, compat.client], [50, 7, 200]);
});

test('defect 4: the draw comes from the seed: the same seed gives the same total, another one another', () => {
  const group = [1, 2, 3].map((n) => inputs(n, { bonded: BigInt(n) }));
  const totals = (seed: string) =>
    score1kv(group, { ...RULES, draw: drawOf(seed) }).map(({ total }) => total);
  assert.deepEqual(totals('aa'), totals('aa'));
  assert.notDeepEqual(totals('aa'), totals('bb'));
  for (const { aggregate, total } of score1kv(group, { ...RULES, draw: drawOf('aa') })) {
    assert.ok(total >= aggregate && total < aggregate * 1.15);
  }
});

test('a draw depends on seed and candidate alone', () => {
  assert.equal(drawOf('seed')('0x01'), 0.6159477390368104);
  fc.assert(
    fc.property(fc.string(), fc.string(), (seed, key) => {
      const draw = drawOf(seed)(key);
      assert.ok(draw >= 0 && draw < 1 && draw === drawOf(seed)(key));
    }),
  );
});

test('with any unknown or absurd values, every score is a number', () => {
  const one = fc.record({
    firstSeenMs: fc.option(fc.nat()),
    erasWithPoints: fc.option(fc.array(fc.nat(5_000))),
    rank: fc.nat(),
    bonded: fc.option(fc.bigInt(0n, 2n ** 128n - 1n)),
    nominations: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })),
    unclaimedCount: fc.option(fc.nat(84)),
    offlineMs: fc.option(fc.nat()),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), (changes) => {
      const group = changes.map((change, n) => inputs(n, change));
      for (const { total, components } of score1kv(group, { ...RULES, draw: drawOf('x') })) {
        assert.ok(Number.isFinite(total) && Object.values(components).every(Number.isFinite));
      }
    }),
  );
});
