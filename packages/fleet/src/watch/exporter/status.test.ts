import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from './known.ts';
import type { Look } from './look.ts';
import { countsOf, saidOf } from './status.ts';
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

test('the sentence names the missing ones, the first three, and calls nothing unknown well', () => {
  const nodes = { asked: 9, answering: 9, silent: [] as string[] };
  const signers = { expected: 4, inSet: 4, outside: [] as string[] };
  const none = { expected: 0, inSet: 0, outside: [] };
  const say = (change: object, ageMs = 0) => {
    const { isWell, sentence } = saidOf('trial', { nodes, signers, ageMs, ...change });
    return `${isWell}: ${sentence}`;
  };
  const silent = { asked: 9, answering: 4, silent: ['a', 'b', 'c', 'd', 'e'] };
  const said = [
    say({}, 12_000),
    say({ nodes: silent, signers: { expected: 1, inSet: 0, outside: ['v'] } }),
    say({ signers: { expected: 4, inSet: 3, outside: [] } }),
    say({ nodes: { asked: 1, answering: 1, silent: [] }, signers: none }),
    say({ nodes: { asked: 0, answering: 0, silent: [] }, signers: none }),
    saidOf('trial', null).sentence,
  ];
  assert.deepEqual(said, [
    'true: 9 of 9 nodes of trial answer; 4 of 4 signers are known to be in the set; seen 12 seconds ago',
    'false: 4 of 9 nodes of trial answer, not a, b, c and 2 more; 0 of 1 signer is known to be in the set, not v; seen 0 seconds ago',
    'false: 9 of 9 nodes of trial answer; 3 of 4 signers are known to be in the set; seen 0 seconds ago',
    'true: 1 of 1 node of trial answers; seen 0 seconds ago',
    'false: no node of trial is asked; seen 0 seconds ago',
    'the nodes of trial are unknown: the exporter has finished no recent look',
  ]);
});
