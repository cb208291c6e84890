import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceRecord } from '../ground/records.ts';
import { approved, removed } from './service-changes.ts';

const record = (state: ServiceRecord['state']): ServiceRecord => ({
  name: 'two',
  url: null,
  state,
  vouchedBy: null,
  reason: null,
});

test('an operator approves a service that joins, and no other', () => {
  const found = approved('id', record('joining'), 'it is new', 'op');
  assert.deepEqual(found, { ...record('serving'), vouchedBy: 'op', reason: 'it is new' });
  assert.throws(() => approved('id', record('serving'), 'x', 'op'), {
    code: 'service-serving',
    status: 409,
    message: 'service id serves already',
    remedy: 'To end a rollback report, release it: `watchbill rollback-report release ID --reason TEXT`.',
  });
  assert.throws(() => approved('id', record('removed'), 'x', 'op'), {
    code: 'service-removed',
    status: 409,
    message: 'service id was removed and stays removed',
    remedy: 'Start it with a new data directory instead.',
  });
});

test('a removed service keeps who approved it, and says who removed it', () => {
  const before = { ...record('serving'), vouchedBy: 'first' };
  assert.deepEqual(removed(before, 'its disk burnt', 'op'), {
    ...before,
    state: 'removed',
    reason: 'op: its disk burnt',
  });
});
