import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hexOf, type NodeRpc, storageKey } from '@watchbill/chain';
import { sessionKeySets } from './chain-keys.ts';
import { rotatedOut } from './rotated-out.ts';

const key = (byte: string) => `0x${byte.repeat(32)}`;
/** Two keys of 32 bytes: GRANDPA, then BABE. */
const set = (gran: string, babe: string) => `0x${gran.repeat(32)}${babe.repeat(32)}`;
const ACCOUNT = '99'.repeat(32);
const HASH = `0x${'ff'.repeat(32)}`;

interface World {
  readonly holds: readonly string[];
  readonly current: readonly string[];
  readonly next: readonly string[];
  readonly queued: readonly string[];
  readonly change?: Readonly<Record<string, unknown>>;
}

const list = (items: readonly string[]) =>
  `0x${Buffer.from([items.length << 2]).toString('hex')}${items.join('')}`;

/** A node of a chain with such keys. */
function fakeNode({ holds, current, next, queued, change }: World): NodeRpc {
  const answers: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    system_nodeRoles: () => ['Authority'],
    system_health: () => ({ peers: 1, isSyncing: false }),
    chain_getFinalizedHead: () => HASH,
    chain_getHeader: () => ({ number: '0x64', parentHash: HASH, digest: { logs: [] } }),
    state_getRuntimeVersion: () => ({ apis: [['0xed99c5acb25eedf5', 1]] }),
    state_call: ([api, argument]) => {
      if (api === 'SessionKeys_decode_session_keys') {
        const bytes = Buffer.from(String(argument).slice(2), 'hex').subarray(2).toString('hex');
        const one = (from: number, type: string) =>
          `80${bytes.slice(from, from + 64)}${Buffer.from(type).toString('hex')}`;
        return `0x01${list([one(0, 'gran'), one(64, 'babe')]).slice(2)}`;
      }
      return list(current.map((one) => `${one.slice(2)}0100000000000000`));
    },
    state_getKeysPaged: () => next.map((_, at) => `0x0${at}`),
    state_queryStorageAt: () => [{ changes: next.map((value, at) => [`0x0${at}`, value]) }],
    state_getStorage: ([at]) =>
      at === storageKey('Session', 'QueuedKeys') && queued.length > 0
        ? list(queued.map((one) => `${ACCOUNT}${one.slice(2)}`))
        : null,
    author_hasKey: ([one]) => holds.includes(String(one)),
  };
  return {
    address: 'ws://fake',
    call: async <T>(method: string, params: readonly unknown[] = []) => {
      if (change !== undefined && method in change) {
        const value = change[method];
        if (value instanceof Error) throw value;
        return value as T;
      }
      const answer = answers[method];
      if (answer === undefined) throw new Error(`no ${method}`);
      return answer(params) as T;
    },
    subscribe: () => Promise.reject(new Error('no subscriptions')),
    close: () => undefined,
  };
}

const OUT: World = {
  holds: [key('0a'), key('0b')],
  current: [key('11')],
  next: [set('11', '12'), set('21', '22')],
  queued: [set('31', '32')],
};

test('a signer none of whose keys the chain knows is out', async () => {
  assert.deepEqual(await rotatedOut(fakeNode(OUT)), { state: 'out' });
  assert.deepEqual(await rotatedOut(fakeNode({ ...OUT, holds: [] })), { state: 'out' });
});

describe('one key is enough to be in use', () => {
  for (const [where, held] of [
    ['in the current set', '11'],
    ['queued or registered', '22'],
    ['queued or registered', '31'],
    ['queued or registered', '32'],
  ] as const)
    test(`${held}: ${where}`, async () => {
      const found = await rotatedOut(fakeNode({ ...OUT, holds: [key(held)] }));
      assert.ok(found.state === 'in-use' && found.why.includes(where), JSON.stringify(found));
    });
});

describe('an unreadable fact is unknown, and never out', () => {
  const cases: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'a node that never signs': { system_nodeRoles: ['Full'] },
    'a node that syncs': { system_health: { peers: 1, isSyncing: true } },
    'a node without an answer': { system_health: new Error('timeout') },
    'a node that refuses to speak of keys': { author_hasKey: new Error('unsafe') },
    'a node that says neither yes nor no': { author_hasKey: 'maybe' },
    'a chain without authorities': { state_getRuntimeVersion: { apis: [] } },
    'keys that were asked for and not sent': { state_queryStorageAt: [{ changes: [] }] },
    'unreadable queued keys': { state_getStorage: '0x0800' },
  };
  for (const [name, change] of Object.entries(cases))
    test(name, async () => {
      assert.equal((await rotatedOut(fakeNode({ ...OUT, change }))).state, 'unknown');
    });
});

test('key sets are those that are registered and those that are queued, each once', async () => {
  const sets = await sessionKeySets(fakeNode({ ...OUT, queued: [set('31', '32'), set('11', '12')] }), HASH);
  assert.deepEqual(sets, [set('11', '12'), set('21', '22'), set('31', '32')]);
  assert.equal(hexOf(new Uint8Array([1])), '0x01');
});
