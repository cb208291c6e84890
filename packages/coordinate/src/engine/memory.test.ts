import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quiet, type Rules, type Start, type Verdict } from '../rules.ts';
import { fakeNode } from './testing/fake-node.ts';

const bytes = (...values: readonly number[]) => Uint8Array.from(values);

interface Seen {
  readonly starts: Start[];
  readonly carried: (readonly number[])[];
}

/** Signs once for every message that comes, and remembers how often. */
function remembering(seen: Seen, joinsUnremembered: boolean): Rules<object, number, never> {
  const noted = (count: number): Verdict<number> => ({
    ...quiet(count),
    memory: bytes(count),
    asks: [{ kind: 'broadcast', type: 't', payload: bytes(count) }],
    notes: [{ code: 'counted', text: `${count}` }],
  });
  return {
    profile: 'remembering',
    group: 'g',
    schedule: { frequencyBlocks: 10n, activeBlocks: 5n, passiveBlocks: 0n },
    joinsUnremembered,
    inputs: ({ block }) => [
      { kind: 'block-hash', height: block - 1n },
      { kind: 'epoch-randomness', height: block },
    ],
    plan: (_window, inputs) => (inputs.length === 2 ? {} : `two inputs, not ${inputs.length}`),
    leaderOf: () => 'l',
    recall: (memory) => (memory[0] === 2 ? { result: 'noop', action: 'recalled' } : null),
    carry: (memory) => {
      seen.carried.push([...memory]);
      return memory[0] === 1 ? bytes(100) : null;
    },
    begin: (_plan, start) => {
      seen.starts.push(start);
      return quiet(start.memory?.[0] ?? 0);
    },
    on: (_plan, round, event) => {
      if (event.kind === 'message') return noted(round + 1);
      if (event.kind !== 'active-end') return quiet(round);
      return { ...quiet(round), decision: { result: 'noop', action: 'none' } };
    },
  };
}

function nodeWith(joinsUnremembered = true) {
  const seen: Seen = { starts: [], carried: [] };
  const node = fakeNode(remembering(seen, joinsUnremembered));
  const open = (index: bigint, height = index * 10n) => {
    node.give({ kind: 'height', height });
    return node.give({ kind: 'inputs', window: index, inputs: [bytes(1), bytes(2)] });
  };
  const hear = () => node.give({ kind: 'message', message: { type: 't', sender: 's', payload: bytes() } });
  return { seen, node, open, hear };
}

describe('the memory of the rules', () => {
  test('is stored before messages that depend on it are sent, and reported afterwards', () => {
    const { open, hear } = nodeWith();
    open(1n);
    const kinds = hear().map(({ kind }) => kind);
    assert.deepEqual(kinds, ['store-cursor', 'broadcast', 'notice']);
  });

  test('comes back after a restart in the same window', () => {
    const { seen, node, open, hear } = nodeWith();
    open(1n);
    hear();
    hear();
    node.restart();
    open(1n, 12n);
    assert.deepEqual(seen.starts, [
      { height: 10n, memory: null },
      { height: 12n, memory: bytes(2) },
    ]);
  });

  test('is not used if it could not be stored', () => {
    const { node, open, hear } = nodeWith();
    open(1n);
    node.breakDisk(true);
    assert.deepEqual(hear(), []);
    node.breakDisk(false);
    hear();
    assert.deepEqual(node.stored()?.memory, bytes(1));
  });

  test('of a window that is over is there for the next one as far as the rules carry it', () => {
    const { seen, node, open, hear } = nodeWith();
    open(1n);
    hear();
    node.give({ kind: 'height', height: 15n });
    node.restart();
    // A window passes unseen in between.
    open(3n);
    assert.deepEqual(seen.carried, [[1]]);
    assert.deepEqual(seen.starts.at(-1), { height: 30n, memory: bytes(100) });
    node.give({ kind: 'height', height: 35n });
    open(4n);
    assert.deepEqual(seen.starts.at(-1)?.memory, null);
  });
});

describe('a node that comes back after its window', () => {
  const outcomes = ({ node }: ReturnType<typeof nodeWith>) =>
    node.of('record-outcome').map(({ outcome: { result, reason, action } }) => [result, reason, action]);

  test('reports the result of the window, once', () => {
    const came = nodeWith();
    came.open(1n);
    came.hear();
    came.hear();
    came.node.restart();
    came.node.give({ kind: 'height', height: 17n });
    assert.deepEqual(outcomes(came), [['noop', null, 'recalled']]);
    came.node.give({ kind: 'height', height: 18n });
    assert.equal(outcomes(came).length, 1);
    assert.deepEqual(came.node.stored()?.stage, 'ended');
  });

  test('reports an interrupted window if there was no result', () => {
    const came = nodeWith();
    came.open(1n);
    came.hear();
    came.node.restart();
    came.node.give({ kind: 'height', height: 17n });
    assert.deepEqual(outcomes(came), [['failed', 'interrupted', null]]);
  });
});

describe('a node without a cursor', () => {
  test('does not sign in the open window if it may have signed there before', () => {
    const { seen, node, open } = nodeWith(false);
    open(1n, 12n);
    assert.deepEqual(seen.starts, []);
    assert.deepEqual(node.of('read-inputs'), []);
    open(2n);
    assert.equal(seen.starts.length, 1);
  });

  test('takes part in it if the rules allow that', () => {
    const { seen, open } = nodeWith(true);
    open(1n, 12n);
    assert.equal(seen.starts.length, 1);
  });
});

test('all inputs are asked for at once, and come back in their order', () => {
  const { node, open } = nodeWith();
  open(1n);
  assert.deepEqual(node.of('read-inputs')[0]?.asks, [
    { kind: 'block-hash', height: 9n },
    { kind: 'epoch-randomness', height: 10n },
  ]);
});
