import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from '../testing/fake-ledger.ts';

const service = {
  id: 's1',
  name: 'one',
  url: null,
  state: 'serving',
  live: true,
  self: true,
  vouchedBy: null,
  reason: null,
};
const answers = {
  'GET /v1/services': { status: 200, body: { services: [service] } },
  'POST /v1/services/s2/approve': { status: 204, body: null },
  'DELETE /v1/services/s2': { status: 204, body: null },
};

test('list, approve and remove print the result and send the reason', async (t) => {
  const { run, service: fake } = await scene(t, answers);
  assert.match((await run(['service', 'list'])).stdout, /s1 +one \(this\) +serving +yes/);
  const approved = await run(['service', 'approve', 's2', '--reason', 'new box']);
  assert.equal(approved.code, 0, approved.stderr);
  assert.equal(fake.seen.at(-1)?.path, '/v1/services/s2/approve');
  assert.deepEqual(fake.seen.at(-1)?.body, { reason: 'new box' });
  const removed = await run(['service', 'remove', 's2', '--reason', 'lost', '--json']);
  assert.deepEqual(JSON.parse(removed.stdout), { removed: 's2' });
  assert.deepEqual(fake.seen.at(-1)?.body, { reason: 'lost' });
});

test('a reason is demanded, and an id cannot leave its path', async (t) => {
  const { run, service: fake } = await scene(t, answers);
  assert.equal((await run(['service', 'approve', 's2'])).code, 2);
  assert.equal((await run(['service', 'remove', 's2'])).code, 2);
  assert.equal(fake.seen.length, 0);
  await run(['service', 'remove', '../tokens/x', '--reason', 'r']);
  assert.equal(fake.seen.at(-1)?.path, '/v1/services/..%2Ftokens%2Fx');
});
