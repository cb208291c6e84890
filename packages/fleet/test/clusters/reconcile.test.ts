// `fleet nodes reconcile` against drift on a real API server.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Round } from '@watchbill/fleet/run/operations';
import { waitFor } from '@watchbill/testkit';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { type Bench, makeBench, networkFile, type StandIn, standIn } from './cli-ground.ts';

const NETWORK = 'drifting';
const POLICY = `/apis/networking.k8s.io/v1/namespaces/${NETWORK}/networkpolicies/rpc-east`;
const SETS = `/apis/apps/v1/namespaces/${NETWORK}/statefulsets`;

let plane: ControlPlane;
let node: StandIn;
let bench: Bench;
before(async () => {
  node = await standIn();
  plane = await startControlPlane({ podPort: node.port });
  bench = makeBench(plane.kubeconfigFile);
  bench.write(networkFile({ name: NETWORK, validators: 1, rpc: 1 }));
  await bench.settle('--gate-timeout', '180');
});
after(async () => {
  bench?.close();
  await plane?.close();
  node?.close();
});

const SAFE = ['nodes', 'reconcile', '--once', '--json', '--apply-safe'];

async function round(...args: readonly string[]): Promise<Round & { readonly code: number }> {
  const { code, stdout, stderr } = await bench.run(...args);
  assert.notEqual(stdout, '', stderr);
  return { ...(JSON.parse(stdout) as Round), code };
}

const statusOf = async (path: string) => (await plane.request('GET', path)).status;

test('an object without risk that was deleted is made again; control: without --apply-safe it is only reported', async () => {
  assert.deepEqual([(await round(...SAFE)).outcome], ['as-declared']);
  await plane.request('DELETE', POLICY);
  const told = await round('nodes', 'reconcile', '--once', '--json');
  assert.deepEqual([told.code, told.outcome], [6, 'needs-person']);
  assert.equal(await statusOf(POLICY), 404);
  const done = await round(...SAFE);
  assert.deepEqual([done.code, done.outcome], [0, 'repaired']);
  assert.deepEqual(done.repaired, [`create east/NetworkPolicy/${NETWORK}/rpc-east`]);
  assert.equal(await statusOf(POLICY), 200);
});

test('a signer that is gone is left to a person, and the rest is repaired', async () => {
  const signer = `${SETS}/validators-east-0`;
  await plane.request('DELETE', `${signer}?propagationPolicy=Orphan`);
  // It goes when the collector of garbage has let its pod go.
  await waitFor('the set is gone', async () => (await statusOf(signer)) === 404, { timeoutMs: 120_000 });
  await plane.request('DELETE', POLICY);
  const done = await round(...SAFE);
  assert.deepEqual([done.code, done.outcome], [6, 'needs-person']);
  assert.deepEqual(done.repaired, [`create east/NetworkPolicy/${NETWORK}/rpc-east`]);
  assert.deepEqual(
    done.left.map(({ id }) => id),
    [`create east/StatefulSet/${NETWORK}/validators-east-0`],
  );
  assert.equal(await statusOf(signer), 404, 'no signer was made');
  // It begins with the keys on its old volume, which only a person allows.
  await bench.settle('--allow-signing', '--gate-timeout', '180');
});

test('a field that another tool holds refuses the plan, and nothing is changed', async () => {
  const path = `${SETS}/rpc-east?fieldManager=by-hand&force=true`;
  const metadata = { name: 'rpc-east' };
  const hand = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { replicas: 2 } };
  assert.equal((await plane.request('PATCH', path, hand, 'application/apply-patch+yaml')).status, 200);
  await plane.request('DELETE', POLICY);
  const done = await round(...SAFE);
  assert.deepEqual([done.code, done.outcome, done.repaired], [3, 'needs-person', []]);
  assert.match(JSON.stringify(done.problems), /set by another manager/);
  assert.equal(await statusOf(POLICY), 404);
});
