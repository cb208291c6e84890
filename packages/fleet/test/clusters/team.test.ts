// Two operators with a folder each apply one network at once, on a real API server.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { field, temporaryFolder } from '@watchbill/kit/testing';
import { followPage } from '@watchbill/testkit/pages/follow';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { operatorIn } from '../command.ts';
import { image, standInCluster } from './cli-ground.ts';
import { itemsOf, kubernetesOf, makeNamespace, mergePatch } from './ground.ts';

const { plane } = await standInCluster();

function operatorOf(context: TestContext, text: string) {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'network.yaml'), text);
  return operatorIn(context, folder, ['--kubeconfig', plane.kubeconfigFile]);
}

const fileOf = (name: string, count: number) => `format: watchbill/network/1
name: ${name}
chain: {name: westend}
clusters: {main: {namespace: ${name}}}
defaults:
  software: {image: '${image('node')}', command: polkadot, sdk: stable2509}
pools:
  rpc: {role: rpc, count: ${count}}
`;

async function leaseOf(name: string) {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${name}/leases/watchbill-fleet-${name}`;
  const { body } = await plane.request('GET', path);
  return (body as { readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number } })
    .spec;
}

/** Closes all hosts to pods, or opens them. While they are closed, an apply waits, and renews its lock. */
async function cordon(unschedulable: boolean): Promise<void> {
  const hosts = await itemsOf<{ readonly metadata: { readonly name: string } }>(plane, '/api/v1/nodes');
  for (const { metadata } of hosts) {
    const { status } = await mergePatch(plane, `/api/v1/nodes/${metadata.name}`, { spec: { unschedulable } });
    assert.equal(status, 200);
  }
}

test('of two applies at once the second is refused with the name of the first, or waits for it', async (context) => {
  await makeNamespace(plane, 'both');
  const [alice, bob] = [operatorOf(context, fileOf('both', 1)), operatorOf(context, fileOf('both', 2))];
  const [first, second] = [await alice.plan('--first-time'), await bob.plan('--first-time')];
  assert.deepEqual([...first.problems, ...second.problems], []);
  await cordon(true);
  context.after(() => cordon(false));
  const applied = alice.start(['apply', first.id]);
  await applied.says(/^waiting +create main\/StatefulSet\/both/m);
  assert.match((await leaseOf('both')).holderIdentity ?? '', new RegExp(`@.* ${applied.child.pid}$`));
  const refused = await bob.run('apply', second.id);
  assert.equal(refused.code, 3, refused.all);
  assert.match(
    refused.all,
    new RegExp(
      `another process works on network both: apply plan ${first.id.slice(0, 12)} of .*@.* \\(process ${applied.child.pid}\\), since 20`,
    ),
  );
  const restore = ['backup', 'restore', '--node', 'rpc-main-0', '--timeout', '2'];
  const other = await bob.run(...restore);
  assert.equal(other.code, 3, other.all);
  assert.match(other.all, new RegExp(`network both: .*\\(process ${applied.child.pid}\\)`));
  const waiting = bob.start(['apply', second.id, '--wait', '120']);
  await waiting.says(/waiting for apply plan/);
  await cordon(false);
  const done = await applied.ended;
  assert.equal(done.code, 0, done.all);
  const late = await waiting.ended;
  assert.equal(late.code, 3, late.all);
  assert.match(late.all, /another plan was begun after this one was made/);
  assert.equal((await leaseOf('both')).holderIdentity, undefined, 'both released it');
  const again = await bob.plan();
  assert.deepEqual(again.problems, []);
  assert.equal((await bob.run('apply', again.id)).code, 0);
  const quiet = await alice.run('plan');
  assert.equal(quiet.code, 6, 'the file of alice asks for another count');
  assert.match(quiet.all, /lacked records of network both that main had/);
});

test('a paused apply loses the lock after its expiry, and does no further step; a killed one is followed at once', async (context) => {
  await makeNamespace(plane, 'paused');
  const [alice, bob] = [operatorOf(context, fileOf('paused', 1)), operatorOf(context, fileOf('paused', 2))];
  const first = await alice.plan('--first-time');
  const applied = alice.start(['apply', first.id]);
  await applied.says(/^begun /m);
  applied.child.kill('SIGSTOP');
  const claimed = await bob.plan('--first-time');
  assert.deepEqual(claimed.problems.map(field('code')), ['not-first-time']);
  const second = await bob.plan();
  // Until the signal came, it may have made some of the objects.
  const made = first.steps.length - second.steps.filter(({ action }) => action === 'create').length;
  const beganMs = performance.now();
  const taken = await bob.run('apply', second.id, '--wait', '120');
  assert.equal(taken.code, 0, taken.all);
  assert.match(taken.all, /WARNING: the lock at main was taken over from apply plan/);
  assert.ok(performance.now() - beganMs > 60_000);
  assert.equal((await leaseOf('paused')).leaseTransitions ?? 1, 1);
  applied.child.kill('SIGCONT');
  const lost = await applied.ended;
  assert.equal(lost.code, 1, lost.all);
  assert.match(lost.all, /another process took the lock, and released it/);
  const [, done] = /done: (\d+) step/.exec(lost.all) ?? [];
  assert.ok(Number(done) <= made, `what it had begun is refused by the cluster: ${made} made, ${lost.all}`);
  // A process of this machine that was killed is not waited for.
  const third = operatorOf(context, fileOf('paused', 3));
  const killed = third.start(['apply', (await third.plan()).id]);
  await killed.says(/^begun /m);
  killed.child.kill('SIGKILL');
  await killed.ended;
  assert.match((await leaseOf('paused')).holderIdentity ?? '', new RegExp(` ${killed.child.pid}$`));
  const fourth = operatorOf(context, fileOf('paused', 4));
  const followed = await fourth.run('apply', (await fourth.plan()).id);
  assert.equal(followed.code, 0, followed.all);
  assert.match(followed.all, /WARNING: the lock at main was taken over/);
});

test('a lock that a person removes, as docs/fleet/how-to/plan-and-apply.md#in-a-team prints it, is noticed by its holder', async (context) => {
  await makeNamespace(plane, 'pier');
  const alice = operatorOf(context, fileOf('pier', 1));
  const applied = alice.start(['apply', (await alice.plan('--first-time')).id]);
  await applied.says(/^begun /m);
  applied.child.kill('SIGSTOP');
  const reader = await machine('team', {});
  const page = 'docs/fleet/how-to/plan-and-apply.md#in-a-team';
  const env = { KUBECONFIG: plane.kubeconfigFile };
  await followPage(reader, page, { only: ['In a cluster'], table: [], env });
  const path = '/apis/coordination.k8s.io/v1/namespaces/pier/leases/watchbill-fleet-pier';
  assert.equal((await plane.request('GET', path)).status, 404);
  applied.child.kill('SIGCONT');
  const lost = await applied.ended;
  // No step of this plan signs, so the holder ends it, and warns.
  assert.match(lost.all, /WARNING: .*main: the lock was removed/);
  stamp(page, await kubernetesOf(plane));
});
