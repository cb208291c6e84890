import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryStore, startService, startServing } from '../testing/services.ts';

test('a token is known by its secret, listed without it, and revoked for good', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startServing(context, { store });
  const { token, secret } = await permit.createToken({ role: 'node', name: 'a' }, 'test');
  assert.equal(permit.identify(secret)?.name, 'a');
  assert.equal(JSON.stringify(await permit.tokens()).includes(secret), false);
  await permit.revokeToken(token.id, 'test');
  assert.equal(permit.identify(secret), null);
  assert.deepEqual(await permit.tokens(), []);
  await assert.rejects(permit.revokeToken(token.id, 'test'), { code: 'token-unknown' });
});

test('an operator token that was revoked does not come back with the file that still holds it', async (context) => {
  const store = memoryStore(context);
  const operatorSecret = 'from-a-file';
  const first = await startService(context, { store, options: { operatorSecret } });
  const [token] = await first.permit.tokens();
  assert.equal(first.permit.identify(operatorSecret)?.role, 'operator');
  await first.permit.revokeToken(token?.id ?? '', 'test');
  const again = await startService(context, { store, options: { operatorSecret } });
  assert.equal(again.permit.identify(operatorSecret), null);
});

test('names and roles that make no sense are refused', async (context) => {
  const { permit } = await startService(context);
  await assert.rejects(permit.createToken({ role: 'node', name: 'A B' }, 'test'), { code: 'malformed' });
  const original = { chain: '0x00', key: '0x00' };
  await assert.rejects(permit.createToken({ role: 'reader', name: 'a', original }, 'test'), {
    code: 'malformed',
  });
});
