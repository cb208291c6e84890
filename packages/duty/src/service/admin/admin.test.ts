import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { validatePolicy } from '../policy/validate.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  INCARNATION,
  KEY,
  memoryStore,
  policyDocument,
  put,
  seal,
  silentLog,
  startAdopted,
} from '../testing/services.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const BABE_ONLY = { duties: { babe: { enabled: true, digestRequired: true, window: 1 } } };

describe('the marks for people', () => {
  test('are those of the chain and the key that are asked for', async (context) => {
    const { permit } = await startAdopted(context, BABE_ONLY);
    await adoptOther(permit, ['a'], OTHER);
    const named = async (filter: { chain?: string; key?: string }) =>
      (await permit.marks(filter)).map(({ chain, key, duty }) => `${chain} ${key} ${duty}`);
    const own = `${CHAIN} ${KEY} babe`;
    const others = ['babe', 'beefy', 'grandpa', 'im-online'].map((duty) => `${CHAIN} ${OTHER} ${duty}`);
    assert.deepEqual((await named({})).sort(), [own, ...others]);
    assert.deepEqual(await named({ key: KEY }), [own]);
    assert.deepEqual((await named({ key: OTHER })).sort(), others);
    assert.equal((await named({ chain: CHAIN })).length, 5);
    assert.deepEqual(await named({ chain: `0x${'c2'.repeat(32)}` }), []);
    assert.deepEqual(await named({ chain: `0x${'c2'.repeat(32)}`, key: KEY }), []);
    assert.deepEqual(await named({ chain: CHAIN, key: `0x${'ee'.repeat(32)}` }), []);
  });

  test('show a digest with 0x, and none for a part without one', async (context) => {
    const { permit } = await startAdopted(context);
    await permit.observe({ chain: CHAIN, session: '1' }, 'watcher');
    await ask(permit, 'a', { digest: seal('01') });
    await ask(permit, 'a', { duty: 'im-online', unit: '1', part: 'heartbeat', digest: null });
    const marks = await permit.marks({});
    const recent = (duty: string) => marks.find((mark) => mark.duty === duty)?.recent;
    const owner = { node: 'a', incarnation: INCARNATION };
    assert.deepEqual(recent('babe'), [
      { unit: '1', ...owner, parts: [{ part: 'seal', digest: seal('01') }] },
    ]);
    assert.deepEqual(recent('im-online'), [
      { unit: '1', ...owner, parts: [{ part: 'heartbeat', digest: null }] },
    ]);
  });

  test('leave out records of duties that this service does not have', async (context) => {
    const { permit, store } = await startAdopted(context, BABE_ONLY);
    for (const key of [`${keys.marks}${CHAIN}/${KEY}/later`, `${keys.marks}${CHAIN}`])
      await put(store, key, '{}');
    assert.deepEqual(
      (await permit.marks({})).map(({ duty }) => duty),
      ['babe'],
    );
  });

  test('leave out a mark that is gone when it is read', async (context) => {
    const inner = memoryStore(context);
    let gone = false;
    const read: Store['read'] = async (wanted, options) => {
      const values = await inner.read(wanted, options);
      return values.map((value, at) => (gone && wanted[at]?.startsWith(keys.marks) ? null : value));
    };
    const { permit } = await startAdopted(context, BABE_ONLY, { store: { ...inner, read } });
    assert.equal((await permit.marks({})).length, 1);
    gone = true;
    assert.deepEqual(await permit.marks({}), []);
  });
});

test('a policy that is applied is logged, with its version and who applied it', async (context) => {
  const logged: unknown[] = [];
  const log = { ...silentLog, info: (event: object, words: string) => void logged.push([event, words]) };
  const { permit } = await startAdopted(context, BABE_ONLY, { parts: { log } });
  logged.length = 0;
  const { version } = await permit.applyPolicy(policyDocument(BABE_ONLY), 'ada');
  const event = { event: 'policy-applied', chain: CHAIN, key: KEY, version, by: 'ada' };
  assert.deepEqual(logged, [[event, `version ${version} of a policy is in force`]]);
});

test('a name is of one key, and not `all`', async (context) => {
  const { permit } = await startAdopted(context);
  const apply = (change: object) => permit.applyPolicy(policyDocument(change), 'ada');
  await apply({ name: 'alpha' });
  assert.equal((await apply({ name: 'alpha' })).name, 'alpha', 'the same key keeps it');
  const taken = { code: 'name-taken', status: 409, message: `the key ${KEY} is named alpha already` };
  await assert.rejects(apply({ key: OTHER, name: 'alpha' }), taken);
  await apply({});
  assert.equal((await apply({ key: OTHER, name: 'alpha' })).name, 'alpha', 'it is free again');
  const [problem] = validatePolicy(policyDocument({ name: 'all' }));
  assert.equal(problem?.path, 'name');
});
