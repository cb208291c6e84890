import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreFault } from './port.ts';

test('a fault carries its code, its remedy and its cause', () => {
  const cause = new Error('socket closed');
  const fault = new StoreFault('unavailable', 'no answer', 'ask again', cause);
  assert.deepEqual(
    [fault.name, fault.code, fault.message, fault.remedy, fault.cause],
    ['StoreFault', 'unavailable', 'no answer', 'ask again', cause],
  );
});

test('a fault without a cause has none, not an undefined one', () => {
  assert.equal('cause' in new StoreFault('closed', 'the store is closed', 'open it again'), false);
});
