import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('every kind of fault of the profile begins at 0, so that an alert sees the first one', async () => {
  const metrics = createMetrics({
    ...{ group: 'g', member: 'm', names: ['m', 'n'], actions: [], faults: ['leader-idleness'] },
    ...{ peers: () => [], refusals: () => new Map() },
  });
  const faults = async () =>
    (await metrics.text())
      .split('\n')
      .filter((line) => line.startsWith('watchbill_coordinate_faults_total{'));
  const line = 'watchbill_coordinate_faults_total{kind="leader-idleness",group="g",member="m"}';
  assert.deepEqual(await faults(), [`${line} 0`]);
  const fault = { kind: 'leader-idleness' };
  metrics.count({ kind: 'performed', effect: { kind: 'record-fault', window: 3n, fault } } as never);
  assert.deepEqual(await faults(), [`${line} 1`]);
});
