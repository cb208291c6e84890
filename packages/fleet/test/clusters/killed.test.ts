import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Plan, Step } from '@watchbill/fleet/file';
import { encodeSavedPlan } from '@watchbill/fleet/run/apply';
import {
  configMap,
  makeNamespace,
  NETWORK,
  PLACE,
  planeOfFile,
  put,
  statefulSet,
  stateOf,
  step,
  targetOn,
  untilHealthy,
} from './ground.ts';

const plane = await planeOfFile();
const folder = mkdtempSync(join(tmpdir(), 'watchbill-killed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = fileURLToPath(new URL('./apply-process.ts', import.meta.url));
const TIMEOUT_MS = 180_000;
/** Far more moments than a plan has. */
const MOST_MOMENTS = 60;
/** Plans that are killed side by side. */
const AT_ONCE = 4;

/** One folder for each: plans of one folder are applied one at a time. */
const planFile = (namespace: string) => join(folder, namespace, 'plan.json');
const journalFile = (namespace: string) => join(folder, namespace, 'plan.journal');

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
}

function run(namespace: string, nth: number): Promise<Ended> {
  const files = [planFile(namespace), journalFile(namespace)];
  const args = [PROGRAM, plane.kubeconfigFile, namespace, ...files, String(nth)];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        out += part;
      });
    child.once('close', (_code, signal) => resolve({ signal, out }));
  });
}

/** One step of each kind; what is there before is put there. */
async function prepare(namespace: string): Promise<readonly Step[]> {
  await makeNamespace(plane, namespace);
  const target = await targetOn(plane, { namespace });
  const old = statefulSet(namespace, 'set', 'node:1', 1);
  const [kept, gone] = [configMap(namespace, 'kept', { a: '1' }), configMap(namespace, 'gone', { a: '1' })];
  const [ofSet, ofKept, ofGone] = [await put(target, old), await put(target, kept), await put(target, gone)];
  await untilHealthy(target, old.id);
  const create = step('create', configMap(namespace, 'made', { a: '1' }), null);
  const update = step('update', configMap(namespace, 'kept', { a: '2' }), ofKept, { needs: [create.id] });
  const labelled = JSON.parse(JSON.stringify(old).replace('"serviceName":"set"', '"serviceName":"other"'));
  const replace = step('replace', labelled, ofSet, { needs: [update.id], gate: 'healthy' });
  const remove = step('delete', gone, ofGone, { needs: [replace.id], gate: 'gone' });
  const steps = [create, update, replace, remove];
  const plan: Plan = {
    format: 'watchbill/plan/1',
    id: `plan-of-${namespace}`,
    network: NETWORK,
    graphDigest: '',
    steps,
    unchangedCount: 0,
    problems: [],
  };
  const identity = await target.identity(AbortSignal.timeout(TIMEOUT_MS));
  assert.ok(identity.ok);
  const identities = { [PLACE]: identity.identity };
  const saved = {
    format: 'watchbill/saved-plan/1',
    plan,
    places: [],
    identities,
    takeOver: false,
    madeAtMs: 0,
    runs: [],
  } as const;
  mkdirSync(join(folder, namespace));
  writeFileSync(planFile(namespace), encodeSavedPlan(saved));
  target.close();
  return steps;
}

/** What must hold when the plan is done, however often it was begun. */
async function check(namespace: string, steps: readonly Step[]): Promise<void> {
  const target = await targetOn(plane, { namespace });
  const resources = steps.flatMap(({ resource }) => (resource?.target === 'kubernetes' ? [resource] : []));
  const state = await stateOf(target, resources);
  for (const one of resources) {
    const proposal = state.proposals.get(one.id);
    assert.ok(proposal?.ok, one.id);
    assert.deepEqual(proposal.body, state.live.get(one.id)?.body, one.id);
  }
  assert.equal(state.live.has(`${PLACE}/ConfigMap/${namespace}/gone`), false);
  const maps = await plane.request('GET', `/api/v1/namespaces/${namespace}/configmaps/kept`);
  assert.deepEqual((maps.body as { data: unknown }).data, { a: '2' });
  const { body } = await plane.request('GET', `/api/v1/namespaces/${namespace}/pods/set-0`);
  assert.equal((body as { status?: { phase?: string } }).status?.phase, 'Running');
  target.close();
}

/** Whether the plan had such a moment. */
async function killAndResume(nth: number): Promise<boolean> {
  const namespace = `killed-${nth}`;
  const steps = await prepare(namespace);
  const killed = await run(namespace, nth);
  if (killed.signal !== 'SIGKILL') {
    assert.equal(killed.out, 'all done\n');
    return false;
  }
  const resumed = await run(namespace, -1);
  assert.equal(
    resumed.out,
    'all done\n',
    `killed at ${nth}: ${resumed.out}${readFileSync(journalFile(namespace), 'utf8')}`,
  );
  await check(namespace, steps);
  return true;
}

test('killed at every moment, a run is taken up again and ends as it should', async (context) => {
  let next = 0;
  let last = MOST_MOMENTS;
  const worker = async (): Promise<void> => {
    while (next < last) {
      const nth = next++;
      if (!(await killAndResume(nth))) last = Math.min(last, nth);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  context.diagnostic(`${last} moments`);
  // Four steps: three lines each and one more for the replacement; five changes, each with a before and an
  // after.
  assert.equal(last, 4 * 3 + 1 + 5 * 2);
});
