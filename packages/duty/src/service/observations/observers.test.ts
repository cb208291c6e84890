import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, refusal, startAdopted } from '../testing/services.ts';

test('a report of a stranger, or about a chain without a policy, is refused', async (context) => {
  const { permit } = await startAdopted(context);
  const report = (chain: string, observer: string) =>
    permit.observe({ chain, setId: '0', round: '1' }, observer);
  const remedy = 'List it in the roster or in ceilings.observers of a policy.';
  const why = (observer: string, chain: string) =>
    `403 not-observer: ${observer} is neither a listed node nor an observer of chain ${chain} | ${remedy}`;
  assert.equal(await refusal(report(CHAIN, 'stranger')), why('stranger', CHAIN));
  assert.equal(await refusal(report('0xc2', 'watcher')), why('watcher', '0xc2'));
  await report(CHAIN, 'watcher');
});
