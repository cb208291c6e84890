import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { addCounts, type Counts, noCounts, runSequence } from './testing/signers/check.ts';
import { type Command, sequences } from './testing/signers/commands.ts';
import { BORN, type PoolName, type Signer } from './testing/signers/file.ts';
import { removeFolder } from './testing/signers/gitops.ts';
import { carryOut, createSimulation } from './testing/signers/simulation.ts';

/** With `WATCHBILL_LONG=1`, in one process for each core. */
const RUNS = 100_000;
/** Without it, in this process. */
const SHORT_RUNS = 1_000;
const LARGEST_SEED = 2 ** 31;
const FIND = join(import.meta.dirname, 'testing/signers/find.ts');
const LONG_TIMEOUT_MS = 6 * 3_600_000;

test('whatever people, machines and controllers do in any order, one key has one process', async () => {
  const total = process.env.WATCHBILL_LONG === '1' ? await longForm() : await shortForm();
  process.stdout.write(`sequences of commands: ${JSON.stringify(total)}\n`);
  assert.ok(total.applied > total.refused, 'a simulation that refuses almost everything shows nothing');
  assert.ok(total.rendered > 0, 'folders were rendered');
});

async function shortForm(): Promise<Counts> {
  const total = noCounts();
  const property = fc.asyncProperty(sequences, async (commands) => {
    addCounts(total, (await runSequence(commands)).counts);
  });
  await fc.assert(property, { numRuns: SHORT_RUNS });
  return total;
}

async function longForm(): Promise<Counts> {
  const cores = availableParallelism();
  const total = noCounts();
  const runs = Math.ceil(RUNS / cores);
  const parts = Array.from({ length: cores }, async () => {
    const args = [FIND, String(runs), String(randomInt(LARGEST_SEED))];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: LONG_TIMEOUT_MS });
    const found = JSON.parse(stdout) as { readonly failed: boolean; readonly numRuns: number } & {
      readonly counts: Counts;
    };
    assert.ok(!found.failed, stdout);
    assert.equal(found.numRuns, runs);
    addCounts(total, found.counts);
  });
  await Promise.all(parts);
  return total;
}

const edit = (pool: PoolName, place: Signer['place'] | null, secret = 's0'): Command => ({
  ...{ do: 'edit', pool, signer: place === null ? null : { place, secret, set: null } },
});
const seed = (pool: PoolName, number = 0): Command => ({
  ...{ do: 'seed', pool, seed: number, replace: false, isCutShort: false },
});
const PLAN = { do: 'plan', operator: 1, isClaiming: true } as const;
const APPLY = { do: 'apply', operator: 1, back: 0, killAt: null } as const;
/** The first operator plans and applies, with every claim that is true. */
const BY_FIRST: readonly Command[] = [
  { ...PLAN, operator: 0 },
  { ...APPLY, operator: 0 },
];

test('a machine that moved, and was copied after that, does not start beside its copy', async () => {
  const { counts } = await runSequence([
    ...[edit('a', 'steel'), seed('a'), PLAN, APPLY],
    // The memory never saw the address between.
    { do: 'move', machine: 'steel', how: 'only' },
    { do: 'move', machine: 'steel', how: 'clone' },
    ...[PLAN, APPLY],
  ]);
  assert.ok(counts.applied > 0);
});

test('a copy at the address of a machine that the file no longer names does not hide that machine', async () => {
  const { counts } = await runSequence([
    ...[edit('a', 'steel'), seed('a'), PLAN, APPLY],
    { do: 'move', machine: 'steel', how: 'replaced' },
    ...[edit('a', 'ams'), seed('a'), PLAN, APPLY],
  ]);
  assert.ok(counts.applied > 0);
});

test('a key that a person inserted into a process by RPC does not start elsewhere beside it', async () => {
  for (const places of [['iron', 'ams'] as const, ['ams', 'iron'] as const]) {
    const { counts } = await runSequence([
      ...[edit('a', places[0]), seed('a'), ...BY_FIRST],
      { do: 'insert', pool: 'a', seed: 1 },
      ...[edit('b', places[1], 's1'), seed('b', 1), ...BY_FIRST],
      ...[edit('a', null), ...BY_FIRST],
    ]);
    assert.ok(counts.applied > 0);
  }
});

