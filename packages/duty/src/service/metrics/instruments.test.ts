import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './catalogue.ts';
import { counter, gauge, histogram } from './instruments.ts';

const label = fc.constantFrom('babe', 'a b', 'quote"', 'back\\slash', 'line\nfeed', '');

test('plain numbers are shown as prom-client shows its own', async () => {
  const calls = fc.array(
    fc.record({
      labels: fc.tuple(label, label),
      value: fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.constantFrom(0, 0.0005, 0.05, 30)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(calls, async (all) => {
      const own = new Registry();
      const theirs = new Registry();
      const made = [
        counter(own, 'rejected'),
        counter(own, 'ledgerEntries'),
        histogram(own, 'storeSeconds'),
        histogram(own, 'ledgerSeconds'),
        gauge(own, 'inFlight'),
      ] as const;
      const known = [
        new Counter(configOf('rejected', theirs)),
        new Counter(configOf('ledgerEntries', theirs)),
        new Histogram({ ...configOf('storeSeconds', theirs), buckets: [...METRICS.storeSeconds.buckets] }),
        new Histogram({ ...configOf('ledgerSeconds', theirs), buckets: [...METRICS.ledgerSeconds.buckets] }),
        new Gauge(configOf('inFlight', theirs)),
      ] as const;
      for (const { labels, value } of all) {
        const [first] = labels;
        made[0].add([first]);
        known[0].labels(first).inc();
        made[1].add([], value);
        known[1].inc(value);
        made[2].observe(labels, value);
        known[2].labels(...labels).observe(value);
        made[3].observe([], value);
        known[3].observe(value);
        made[4].set([], value);
        known[4].set(value);
      }
      assert.equal(await own.metrics(), await theirs.metrics());
    }),
  );
});

function configOf(name: keyof typeof METRICS, registry: Registry) {
  const { name: metric, help, labels } = METRICS[name];
  return { name: metric, help, labelNames: [...labels], registers: [registry] };
}
