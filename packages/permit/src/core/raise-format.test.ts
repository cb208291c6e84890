import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store, Transaction } from '@watchbill/store';
import { type CoreContext, createContext } from './context.ts';
import { encodeEpoch, holdEpoch } from './epoch.ts';
import type { LedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { raiseFormat } from './raise-format.ts';
import { encodeSession } from './session/record.ts';
import { memoryStore, put, silentMeter } from './testing/services.ts';
import { clockOf } from './testing/world.ts';

const OLD = encodeEpoch({ epoch: 'e1', format: 1 });
const NEW = encodeEpoch({ epoch: 'e1', format: 2 });
const [MINE, THEIRS] = [encodeSession('mine', 4n), encodeSession('theirs', 7n)];
const OLD_SESSION = '{"session":"5c","v":1}';

/** The service `one` in a ledger of format 1, with the service `two`, which has stopped. */
async function ground(
  context: TestContext,
  sessions: Record<string, string> = { one: MINE },
  change: (inner: Store) => Partial<Store> = () => ({}),
) {
  const inner = memoryStore(context);
  await put(inner, keys.epoch, OLD);
  for (const id of ['one', 'two']) await put(inner, keys.service(id), `service ${id}`);
  for (const [id, text] of Object.entries(sessions)) await put(inner, keys.session(id), text);
  const base: Store = { ...inner, ...change(inner) };
  const asked: (Transaction & { readonly timeoutMs: unknown })[] = [];
  const store: Store = {
    ...base,
    transact(transactions, options) {
      asked.push(...transactions.map((each) => ({ ...each, timeoutMs: options?.timeoutMs })));
      return base.transact(transactions, options);
    },
  };
  const done: unknown[] = [];
  const parts = {
    ...{ store, clock: clockOf(context), meter: silentMeter, ledger: { serviceId: 'one' } },
    log: { info: (event: object, text: string) => void done.push({ ...event, text }) },
    failpoint: async (name: string) => void done.push(name),
  };
  const options = { storeTimeoutMs: 2_000 } as CoreContext['options'];
  const core = createContext(parts as unknown as CoreContext['parts'], options);
  const identity = holdEpoch(OLD);
  const raise = (of = core) => raiseFormat(of, identity as LedgerIdentity, MINE);
  /** As in production: without places of failure. */
  const { failpoint: _failpoint, ...bare } = core.parts;
  const raiseBare = () => raise({ ...core, parts: bare });
  const stored = async () => Buffer.from((await inner.read([keys.epoch]))[0] ?? []).toString();
  return { inner, identity, raise, raiseBare, stored, asked, done };
}

const LOGGED = {
  event: 'format-raised',
  format: 2,
  text: 'every service runs this release: the ledger has format 2',
};

test('a ledger without a service of the last release is raised, under the records that were read', async (context) => {
  const { identity, raise, stored, asked, done } = await ground(context, { one: MINE, three: THEIRS });
  await raise();
  assert.deepEqual([await stored(), identity.format, identity.epochText], [NEW, 2, NEW]);
  assert.deepEqual(done.splice(0), ['before-raise', 'after-raise', LOGGED]);
  const [{ compares, timeoutMs } = assert.fail('no transaction')] = asked;
  assert.deepEqual(
    compares.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()]),
    [
      [keys.epoch, OLD],
      [keys.service('one'), 'service one'],
      [keys.session('one'), MINE],
      [keys.service('two'), 'service two'],
      [keys.session('two'), null],
    ],
  );
  assert.deepEqual([asked.length, timeoutMs], [1, 2_000]);
  await raise();
  assert.deepEqual([asked.length, done], [1, []], 'it has format 2');
  const other = await ground(context);
  await other.raiseBare();
  assert.deepEqual([await other.stored(), other.done], [NEW, [LOGGED]]);
});

test('a session of the last release keeps the format, unless it is the one that this service has left', async (context) => {
  const waiting = await ground(context, { one: MINE, two: OLD_SESSION });
  await waiting.raise();
  assert.deepEqual([await waiting.stored(), waiting.asked, waiting.done], [OLD, [], []]);
  const own = await ground(context, { one: OLD_SESSION });
  await own.raise();
  assert.deepEqual([await own.stored(), own.asked.length], [OLD, 1], 'the session that it compares is gone');
  const other = await ground(context, { one: MINE, two: THEIRS });
  await other.raise();
  assert.equal(await other.stored(), NEW);
});

test('a ledger that changed meanwhile, or an answer that is not certain, raises nothing here', async (context) => {
  for (const key of [keys.epoch, keys.service('two'), keys.session('two'), keys.session('one')]) {
    const { identity, raise, done } = await ground(context, undefined, (inner) => ({
      transact: async (transactions, options) => {
        await put(inner, key, 'another');
        return inner.transact(transactions, options);
      },
    }));
    await raise();
    assert.deepEqual([identity.format, done], [1, ['before-raise']], key);
  }
  const { identity, raise, done } = await ground(context, undefined, () => ({ transact: async () => [] }));
  await raise();
  assert.deepEqual([identity.format, done], [1, ['before-raise']]);
});
