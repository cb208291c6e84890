import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../../store/index.ts';
import { CHAIN, FIT_REPORT, KEY, memoryStore, startAdopted } from '../../testing/services.ts';
import { until } from '../../testing/world.ts';

test('however often a store asks to be read again, one reading is under way and a last one follows', async (context) => {
  const inner = memoryStore(context);
  let underWay = 0;
  let most = 0;
  let readings = 0;
  let held = Promise.resolve();
  const list: Store['list'] = async (prefix, page, options) => {
    if (prefix !== 'presence/') return inner.list(prefix, page, options);
    readings += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    const found = await inner.list(prefix, page, options);
    await held;
    underWay -= 1;
    return found;
  };
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 }, { store: { ...inner, list } });
  await permit.reportReadiness(FIT_REPORT, 'a');
  const with1 = inner.snapshot();
  const before = readings;
  await inner.transact([{ compares: [], writes: [{ key: `presence/${CHAIN}/${KEY}/a`, value: null }] }]);
  const without = inner.snapshot();
  const { promise, resolve: release } = Promise.withResolvers<void>();
  held = promise;
  for (let time = 0; time < 21; time++) inner.restore(time % 2 === 0 ? with1 : without);
  await until(context, () => underWay > 0, 'a reading to be under way');
  inner.restore(without);
  release();
  await until(
    context,
    async () => (await permit.watches({}))[0]?.live === false && underWay === 0,
    'the last state',
  );
  assert.equal(most, 1);
  assert.ok(readings - before <= 3, `${readings - before} readings`);
});
