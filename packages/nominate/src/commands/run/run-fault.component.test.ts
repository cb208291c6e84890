import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { world } from '../testing/fake-world.ts';

test('a port that is taken is not a mistake of the configuration: exit 1, a code, and the name of the setting', async (t) => {
  const { copy, refused } = await world();
  const port = await listening(createServer(), t);
  copy('nominate.yaml', 'taken.yaml', 'send: false', `send: false\nlisten: { port: ${port} }`);
  const ran = await refused(1, /code: +address-in-use/, 'run --config taken.yaml');
  assert.match(ran.stderr, /listen\.port/);
});
