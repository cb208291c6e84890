import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { encodeRecord } from '../ground/records.ts';
import { CHAIN, contextOf, fakeLog, KEY, memoryStore } from '../testing/services.ts';
import { createSetRecords } from './sets.ts';

const CALLER = { chain: CHAIN, key: KEY, node: 'a' };
const OWN = keys.restartedSet(CHAIN, KEY, 'a');

function ground(context: TestContext, change: Partial<Store> = {}) {
  const store = memoryStore(context);
  const { log, events: warnings } = fakeLog('warn');
  const sets = createSetRecords(contextOf(context, { store: { ...store, ...change }, log }));
  const stored = async () => {
    const [found] = await store.read([OWN]);
    return found == null ? null : Buffer.from(found).toString();
  };
  return { store, sets, warnings, stored };
}

const setRecord = (set: string) => encodeRecord('set', { set });

test('a node is known in the set in which its rounds were seen to restart, and in no other', async (context) => {
  const { sets, stored } = ground(context);
  assert.equal(await sets.knows(CALLER, 4n), false, 'no restart was seen');
  await sets.restarted(CALLER, 4n);
  assert.deepEqual([await sets.knows(CALLER, 4n), await sets.knows(CALLER, 4n)], [true, true]);
  assert.equal(await sets.knows(CALLER, 5n), false);
  assert.equal(await stored(), setRecord('4'), 'a later set leaves the record');
  assert.equal(await sets.knows({ ...CALLER, node: 'b' }, 4n), false, 'another node');
});

test('a restart that may not be recorded is logged', async (context) => {
  const cause = new StoreFault('unavailable', 'no answer', 'nothing');
  for (const results of [[{ outcome: 'ambiguous', cause } as const], []]) {
    const transact: Store['transact'] = async (_transactions, options) => {
      assert.equal(options?.timeoutMs, 2_000, 'the budget of a call');
      return results;
    };
    const { sets, warnings } = ground(context, { transact });
    await sets.restarted(CALLER, 4n);
    assert.deepEqual(warnings, [{ event: 'set-unwritten', ...CALLER }]);
  }
  const { sets, warnings } = ground(context);
  await sets.restarted(CALLER, 4n);
  assert.deepEqual(warnings, []);
});
