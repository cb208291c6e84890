import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { counter, gauge, histogram, metricTable, unreadMetrics } from './metric-table.ts';
import { openMetrics } from './open-metrics.ts';

const BOUNDS = [0.0005, 0.05, 30];
const TABLE = metricTable({
  refused: counter('watchbill_refused_total', 'Refused.', ['code']),
  seconds: histogram('watchbill_seconds', 'A \\ "store".', BOUNDS, ['call', 'code']),
  live: gauge('watchbill_live', 'Live nodes.', ['code']),
});
const label = fc.constantFrom('babe', 'a b', 'quote"', 'back\\slash', 'line\nfeed', '');
const value = fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.constantFrom(0, 0.0005, 0.05, 30));

test('plain numbers are shown as prom-client shows its own', async () => {
  const property = fc.asyncProperty(fc.array(fc.tuple(label, label, value)), async (all) => {
    const { seconds } = TABLE;
    const { series, text } = openMetrics({ seconds });
    const registry = new Registry();
    const { name, help, labels, buckets } = seconds;
    const config = { labelNames: [...labels], buckets: [...buckets], registers: [registry] };
    const theirs = new Histogram({ name, help, ...config });
    for (const [call, code, took] of all) {
      series.seconds.observe({ call, code }, took);
      theirs.labels(call, code).observe(took);
    }
    assert.equal(await text(), await registry.metrics());
  });
  await fc.assert(property);
});

test('counters drop a flood of labels; samples replace gauges; unread series are found', async () => {
  const { series, replace, text } = openMetrics(TABLE, { mostChildren: 2 });
  for (const code of ['a', 'b', 'c']) series.refused.add({ code });
  series.live.set({ code: 'old' }, 1);
  const sample = { metric: 'live', labels: { code: 'new' }, value: 2 } as const;
  replace(['live'], [sample, sample]);
  const lines = (await text()).match(/^watchbill_(refused|live).*/gm);
  const refused = ['a', 'b'].map((code) => `watchbill_refused_total{code="${code}"} 1`);
  assert.deepEqual(lines, [...refused, 'watchbill_live{code="new"} 4']);
  const texts = ['rate(watchbill_seconds_bucket[5m])', 'watchbill_live_other'];
  assert.deepEqual(unreadMetrics(TABLE, texts), ['watchbill_refused_total', 'watchbill_live']);
});
