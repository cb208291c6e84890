import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Graph, Resource } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { keyStores, type TypedKey } from '../../file/signers/index.ts';
import { liveOf, signersWith, storesOf } from '../../file/testing/index.ts';
import type { IdentifiedTarget, KeysHeld } from './identity.ts';
import { keysInProcesses } from './keys-in-processes.ts';
import { fakeTarget } from './testing/fake-target.ts';

const SIGNAL = new AbortController().signal;

const signersOf = ({ resources }: Graph) => resources.filter(({ subject }) => subject.keySet !== null);

/** The pod of a set of one signer. */
function podOf(set: Resource): LiveResource {
  const { place, name } = set;
  const pod = { id: `${place}/Pod/harbour/${name}-0`, kind: 'Pod', name: `${name}-0` };
  return liveOf({ ...set, ...pod } as Resource, 'harbour');
}

type Answer = (name: string, keys: readonly TypedKey[]) => KeysHeld | Promise<KeysHeld>;

/** Pods of so many signers run, and one more begins; each pod gives this answer. */
async function asked(count: number, answer: Answer | null, signal = SIGNAL) {
  const running = Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, `s${at}`]));
  const [before, begun] = [signersOf(signersWith(running)), signersOf(signersWith({ beta: 'two' }))];
  const live = [...before.map(podOf), ...storesOf([...before, ...begun], 'main')];
  const calls: string[] = [];
  const target: IdentifiedTarget = {
    ...fakeTarget('main'),
    ...(answer === null
      ? {}
      : {
          holds: async ({ name }, keys) => {
            calls.push(name);
            return answer(name, keys);
          },
        }),
  };
  const all = new Map(live.map((one) => [one.id, one]));
  const found = await keysInProcesses(new Map([['main', target]]), begun, all, signal);
  return { ...found, calls };
}

test('a key that a process has becomes a key store of the workload that started it', async () => {
  const { stores, notes, calls } = await asked(2, (name, keys) => ({
    ok: true,
    held: name === 'p1-main-0-0' ? keys : [],
  }));
  assert.deepEqual(calls, ['p0-main-0-0', 'p1-main-0-0']);
  assert.equal(notes.length, 1);
  assert.match(
    notes[0] ?? '',
    /^main\/Pod\/harbour\/p1-main-0-0 reports by author_hasKey that it has keys .*: babe 0x[0-9a-f]{64}$/,
  );
  const [store, ...others] = keyStores(new Map(stores.map((one) => [one.id, one])));
  assert.deepEqual(others, []);
  assert.deepEqual(
    [store?.at, store?.isComplete, store?.users.map(({ id }) => id)],
    ['memory of p1-main-0-0', false, ['main/StatefulSet/harbour/p1-main-0']],
  );
});

test('a process that does not answer is named in one note, and refuses nothing', async () => {
  const refused = await asked(5, () => ({ ok: false, detail: 'RPC call is unsafe' }));
  assert.deepEqual(refused.stores, []);
  assert.deepEqual(refused.notes.length, 1);
  assert.match(
    refused.notes[0] ?? '',
    /^keys that were inserted into 5 running signers by RPC are not seen: main\/Pod\/harbour\/p0-main-0-0 \(RPC call is unsafe\), .*p2-main-0-0 \(.*\), and 2 more$/,
  );
  const thrown = await asked(1, () => Promise.reject(new Error('the connection ended')));
  assert.match(thrown.notes[0] ?? '', /1 running signer .*\(the connection ended\)/);
  const unable = await asked(1, null);
  assert.match(unable.notes[0] ?? '', /\(it is not known how to ask it\)/);
});

test('few processes are asked at once, and none after the time is over', async () => {
  let [open, most] = [0, 0];
  const answer: Answer = async () => {
    open += 1;
    most = Math.max(most, open);
    await Promise.resolve();
    open -= 1;
    return { ok: true, held: [] };
  };
  const { calls } = await asked(40, answer);
  assert.deepEqual([calls.length, most], [40, 16]);
  const ended = await asked(2, answer, AbortSignal.abort());
  assert.deepEqual(ended.calls, []);
  assert.match(ended.notes[0] ?? '', /\(the time for questions was over\)/);
});
