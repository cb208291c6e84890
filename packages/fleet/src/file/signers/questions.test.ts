import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicesMark, useOf } from '../graph/key-set.ts';
import type { Resource } from '../graph/resource.ts';
import { bornUse } from '../graph/unknown-use.ts';
import type { LiveResource } from '../live/port.ts';
import { liveHolders } from './holders.ts';
import { asLive } from './keys-seen.ts';
import { maySignTwice } from './law.ts';
import { heldKeys, keyQuestions } from './questions.ts';

const HERE = servicesMark(['https://watch:8443'], 'east');

function subject(keySet: string | null) {
  return { pool: 'v', node: 'v-0', role: 'validator', keySet } as const;
}

/** A process that runs: a unit of iron, a pod of ams. */
function running(kind: 'unit' | 'Pod' | 'StatefulSet', name: string, keySet: string | null): LiveResource {
  const place = kind === 'unit' ? 'iron' : 'ams';
  const id = kind === 'unit' ? `iron/unit/${name}` : `ams/${kind}/nodes/${name}`;
  return {
    ...{ id, place, kind, name, network: 'net', subject: subject(keySet), lifecycle: 'reconcile' },
    ...{ body: {}, fingerprint: '' },
  };
}

function begun(keySet: string | null): Resource {
  return { id: 'steel/unit/new', place: 'steel', subject: subject(keySet) } as Resource;
}

/** Keys of the unit that begins, as a look shows them. */
function keysOfNew(use: string, keys: Readonly<Record<string, string>>): LiveResource {
  const users = [{ id: 'steel/unit/new', use }];
  return asLive({ place: 'steel', at: 'credentials of new', secret: null, keys, isComplete: true, users });
}

function keysOf(id: string, use: string, key: string): LiveResource {
  const users = [{ id, use }];
  const keys = { 'gran.0': key };
  return asLive({ place: 'iron', at: `keystore of ${id}`, secret: null, keys, isComplete: true, users });
}

const liveOf = (...all: readonly LiveResource[]) => new Map(all.map((one) => [one.id, one]));
const shortOf = (questions: ReturnType<typeof keyQuestions>) =>
  questions.map(({ process, keys }) => [process.id, keys.map(({ type, key }) => `${type} ${key}`)]);

const NEW = keysOfNew('set.new', { gran: '0xaa', babe: '0xbb', 'imon.3': '0xbb' });
const OLD = running('unit', 'old', 'set.old');

test('a running signer whose files name other keys is asked for each key that begins, by its type', () => {
  const old = keysOf(OLD.id, 'set.old', '0xcc');
  assert.deepEqual(shortOf(keyQuestions([begun('set.new')], liveOf(OLD, old, NEW))), [
    [OLD.id, ['gran 0xaa', 'babe 0xbb', 'imon 0xbb']],
  ]);
});

test('a signer with keys that were born in it is asked too, and a pod in place of its set', () => {
  const born = running('unit', 'old', bornUse('net', 'old'));
  const [set, pod] = [running('StatefulSet', 'v', 'set.old'), running('Pod', 'v-0', 'set.old')];
  const asked = keyQuestions([begun('set.new')], liveOf(born, set, pod, NEW));
  assert.deepEqual(
    asked.map(({ process, holder }) => [process.id, holder.workload]),
    [
      [born.id, born.id],
      [pod.id, set.id],
    ],
  );
});

test('no process is asked if its answer cannot change what the law says', () => {
  const ask = (resources: readonly Resource[], ...live: readonly LiveResource[]) =>
    shortOf(keyQuestions(resources, liveOf(...live)));
  assert.deepEqual(ask([], OLD, NEW), [], 'nothing begins');
  assert.deepEqual(ask([begun(null)], OLD, NEW), [], 'no signer begins');
  assert.deepEqual(ask([begun('set.new')], OLD), [], 'no key of the new one is known');
  assert.deepEqual(ask([begun('set.new')], running('unit', 'rpc', null), NEW), [], 'no signer runs');
  assert.deepEqual(
    ask([begun('set.new')], OLD, keysOf(OLD.id, 'set.old', '0xaa'), NEW),
    [],
    'a file names it',
  );
  assert.deepEqual(ask([begun('set.new')], running('unit', 'old', 'set.new'), NEW), [], 'the name is enough');
  const own = { ...running('unit', 'new', 'set.old'), id: 'steel/unit/new', place: 'steel' };
  assert.deepEqual(ask([begun('set.new')], own, NEW), [], 'it is the unit itself');
  const [gated, other] = [useOf('new', HERE), useOf('old', HERE)];
  const asking = keysOfNew(gated, { gran: '0xaa' });
  assert.deepEqual(ask([begun(gated)], running('unit', 'old', other), asking), [], 'both ask one service');
});

test('a key that a process has makes the law say yes, and its other keys unknown', () => {
  const old = keysOf(OLD.id, 'set.old', '0xcc');
  const before = liveOf(OLD, old, NEW);
  const [question] = keyQuestions([begun('set.new')], before);
  assert.ok(question !== undefined);
  const store = heldKeys(question, [{ type: 'gran', key: '0xaa' }]);
  const [holder] = liveHolders(liveOf(OLD, old, NEW, store));
  assert.ok(holder !== undefined);
  const own = (key: string) => ({ id: 'new', use: 'set.new', seen: { keys: [key], isComplete: true } });
  assert.equal(maySignTwice(holder, own('0xaa')).answer, 'yes');
  assert.equal(maySignTwice(holder, own('0xdd')).answer, 'unknown');
  const [known] = liveHolders(before);
  assert.equal(known === undefined ? '' : maySignTwice(known, own('0xaa')).answer, 'no', 'control');
});
