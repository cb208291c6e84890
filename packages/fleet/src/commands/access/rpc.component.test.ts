import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harbour } from '../testing/fake-harbour.ts';

test('a call takes --json, as commands do, though JSON is all that it prints', async () => {
  const { fleet } = await harbour();
  const { code, stderr } = await fleet('access', 'rpc', 'nosuch-main-0', 'system_health', '--json');
  assert.equal(code, 2);
  assert.match(stderr, /nosuch-main-0/);
  assert.doesNotMatch(stderr, /unknown option/);
});
