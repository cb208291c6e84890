import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Step } from '@watchbill/fleet';
import { journalName, type SavedPlan } from '@watchbill/fleet-run/apply';
import { fakeIo, runFake } from '../../fake-io.ts';
import { CliFault } from '../../process/fault.ts';
import { runCli } from '../../run.ts';
import { addToMemory, loadMemory } from './memory-store.ts';
import { savePlan } from './plan-store.ts';
import { unfinishedProblems } from './unfinished.ts';

const STEP: Step = {
  id: 'delete main/StatefulSet/net/v-0',
  action: 'delete',
  resourceId: 'main/StatefulSet/net/v-0',
  place: 'main',
  subject: { pool: 'v', node: 'v-0', role: 'validator', keySet: 'set.one' },
  risk: 'signing',
  why: '',
  fields: [],
  resource: null,
  basedOn: 'seen',
  needs: [],
  gate: 'gone',
  healthyFirst: [],
};

/** A plan that was made at this time, for no place that could be asked. */
function saved(id: string, madeAtMs: number): SavedPlan {
  const plan = {
    format: 'watchbill/plan/1',
    id,
    network: 'net',
    graphDigest: '',
    steps: [STEP],
    unchangedCount: 0,
    problems: [],
  } as const;
  return { format: 'watchbill/saved-plan/1', plan, places: [], identities: {}, takeOver: false, madeAtMs };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-begun-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const apply = (folder: string, id: string) =>
  runFake(['fleet', 'apply', id, '--state', '.', '--allow-signing'], { cwd: folder });

test('a plan is refused once another one was begun after it was made', async (t) => {
  const folder = folderOf(t);
  const [old, other] = [saved('aaaaaaaa', 1_000), saved('bbbbbbbb', 2_000)];
  await savePlan(folder, old);
  await savePlan(folder, other);
  const begun = { what: 'begun', plan: 'bbbbbbbb', journal: journalName(other), atMs: 3_000 } as const;
  addToMemory(folder, 'net', [begun]);
  const refused = await apply(folder, 'aaaaaaaa');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /another plan was begun after this one was made[\s\S]*\(plan bbbbbbbb\)/);
  assert.match(refused.stderr, /plan again/);
  assert.equal((await loadMemory(folder, 'net'))?.begun.length, 1, 'it is not begun itself');
  // The one that was begun goes on; there is no place here to go on at.
  assert.doesNotMatch((await apply(folder, 'bbbbbbbb')).stderr, /another plan was begun/);
  assert.equal((await loadMemory(folder, 'net'))?.begun.length, 2);
});

test('of two that are begun at once the one that comes second sees the first', async (t) => {
  const folder = folderOf(t);
  await savePlan(folder, saved('aaaaaaaa', 1_000));
  const other = { what: 'begun', plan: 'bbbbbbbb', journal: 'other', atMs: 3_000 } as const;
  const io = fakeIo({ cwd: folder });
  // The time is asked for after this run looked whether another was begun, and before it says that it begins.
  const nowMs = () => {
    addToMemory(folder, 'net', [other]);
    return 3_000;
  };
  const code = await runCli(['fleet', 'apply', 'aaaaaaaa', '--state', '.', '--allow-signing'], {
    ...io,
    clock: { ...io.clock, nowMs },
  });
  assert.equal(code, 2);
  assert.match(io.stderr(), /another plan was begun/);
  assert.equal((await loadMemory(folder, 'net'))?.begun.length, 2);
});

test('a plan that began to change signers and did not end refuses others, until it is abandoned', async (t) => {
  const folder = folderOf(t);
  const one = saved('abcdef0123456789', 1_000);
  await savePlan(folder, one);
  mkdirSync(join(folder, 'journals'));
  const header = { format: 'watchbill/journal/1', plan: one.plan.id, network: 'net', identities: {} };
  const file = join(folder, 'journals', journalName(one));
  const write = (...entries: readonly object[]) =>
    writeFileSync(file, [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const io = fakeIo({ cwd: folder });
  const problems = async (...abandon: readonly string[]) =>
    unfinishedProblems(io, { folder, network: 'net', memory: await loadMemory(folder, 'net'), abandon });
  write({ state: 'applied', step: STEP.id }, { state: 'verified', step: STEP.id });
  assert.deepEqual(await problems(), []);
  write({ state: 'applied', step: STEP.id });
  const [problem] = await problems();
  assert.deepEqual([problem?.code, problem?.resourceId], ['unfinished', STEP.id]);
  assert.match(problem?.remedy ?? '', /watchbill fleet apply abcdef012345.*--abandon abcdef012345/);
  await assert.rejects(
    problems('abcdef'),
    (error: unknown) => error instanceof CliFault && /is no plan that began/.test(error.message),
  );
  assert.deepEqual(await problems('abcdef012345'), []);
  assert.match(io.stderr(), /WARNING: plan abcdef012345 is abandoned at delete main/);
  assert.deepEqual(await problems(), []);
  const given = await apply(folder, 'abcdef01');
  assert.equal(given.code, 2);
  assert.match(given.stderr, /this plan was abandoned/);
  assert.match(readFileSync(file, 'utf8'), /applied/);
});
