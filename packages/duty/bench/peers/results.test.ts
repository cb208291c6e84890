import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMet } from '@watchbill/testkit/bench/budgets';
import { budgetsOf } from './budgets.ts';
import { figureLines, ratioLines } from './lines.ts';
import {
  type Figures,
  figureOver,
  PHASES,
  type Round,
  rate,
  ratioOver,
  readResults,
  SERVICES,
  type ServiceName,
} from './results.ts';

const PLAIN: Figures = {
  samples: 100,
  perSecond: 1_000,
  p50Ms: 2,
  p99Ms: 8,
  serviceUs: 100,
  storeUs: 50,
  writtenBytes: 4_000,
  serviceMb: 90,
  storeMb: 30,
};

/** A round in which every service has the same figures, but for some. */
function roundOf(others: Partial<Record<ServiceName, Partial<Figures>>>): Round {
  const services = Object.fromEntries(SERVICES.map((name) => [name, { ...PLAIN, ...others[name] }]));
  return Object.fromEntries(PHASES.map(({ name }) => [name, services])) as Round;
}

test('ratios are made in each round, before their quartiles', () => {
  const rounds = [
    roundOf({ 'watchbill-sqlite': { perSecond: 100 }, postgres: { perSecond: 100 } }),
    roundOf({ 'watchbill-sqlite': { perSecond: 900 }, postgres: { perSecond: 300 } }),
    roundOf({ 'watchbill-sqlite': { perSecond: 200 }, postgres: { perSecond: 100 } }),
  ];
  assert.deepEqual(ratioOver({ rounds }, 'c64', ['watchbill-sqlite', 'postgres'], rate), {
    low: 1.5,
    middle: 2,
    high: 2.5,
  });
  assert.equal(figureOver({ rounds }, 'c64', 'postgres', rate).middle, 100);
});

const failing = (others: Parameters<typeof roundOf>[0]): readonly string[] =>
  budgetsOf({ rounds: [roundOf(others)] })
    .filter((budget) => !isMet(budget))
    .map(({ name }) => name);

test('each budget can be met and missed', () => {
  const good = { 'watchbill-sqlite': { perSecond: 2_000 } };
  assert.deepEqual(failing(good), []);
  const missed = (figures: Partial<Figures>) =>
    failing({ 'watchbill-sqlite': { ...good['watchbill-sqlite'], ...figures } });
  assert.deepEqual(missed({ perSecond: 1_900 }), ['rate64ToPostgres', 'rate256ToPostgres']);
  assert.deepEqual(missed({ p50Ms: 2.2 }), ['openP50ToPostgres']);
  assert.deepEqual(missed({ p50Ms: 2.4 }), ['p50ToTwoLogs', 'openP50ToPostgres']);
  assert.deepEqual(missed({ p99Ms: 8.1 }), ['openP99ToPostgres']);
  assert.deepEqual(missed({ serviceUs: 201 }), ['serviceProcessorToHttp']);
  assert.deepEqual(missed({ writtenBytes: 8_001 }), ['bytesToPostgres']);
  assert.deepEqual(failing({ ...good, logs: { perSecond: 3_400 } }), ['rate64ToTwoLogs', 'rate256ToTwoLogs']);
  assert.deepEqual(failing({ ...good, 'watchbill-etcd': { serviceUs: 201 } }), [
    'etcdServiceProcessorToHttp',
  ]);
});

test('the lines for the terminal name every service in every phase', () => {
  const rounds = [roundOf({})];
  for (const lines of [figureLines({ rounds }), ratioLines({ rounds })])
    for (const name of SERVICES.filter((service) => service !== 'watchbill-sqlite'))
      assert.equal(lines.filter((line) => line.startsWith(`${name} `)).length, PHASES.length, name);
});

test('saved results need every figure of every service', () => {
  const results = { rounds: [roundOf({}), roundOf({})] };
  assert.deepEqual(readResults(results, 'r.json'), results);
  assert.throws(() => readResults({ rounds: [] }, 'r.json'), /r\.json has no rounds/);
  const { storeUs: _, ...old } = PLAIN;
  const rounds = [roundOf({}), { ...roundOf({}), c64: { ...roundOf({}).c64, etcd: old } }];
  assert.throws(
    () => readResults({ rounds }, 'r.json'),
    /r\.json: rounds\[1\]\.c64\.etcd has no storeUs; take them again/,
  );
});
