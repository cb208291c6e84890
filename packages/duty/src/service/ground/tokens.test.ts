import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { tokenRequest } from '../shapes/admin.ts';
import {
  contextOf,
  fakeDeaf,
  fakeLog,
  fakeSeen,
  memoryStore,
  refusal,
  startService,
} from '../testing/services.ts';
import { clockOf, START_MS } from '../testing/world.ts';
import { createTokenBook } from './tokens.ts';

test('a token is shown with its id, role, name, key and age; its secret is 32 random bytes', async (context) => {
  const { permit } = await startService(context);
  const original = { chain: '0xc1', key: '0xab' };
  const { token, secret } = await permit.createToken({ role: 'node', name: 'a', original }, 'test');
  assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
  const { id, createdMs, ...rest } = token;
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.ok(createdMs >= START_MS && createdMs <= clockOf(context).nowMs());
  assert.deepEqual(rest, { role: 'node', name: 'a', original });
  assert.deepEqual([permit.identify(secret), await permit.tokens()], [token, [token]]);
  assert.equal(permit.identify('another secret'), null);
  const other = await permit.createToken({ role: 'reader', name: 'b' }, 'test');
  assert.equal(other.token.original, null);
  assert.notEqual(other.secret, secret);
});

test('a revoked token leaves the others as they are', async (context) => {
  const { permit } = await startService(context);
  const one = await permit.createToken({ role: 'node', name: 'a' }, 'test');
  const two = await permit.createToken({ role: 'node', name: 'a' }, 'test');
  await permit.revokeToken(two.token.id, 'test');
  assert.deepEqual([permit.identify(one.secret), permit.identify(two.secret)], [one.token, null]);
  assert.deepEqual(await permit.tokens(), [one.token]);
  const unknown = `404 token-unknown: there is no token ${two.token.id} | List them with \`watchbill token list\`.`;
  assert.equal(await refusal(permit.revokeToken(two.token.id, 'test')), unknown);
});

test('making and revoking a token is logged, without its secret', async (context) => {
  const { log, events: logged } = fakeLog('info');
  const { permit } = await startService(context, { parts: { log } });
  logged.length = 0;
  const { token, secret } = await permit.createToken({ role: 'node', name: 'a' }, 'ada');
  await permit.revokeToken(token.id, 'bob');
  const events = logged.filter(({ event }) => String(event).startsWith('token'));
  assert.deepEqual(events, [
    { event: 'token-created', tokenId: token.id, role: 'node', name: 'a', by: 'ada' },
    { event: 'token-revoked', tokenId: token.id, by: 'bob' },
  ]);
  assert.ok(!JSON.stringify(logged).includes(secret));
});

test('a name has 1 to 63 lower-case letters, digits, dots, dashes and underscores, and begins with one of the first two', () => {
  const isName = (name: string) => tokenRequest.safeParse({ role: 'node', name }).success;
  for (const name of ['a', '0', 'a.b-c_d', 'a'.repeat(63)]) assert.equal(isName(name), true, name);
  for (const name of ['', '-a', '.a', '_a', 'A', 'a b', 'aB', 'a'.repeat(64), 'a\n', ' a', 'é'])
    assert.equal(isName(name), false, JSON.stringify(name));
});

test('a token that may not be recorded is not handed out, and one that may still be valid is not called revoked', async (context) => {
  let doubts = false;
  const cause = new StoreFault('unavailable', 'no answer', 'nothing');
  const store = fakeSeen(memoryStore(context), ({ writes }) => {
    if (!doubts || !writes.some(({ key }) => key.startsWith('token/'))) return undefined;
    return Promise.resolve({ outcome: 'ambiguous', cause });
  });
  const { permit } = await startService(context, { store });
  const { token, secret } = await permit.createToken({ role: 'node', name: 'a' }, 'test');
  doubts = true;
  const created = await refusal(permit.createToken({ role: 'node', name: 'b' }, 'test'));
  assert.equal(created, '503 store-unavailable: the token was not recorded | Ask again.');
  const revoked = await refusal(permit.revokeToken(token.id, 'test'));
  assert.equal(revoked, '503 store-unavailable: it is not certain that the token was revoked | Ask again.');
  assert.deepEqual([permit.identify(secret), await permit.tokens()], [token, [token]]);
});

test("the operator's token is recorded once, when its file is new", async (context) => {
  const store = memoryStore(context);
  const options = { operatorSecret: 'from-a-file' };
  const first = await startService(context, { store, options });
  const [before] = await first.permit.tokens();
  assert.deepEqual([before?.role, before?.name, before?.original], ['operator', 'operator', null]);
  await clockOf(context).sleep(1_000);
  const again = await startService(context, { store, options });
  assert.deepEqual(await again.permit.tokens(), [before]);
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

/** A token book alone, over this store. */
async function bookOver(context: TestContext, store: Store, operatorSecret: string | null = null) {
  return createTokenBook(contextOf(context, { store }, { operatorSecret }));
}

test('a token is known at once, and recorded within the budget of a call with who made it', async (context) => {
  const inner = memoryStore(context);
  const budgets: (number | undefined)[] = [];
  const transact: Store['transact'] = (transactions, options) => {
    budgets.push(options?.timeoutMs);
    return inner.transact(transactions, options);
  };
  const book = await bookOver(context, { ...fakeDeaf(inner), transact }, 'from-a-file');
  const { secret } = await book.create({ role: 'reader', name: 'b' }, 'ada');
  assert.deepEqual([book.identify(secret)?.name, book.identify('from-a-file')?.name], ['b', 'operator']);
  assert.deepEqual(budgets, [2_000, 2_000]);
  const { records } = await inner.list('token/');
  const makers = records.map(({ value }) => JSON.parse(Buffer.from(value).toString()).by).sort();
  assert.deepEqual(makers, ['ada', 'the operator token file']);
});

test('two services that begin with one operator token record it once', async (context) => {
  const store = memoryStore(context);
  const books = await Promise.all([1, 2].map(() => bookOver(context, store, 'from-a-file')));
  assert.deepEqual(books[0]?.all(), books[1]?.all());
  assert.equal((await store.list('changes/tokens/version/')).records.length, 1);
});

test('without a result of the store a token is not handed out', async (context) => {
  const book = await bookOver(context, { ...memoryStore(context), transact: async () => [] });
  const refused = book.create({ role: 'reader', name: 'b' }, 'ada');
  await assert.rejects(refused, { code: 'store-unavailable' });
});

test('a token book that was stopped follows no change', async (context) => {
  const store = memoryStore(context);
  const [one, two] = [await bookOver(context, store), await bookOver(context, store)];
  one.stop();
  const { secret } = await two.create({ role: 'reader', name: 'b' }, 'ada');
  await clockOf(context).sleep(1_000);
  assert.deepEqual([one.identify(secret), two.identify(secret)?.name], [null, 'b']);
});
