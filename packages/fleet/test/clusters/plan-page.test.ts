// Every command of plan-and-apply.md, as printed, on the example in two places: two real control
// planes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { type Machine, machine } from '@watchbill/testkit/pages/world';
import { kubernetesOf } from './ground.ts';
import { EXAMPLE, startTwoPlaces, type TwoPlaces } from './two-places.ts';

const PAGE = 'docs/fleet/how-to/plan-and-apply.md#alone';
const TIMEOUT_MS = 400_000;
const LAST = '"$(basename "$(ls -t .watchbill-fleet/plans | head -n 1)" .json)"';
const PLAN_ID: Substitution = ['5ab1c0ffee00', LAST, 'the id is that of the plan which was just made'];
/** The three edits of the page. */
const EDITED = EXAMPLE.replace('9f0c1b2a3d4e', '11111b2a3d4e')
  .replace('places: { frankfurt: 2, singapore: 1 }', 'places: { frankfurt: 2, singapore: 2 }')
  .replace('pruning: archive', 'pruning: 1000')
  .replace('rpc-rate-limit: 600', 'rpc-rate-limit: 900')
  .replace('max: 8', 'max: 9');

const left = new Set(stepsOf(PAGE).map(({ heading }) => heading));
let places: TwoPlaces;
let reader: Machine;
before(async () => {
  const plain = await machine('plan-page', {});
  places = await startTwoPlaces(plain.folder);
  reader = { ...plain, env: { ...plain.env, KUBECONFIG: places.kubeconfigFile } };
});
after(() => places?.close());

async function follow(
  headings: readonly string[],
  ends: readonly (readonly [string, number])[],
  table: readonly Substitution[] = [],
): Promise<void> {
  for (const heading of headings) left.delete(heading);
  await followPage(reader, PAGE, { only: headings, ends, table, timeoutMs: TIMEOUT_MS });
}

function write(network: string): void {
  writeFileSync(join(reader.folder, 'network.yaml'), network);
}

test('the first plan of a network, and its apply', async () => {
  write(EXAMPLE);
  await follow(['When a plan is refused'], [['--first-time', 6]]);
  await apply();
});

/** As a reader who needs no page for it. */
async function apply(): Promise<void> {
  const kubeconfig = `export KUBECONFIG='${places.kubeconfigFile}'`;
  await reader.shell(`${kubeconfig}; watchbill fleet apply ${LAST} --gate-timeout 180`, TIMEOUT_MS);
}

test('the plan after three edits is the one of the page; after its apply, a second one is empty', async () => {
  write(EDITED);
  await follow(
    ['Plan', 'Apply'],
    [
      ['fleet apply', 0],
      ['fleet plan', 6],
    ],
    [PLAN_ID],
  );
});

test('a difference without risk is repaired, and a restart is left to a person', async () => {
  const policy = '/apis/networking.k8s.io/v1/namespaces/estuary/networkpolicies/rpc-frankfurt';
  const { request } = places.planes.frankfurt;
  assert.equal((await request('DELETE', policy)).status, 200);
  write(EDITED.replace('rpc-rate-limit: 900', 'rpc-rate-limit: 1000'));
  await follow(['Repair differences without risk'], [['reconcile', 6]]);
  assert.equal((await request('GET', policy)).status, 200);
});

test('a place that is gone for good is forgotten', async () => {
  await places.planes.frankfurt.close();
  write(withoutFrankfurt(readFileSync(join(reader.folder, 'network.yaml'), 'utf8')));
  await follow(['Remove a place'], [['--forget-place', 6]]);
  assert.deepEqual([...left], [], 'these tests run every command of the page');
  stamp(PAGE, await kubernetesOf(places.planes.singapore));
});

function withoutFrankfurt(network: string): string {
  const cluster = /^ {2}frankfurt:\n(?: {4}.*\n)+/m;
  assert.match(network, cluster);
  return network
    .replace(cluster, '')
    .replaceAll(/frankfurt: \d+, /g, '')
    .replaceAll(/^ {4}instances:\n {6}frankfurt-0: .*\n(?! {6})/gm, '')
    .replaceAll(/^ {6}frankfurt-0: .*\n/gm, '');
}