test('a signer with such a key moves away from a place that the file no longer names', async (context) => {
  const before = [
    edit('b', 'iron'),
    seed('b', 1),
    ...BY_FIRST,
    { do: 'insert', pool: 'b', seed: 0 } as const,
  ];
  const sim = createSimulation();
  context.after(() => removeFolder(sim.folder));
  for (const command of [...before, edit('b', 'ams'), seed('b'), ...BY_FIRST]) await carryOut(sim, command);
  assert.match(sim.log.at(-1) ?? '', /: done$/);
  const running = sim.world.processes().map(({ id, keys }) => [id, keys.length]);
  assert.deepEqual([sim.broken, running], [null, [['ams/b-ams-0-0', 1]]]);
});

test('a copy that has the old address and the new one is not taken for the machine of before', async () => {
  const { counts } = await runSequence([
    ...[edit('a', 'iron'), seed('a'), PLAN, APPLY],
    { do: 'move', machine: 'iron', how: 'replaced' },
    { do: 'move', machine: 'iron', how: 'both' },
    ...[PLAN, APPLY],
  ]);
  assert.ok(counts.applied > 0);
});

test('a plan that empties a place is not applied to a copy that took the address over since', async () => {
  const { counts } = await runSequence([
    ...[edit('a', 'iron'), seed('a'), PLAN, APPLY],
    ...[edit('a', null), { ...PLAN, isClaiming: false }],
    { do: 'move', machine: 'iron', how: 'replaced' },
    ...[edit('a', 'ams'), seed('a'), PLAN, APPLY, PLAN, APPLY],
  ]);
  assert.ok(counts.applied > 0);
});

const BORN_A = edit('a', 'ams', BORN);
const BORN_B = edit('b', 'ams', BORN);

/** After a keystore of `a` and `rest`: outcomes of the last two commands, then running processes. */
async function afterKeystore(rest: readonly Command[]): Promise<readonly string[]> {
  const sim = createSimulation();
  try {
    for (const command of [BORN_A, PLAN, APPLY, ...rest]) await carryOut(sim, command);
    assert.equal(sim.broken, null);
    return [...sim.log.slice(-2), ...sim.world.processes().map(({ id }) => id)];
  } finally {
    removeFolder(sim.folder);
  }
}

for (const source of ['claim', 'snapshot', 'chosen', 'disk'] as const)
  test(`no signer begins with a copy of a keystore: ${source}`, async () => {
    const copy: Command = { do: 'volume', pool: 'b', source };
    const plan: Command = { ...PLAN, isClaiming: false };
    const [planned, applied, ...running] = await afterKeystore([BORN_B, copy, plan, APPLY]);
    assert.deepEqual(running, ['ams/a-ams-0-0']);
    if (source === 'disk')
      assert.match(applied ?? '', /not allowed: .* with the keys on the volume keys-b-ams-0-0/);
    else
      assert.match(planned ?? '', /two-signers its keys are on the volume keys-b-ams-0-0, which was filled/);
    const [, late, ...still] = await afterKeystore([BORN_B, plan, copy, APPLY]);
    assert.match(late ?? '', /keys-b-ams-0-0 has keys for it since the plan; plan again/);
    assert.deepEqual(still, ['ams/a-ams-0-0']);
  });

test('a signer begins again with its keystore, but not beside a copy of it', async () => {
  const leave = [edit('a', null), PLAN, APPLY];
  const again = [BORN_A, PLAN, APPLY];
  const [, done, ...running] = await afterKeystore([...leave, ...again]);
  assert.match(done ?? '', /: done$/);
  assert.deepEqual(running, ['ams/a-ams-0-0']);
  const copy: Command = { do: 'volume', pool: 'b', source: 'disk' };
  const [, refused, ...other] = await afterKeystore([...leave, BORN_B, copy, PLAN, APPLY, ...again]);
  assert.match(refused ?? '', /not allowed: .* with the keys on the volume keys-a-ams-0-0/);
  assert.deepEqual(other, ['ams/b-ams-0-0']);
});
