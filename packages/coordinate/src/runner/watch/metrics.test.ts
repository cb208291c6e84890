import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

const metricsOf = () =>
  createMetrics({
    ...{ group: 'g', member: 'm', names: ['m', 'n'], quorum: 2, actions: [], faults: [] },
    ...{ peers: () => [], refusals: () => new Map() },
  });

test('an event of any profile sets the lease and its end', async () => {
  const metrics = metricsOf();
  const gauges = async () =>
    [...(await metrics.text()).matchAll(/^watchbill_coordinate_(lease_\w+|quorum)\{.*\} (\d+)$/gm)].map(
      ([, name, value]) => `${name} ${value}`,
    );
  const stepped = (execution: unknown) =>
    metrics.count({ kind: 'stepped', state: { cursor: { execution } } } as never);
  stepped({ startBlock: 900n, expiryBlock: 1_500n });
  assert.deepEqual((await gauges()).sort(), ['lease_end 1500', 'lease_start 900', 'quorum 2']);
  stepped(null);
  assert.deepEqual((await gauges()).sort(), ['lease_end 0', 'lease_start 0', 'quorum 2']);
});

test('another process with the own key is a gauge that stays', async () => {
  const metrics = metricsOf();
  const value = async () =>
    /^watchbill_coordinate_own_key_elsewhere\{.*\} (\d)$/m.exec(await metrics.text())?.[1];
  assert.equal(await value(), '0');
  for (const code of ['own-key-elsewhere', 'peer-gone']) metrics.note({ code, text: '' });
  assert.equal(await value(), '1');
});
