// A whole group: every operator runs the engine, messages travel over a bus that loses none, and one that
// loses some.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashForLeader, nodeOf, REDEMPTION, type Rfc12Node } from './testing/fake-group.ts';

interface Bus {
  readonly nodes: ReadonlyMap<string, Rfc12Node>;
  /** A height reaches some operators; what they send reaches those for whom `arrives` holds. */
  height(height: bigint, reached: readonly string[]): void;
}

function bus(
  operators: readonly string[],
  leader: string,
  arrives: (from: string, to: string) => boolean,
): Bus {
  const nodes = new Map(operators.map((operator) => [operator, nodeOf(operator)]));
  const settle = (operator: string, effects: ReturnType<Rfc12Node['give']>) => {
    for (const effect of effects) {
      const node = nodes.get(operator);
      if (node === undefined) continue;
      if (effect.kind === 'read-inputs') {
        const hash = hashForLeader(leader, effect.window);
        settle(operator, node.give({ kind: 'inputs', window: effect.window, inputs: [hash] }));
      } else if (effect.kind === 'generate') {
        const { window, attempt } = effect;
        settle(operator, node.give({ kind: 'proposal', window, attempt, proposal: REDEMPTION }));
      } else if (effect.kind === 'broadcast') {
        for (const [to, other] of nodes) {
          if (to === operator || !arrives(operator, to)) continue;
          const message = { type: effect.type, sender: operator, payload: effect.payload };
          settle(to, other.give({ kind: 'message', message }));
        }
      }
    }
  };
  return {
    nodes,
    height: (height, reached) => {
      for (const operator of reached) {
        settle(operator, nodes.get(operator)?.give({ kind: 'height', height }) ?? []);
      }
    },
  };
}

const OPERATORS = ['0xA', '0xB', '0xC'];

test('a group: no member that follows the rules is accused, with skipped heights and late members', () => {
  // Each operator sees some of the heights; all see one of the first and the last, or come late.
  const heights = fc.array(fc.integer({ min: 0, max: 79 }), { maxLength: 40 });
  const seen = fc.tuple(heights, heights, heights);
  fc.assert(
    fc.property(seen, fc.constantFrom(...OPERATORS), (lists, leader) => {
      const { nodes, height } = bus(OPERATORS, leader, () => true);
      const sets = lists.map((list) => new Set(list));
      // The leader follows its chain; the others do so as badly as it gets.
      sets[OPERATORS.indexOf(leader)] = new Set(Array.from({ length: 80 }, (_, i) => i));
      for (let at = 0; at < 80; at++) {
        height(
          900n + BigInt(at),
          OPERATORS.filter((_, i) => sets[i]?.has(at)),
        );
      }
      height(980n, OPERATORS);
      for (const node of nodes.values()) assert.deepEqual(node.of('record-fault'), []);
    }),
    { numRuns: 200 },
  );
});
