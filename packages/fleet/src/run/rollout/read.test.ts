import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeRpc } from '@watchbill/chain';
import { createVirtualClock } from '@watchbill/kit/testing';
import { readingBook, readNode } from './read.ts';
import { markOf } from './signed.ts';

const HASH = `0x${'ff'.repeat(32)}`;
const SET = `0x${'aa'.repeat(32)}`;

interface Said {
  readonly holds: boolean;
  /** Voters that did not vote in round 9. */
  readonly missing: number;
  /** The round state is from so long before the question. */
  readonly ageMs?: number;
}

/** A node of a chain of one GRANDPA authority, which is the one that is read. */
function fakeNode(said: () => Said, broken: readonly string[] = []): NodeRpc {
  const authority = `0x04${'aa'.repeat(32)}0100000000000000`;
  // The public key of the authority as an address.
  const voter = '5FvUhL6sQ5egLAvnyiY1n7gTuhmYg9sD3oJbvASWkpNULt3n';
  const round = (): unknown => ({
    round: 9,
    prevotes: { missing: said().missing > 0 ? [voter] : [] },
    precommits: { missing: said().missing > 0 ? [voter] : [] },
  });
  const answers: Readonly<Record<string, () => unknown>> = {
    chain_getBlockHash: () => HASH,
    chain_getFinalizedHead: () => HASH,
    chain_getHeader: () => ({ number: '0x64', parentHash: HASH, digest: { logs: [] } }),
    system_health: () => ({ peers: 3, isSyncing: false }),
    system_version: () => '1.0.0',
    state_getRuntimeVersion: () => ({ specVersion: 7, apis: [['0xed99c5acb25eedf5', 1]] }),
    state_call: () => authority,
    state_getKeysPaged: () => ['0x01'],
    state_queryStorageAt: () => [{ changes: [['0x01', SET]] }],
    state_getStorage: () => null,
    author_hasSessionKeys: () => said().holds,
    grandpa_roundState: () => ({ setId: 1, best: round(), background: [], ageMs: said().ageMs }),
  };
  return {
    address: 'ws://fake',
    call: async <T>(method: string) => {
      const answer = answers[method];
      if (answer === undefined || broken.includes(method)) throw new Error(`no ${method}`);
      return answer() as T;
    },
    subscribe: () => Promise.reject(new Error('no subscriptions')),
    close: () => undefined,
  };
}

const CLOCK = createVirtualClock();
const SINCE = { height: 100, voter: { setId: 1, round: 5 } };
const reading = { node: 'v-0', signs: true, since: SINCE, viewer: null };

test('what was signed once stays seen, and keys that were held are asked for again', async () => {
  let said: Said = { holds: true, missing: 1 };
  const access = { rpc: fakeNode(() => said), metricsUrl: null };
  const book = readingBook();
  const signed = async () => (await readNode(access, reading, book, CLOCK)).signer;
  assert.deepEqual(await signed(), { held: [SET], inSet: true, signed: 0 });
  said = { holds: true, missing: 0 };
  assert.deepEqual(await signed(), { held: [SET], inSet: true, signed: 2 });
  said = { holds: true, missing: 1 };
  assert.deepEqual(await signed(), { held: [SET], inSet: true, signed: 2 });
  said = { holds: false, missing: 1 };
  assert.deepEqual(await signed(), { held: [], inSet: false, signed: 2 });
});

test('a round state from before the question proves no vote and no mark', async () => {
  let said: Said = { holds: true, missing: 0, ageMs: 0 };
  const rpc = fakeNode(() => said);
  const { signer } = await readNode({ rpc, metricsUrl: null }, reading, readingBook(), CLOCK);
  assert.equal(signer?.signed, 0);
  assert.deepEqual(await markOf(rpc), { height: 100, voter: null });
  said = { holds: true, missing: 0 };
  assert.deepEqual(await markOf(rpc), { height: 100, voter: { setId: 1, round: 9 } });
});

test('each fact that is not told is unknown by itself', async () => {
  const book = readingBook();
  const said = () => ({ holds: true, missing: 0 });
  const without = async (...broken: readonly string[]) =>
    readNode({ rpc: fakeNode(said, broken), metricsUrl: null }, reading, book, CLOCK);
  assert.equal((await without('system_health')).peers, null);
  assert.equal((await without('system_health')).best, 100);
  assert.equal((await without('chain_getFinalizedHead')).finalised, null);
  assert.equal((await without('state_getRuntimeVersion')).specVersion, null);
  assert.equal((await without('author_hasSessionKeys')).signer?.held, null);
  assert.equal((await without('state_call')).signer?.inSet, null);
});
