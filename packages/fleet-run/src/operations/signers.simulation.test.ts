import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runSequence } from './testing/signers/check.ts';
import { type Command, sequences } from './testing/signers/commands.ts';

/** With `WATCHBILL_LONG=1`. */
const RUNS = 100_000;
/** A fifth of them, as of all properties. */
const SHORT_RUNS = 1_000;

test('whatever people, machines and controllers do in any order, one key has one process', async () => {
  const total = { planned: 0, applied: 0, refused: 0, rendered: 0 };
  const numRuns = process.env.WATCHBILL_LONG === '1' ? RUNS : SHORT_RUNS;
  await fc.assert(
    fc.asyncProperty(sequences, async (commands) => {
      const { counts } = await runSequence(commands);
      for (const name of ['planned', 'applied', 'refused', 'rendered'] as const) total[name] += counts[name];
    }),
    { numRuns },
  );
  process.stdout.write(`sequences of commands: ${JSON.stringify(total)}\n`);
  assert.ok(total.applied > total.refused, 'a simulation that refuses almost everything shows nothing');
  assert.ok(total.rendered > 0, 'folders were rendered');
});

test('a machine that moved, and was copied after that, does not start beside its copy', async () => {
  const a = { do: 'edit', pool: 'a', signer: { place: 'steel', secret: 's0', set: null } } as const;
  const apply: readonly Command[] = [
    { do: 'plan', operator: 1, isClaiming: true },
    { do: 'apply', operator: 1, back: 0, killAt: null },
  ];
  const { counts } = await runSequence([
    a,
    { do: 'seed', pool: 'a', seed: 0, replace: false, isCutShort: false },
    ...apply,
    // The memory never saw the address between.
    { do: 'move', machine: 'steel', how: 'only' },
    { do: 'move', machine: 'steel', how: 'clone' },
    ...apply,
  ]);
  assert.ok(counts.applied > 0);
});
