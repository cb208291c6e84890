import assert from 'node:assert/strict';
import { hash as digestOf } from 'node:crypto';
import { test } from 'node:test';
import { type ChangeLink, canonicalJson, FIRST_PREV } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import {
  CHAIN,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  put,
  startPair,
  startServing,
} from '../testing/services.ts';
import { clockOf, START_MS } from '../testing/world.ts';

/** Each change has its hash and the one before, and the last of a chain alone is the newest. */
function whole(links: readonly ChangeLink[]): readonly ChangeLink[] {
  for (const [at, { change, hash, newest }] of links.entries()) {
    assert.equal(digestOf('sha256', canonicalJson(change)), hash);
    assert.equal(change.prev, change.version === 1 ? FIRST_PREV : links[at - 1]?.hash);
    assert.equal(newest, links[at + 1]?.change.version !== change.version + 1);
  }
  return links;
}

test('each change of a policy and of a token is in the chain with who and when, also after a restart', async (context) => {
  const store = memoryStore(context);
  const options = { operatorSecret: 'from-a-file' };
  const { permit, disk, stop } = await startServing(context, { store, options });
  await permit.applyPolicy(policyDocument(), 'ada');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'new' }, 'bob');
  await permit.freeze({ key: 'all', reason: 'a lost disk' }, 'carol');
  const { token, secret } = await permit.createToken({ role: 'node', name: 'd' }, 'dora');
  await permit.revokeToken(token.id, 'eve');
  await stop();
  const later = await startServing(context, { store, disk, options });
  await later.permit.liftFreeze({ key: KEY, reason: 'found' }, 'fred');
  const roster = [...policyDocument().roster, { name: 'c', rank: 2 }];
  await later.permit.applyPolicy(policyDocument({ roster }), 'gina');
  const all = whole(await later.permit.changes({}));
  const said = all.map(({ change: { version, by, policy, token } }) => {
    return `${version} ${by} ${policy?.mode ?? token?.revoked}`;
  });
  const tokens = '1 the operator token file false, 2 dora false, 3 eve true';
  const policies = '1 ada idle, 2 bob enforce, 3 carol frozen, 4 fred enforce, 5 gina enforce';
  assert.equal(said.join(', '), `${policies}, ${tokens}`);
  const times = all.slice(0, 5).map(({ change }) => change.atMs);
  assert.deepEqual([times, (times[0] ?? 0) >= START_MS], [times.toSorted(), true]);
  const { token: last } = all.at(-1)?.change ?? {};
  assert.deepEqual(last, { role: 'node', name: 'd', original: null, made: 2, revoked: true });
  assert.ok(![secret, token.id, 'from-a-file'].some((text) => JSON.stringify(all).includes(text)));
  assert.deepEqual(await later.permit.changes({ key: KEY }), all.slice(0, 5));
  assert.deepEqual(await later.permit.changes({ chain: KEY }), []);
  const { change, hash } = all.at(-1) ?? assert.fail();
  const circle = JSON.stringify({ ...change, prev: hash });
  await put(store, `changes/tokens/version/${hash}`, circle);
  assert.ok((await later.permit.changes({})).length > 5, 'the list of an edited store ends');
});

test('tokens that two services make at one moment are two changes, and a revoked one stays revoked', async (context) => {
  let between: (() => Promise<unknown>) | null = null;
  const seen = (inner: Store) =>
    fakeSeen(inner, async ({ writes }) => {
      const act = writes.some(({ key }) => key.startsWith('token/')) ? between : null;
      between = null;
      await act?.();
      return undefined;
    });
  const operatorSecret = 'from-a-file';
  const { first, second } = await startPair(context, {}, { seen, first: { options: { operatorSecret } } });
  const [operator] = await first.permit.tokens();
  between = () => first.permit.createToken({ role: 'reader', name: 'a' }, 'ada');
  await second.permit.createToken({ role: 'reader', name: 'b' }, 'bob');
  between = () => first.permit.revokeToken(operator?.id ?? '', 'ada');
  await second.permit.revokeToken(operator?.id ?? '', 'bob');
  const said = whole(await first.permit.changes({}))
    .slice(2)
    .map(({ change: { by, token } }) => `${by} ${token?.made} ${token?.revoked}`);
  assert.deepEqual(said, ['the operator token file 1 false', 'ada 2 false', 'bob 3 false', 'ada 1 true']);
});

test('claims are answered while chains are read', async (context) => {
  const { permit } = await startServing(context);
  for (let times = 0; times < 40; times++) await permit.applyPolicy(policyDocument(), 'ada');
  let pauses = 0;
  clockOf(context).sleep = async (ms) => {
    if (ms === 0) pauses += 1;
  };
  assert.equal(whole(await permit.changes({})).length, 40);
  assert.equal(pauses, 2);
});
