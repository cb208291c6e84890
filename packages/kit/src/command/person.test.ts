import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { personOf } from './person.ts';

test('behind sudo, the person is named beside the user', () => {
  const { username } = userInfo();
  assert.equal(personOf({ env: {} }), username);
  assert.equal(personOf({ env: { SUDO_USER: '' } }), username);
  assert.equal(personOf({ env: { SUDO_USER: username } }), username);
  assert.equal(personOf({ env: { SUDO_USER: 'someone-else' } }), `someone-else as ${username}`);
});
