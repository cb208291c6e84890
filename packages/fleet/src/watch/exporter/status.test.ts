import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from './known.ts';
import type { Look } from './look.ts';
import { countsOf } from './status.ts';
import { lookAt, targetNamed } from './testing/look.ts';

const why = unknown('no connection');
const rpc = { call: async () => null } as never;

type NodeOfLook = Look['nodes'][number];

interface Given {
  readonly node?: NodeOfLook['node'];
  readonly answers?: boolean;
  readonly waits?: boolean;
  /** Null: the chain does not say; left out: no stash. */
  readonly inSet?: boolean | null;
}

function nodeOf(name: string, { node = rpc, answers = true, waits = false, inSet }: Given = {}): NodeOfLook {
  const head = answers ? known({ number: 1 } as never) : why;
  const facts = { inSet: inSet == null ? why : known(inSet) } as never;
  const stash = inSet === undefined ? null : { facts: known(facts), held: {}, account: '0x00', chain: null };
  return lookAt({ ...targetNamed(name), waits }, { node, head, stash });
}

test('nodes that are not asked count in no share, and silent ones have a name', () => {
  const nodes = [nodeOf('a'), nodeOf('b', { answers: false }), nodeOf('c', { node: null, answers: false })];
  assert.deepEqual(countsOf({ nodes }), {
    nodes: { asked: 2, answering: 1, silent: ['b'] },
    signers: { expected: 0, inSet: 0, outside: [] },
  });
});

test('a signer whose state is unknown is neither in the set nor outside, and one that waits is not expected', () => {
  const nodes = [
    nodeOf('a', { inSet: true }),
    nodeOf('b', { inSet: false }),
    nodeOf('c', { inSet: null }),
    nodeOf('d', { inSet: false, waits: true }),
  ];
  assert.deepEqual(countsOf({ nodes }).signers, { expected: 3, inSet: 1, outside: ['b'] });
});

test('a list of names has at most twenty', () => {
  const nodes = Array.from({ length: 100 }, (_none, at) => nodeOf(`n${at}`, { answers: false }));
  const counts = countsOf({ nodes }).nodes;
  assert.deepEqual([counts.asked, counts.answering, counts.silent.length], [100, 0, 20]);
});
