import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { CHAIN, contextOf, fakeLog, KEY, memoryStore } from '../testing/services.ts';
import { createSetRecords } from './sets.ts';

const CALLER = { chain: CHAIN, key: KEY, node: 'a' };

test('a restart that may not be recorded is logged', async (context) => {
  const cause = new StoreFault('unavailable', 'no answer', 'nothing');
  for (const results of [[{ outcome: 'ambiguous', cause } as const], []]) {
    const transact: Store['transact'] = async (_transactions, options) => {
      assert.equal(options?.timeoutMs, 2_000, 'the budget of a call');
      return results;
    };
    const { log, events: warnings } = fakeLog('warn');
    const store = { ...memoryStore(context), transact };
    await createSetRecords(contextOf(context, { store, log })).restarted(CALLER, 4n);
    assert.deepEqual(warnings, [{ event: 'set-unwritten', ...CALLER }]);
  }
});
