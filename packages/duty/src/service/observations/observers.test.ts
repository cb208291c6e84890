import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '../claim/testing/claim.ts';
import { PermitFault } from '../contract.ts';
import { CHAIN, policyDocument, refusal, startAdopted } from '../testing/services.ts';
import { mayObserve, mustObserve, namesOf } from './observers.ts';

const ceilings = { ...policyDocument().ceilings, observers: ['watcher', 'b'] };
const POLICY = policyOf({ ceilings });

test('the listed nodes and the observers of a policy may report, each named once', () => {
  assert.deepEqual(namesOf(POLICY), ['a', 'b', 'watcher']);
  const may = ['a', 'b', 'watcher', 'stranger'].map((name) => mayObserve(POLICY, name));
  assert.deepEqual(may, [true, true, true, false]);
});

test('a name that any policy of the chain lists may report about it, and about no other chain', () => {
  const second = policyOf({ key: '0x02', roster: [{ name: 'c', rank: 0 }] });
  const other = policyOf({ chain: '0xc2', roster: [{ name: 'd', rank: 0 }] });
  const policies = [POLICY, second, other];
  const may = (chain: string, name: string, of = policies) => {
    try {
      mustObserve(chain, name, of);
      return true;
    } catch (error) {
      assert.ok(error instanceof PermitFault);
      return false;
    }
  };
  for (const name of ['a', 'watcher', 'c']) assert.equal(may(CHAIN, name), true, name);
  assert.deepEqual([may(CHAIN, 'd'), may('0xc2', 'd'), may('0xc2', 'a')], [false, true, false]);
  assert.equal(may(CHAIN, 'c', [POLICY, other]), false, 'another list is read anew');
});

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
