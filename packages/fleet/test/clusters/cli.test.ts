import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NEVER_READY } from '@watchbill/testkit/kubernetes';
import { benchOn, image, imagesOf, networkFile, standInCluster } from './cli-ground.ts';
import { grantAll, makeNamespace, mergePatch, untilAllowed } from './ground.ts';

const { plane, node } = await standInCluster();

const withBench = benchOn(plane.kubeconfigFile);

async function objectAt(
  path: string,
): Promise<{ readonly metadata: { readonly resourceVersion: string; readonly generation: number } }> {
  const { body } = await plane.request('GET', path);
  return body as never;
}

const set = (namespace: string, name: string) => `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`;

test('plan, apply, and then a plan without steps, nor is anything done', () =>
  withBench(async (bench) => {
    bench.write(networkFile({ name: 'first' }));
    const first = await bench.plan();
    assert.equal(first.code, 6);
    assert.ok(first.plan.steps.length > 8);
    assert.equal((await plane.request('GET', '/api/v1/namespaces/first')).status, 404);
    await bench.ends(0, 'apply', first.plan.id, '--gate-timeout', '180');
    const before = await objectAt(set('first', 'rpc-east'));
    const second = await bench.plan();
    assert.equal(second.code, 0);
    assert.deepEqual(second.plan.steps, []);
    await bench.ends(0, 'apply', first.plan.id);
    assert.equal(
      (await objectAt(set('first', 'rpc-east'))).metadata.resourceVersion,
      before.metadata.resourceVersion,
    );
    const status = await bench.ends(0, 'status');
    assert.match(status.stdout, /everything is as declared and healthy/);
  }));

test('a node in a cluster is reached by its name: one call through the API server, and what it cannot do is said', () =>
  withBench(async (bench) => {
    bench.write(networkFile({ name: 'near', validators: 1, rpc: 1 }));
    await bench.settle();
    for (const name of ['rpc-east-0', 'validators-east-0']) {
      const called = await bench.ends(0, 'access', 'rpc', name, 'system_health');
      assert.deepEqual(JSON.parse(called.stdout), node.health);
    }
    await bench.ends(3, 'access', 'rpc', 'rpc-east-0', 'author_rotateKeys');
    // Nothing runs in these pods, so there is no log and no place for a program.
    const logs = await bench.ends(5, 'access', 'logs', 'rpc-east-0', '--tail', '5');
    assert.match(logs.stderr, /pod rpc-east-0 of near at east/);
    await bench.ends(5, 'access', 'exec', 'rpc-east-0', 'df');
    const audit = readFileSync(join(bench.folder, '.watchbill-fleet/access.jsonl'), 'utf8');
    assert.deepEqual(
      audit
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly verb: string }).verb),
      ['rpc', 'rpc', 'logs', 'exec'],
    );
  }));

test('drift by hand is refused with manager and field, and taken over when a person says so', () =>
  withBench(async (bench) => {
    bench.write(networkFile({ name: 'drift', validators: 0 }));
    await bench.settle();
    const byHand = { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } };
    const path = `${set('drift', 'rpc-east')}?fieldManager=kubectl-edit`;
    await plane.request('PATCH', path, byHand, 'application/strategic-merge-patch+json');
    const refused = await bench.plan();
    assert.equal(refused.code, 3);
    assert.deepEqual(refused.plan.steps, []);
    const [problem] = refused.plan.problems;
    assert.equal(problem?.code, 'conflict');
    assert.match(
      problem?.what ?? '',
      /\.spec\.template\.spec\.terminationGracePeriodSeconds \(kubectl-edit\)/,
    );
    await bench.ends(3, 'status');
    const taken = await bench.plan('--take-over');
    assert.equal(taken.code, 6);
    await bench.ends(0, 'apply', taken.plan.id);
    const budget = '/apis/policy/v1/namespaces/drift/poddisruptionbudgets/rpc-east';
    // The second plan has the steps, and so the id, of the first; it is done all the same.
    const ids: string[] = [];
    for (let times = 0; times < 2; times++) {
      assert.equal((await plane.request('DELETE', budget)).status, 200);
      ids.push((await bench.settle()).id);
      assert.equal((await plane.request('GET', budget)).status, 200);
    }
    assert.equal(ids[0], ids[1]);
  }));

test('objects that the file no longer has are removed, and nothing that others made', () =>
  withBench(async (bench) => {
    bench.write(networkFile({ name: 'prune' }));
    await bench.settle();
    const theirs = { metadata: { name: 'theirs', labels: { 'watchbill/network': 'prune' } } };
    await plane.request('POST', '/api/v1/namespaces/prune/configmaps', theirs);
    bench.write(networkFile({ name: 'prune', rpc: 0 }));
    const { plan } = await bench.plan();
    assert.deepEqual([...new Set(plan.steps.map(({ action }) => action))], ['delete']);
    assert.ok(
      plan.steps.every(({ resourceId }) => /rpc-east/.test(resourceId)),
      JSON.stringify(plan.steps),
    );
    await bench.settle();
    assert.equal((await plane.request('GET', set('prune', 'rpc-east'))).status, 404);
    assert.equal((await plane.request('GET', set('prune', 'validators-east-0'))).status, 200);
    assert.equal((await plane.request('GET', '/api/v1/namespaces/prune/configmaps/theirs')).status, 200);
    assert.equal((await bench.plan()).code, 0);
  }));

test('a release goes to one pod first; one that does not become ready is taken back, and the others never had it', () =>
  withBench(async (bench) => {
    const file = (name: string) => networkFile({ name: 'canary', validators: 0, image: image(name) });
    bench.write(file('node-1'));
    await bench.settle();
    bench.write(file('node-2'));
    const good = await bench.plan();
    const done = await bench.ends(0, 'apply', good.plan.id, '--gate-timeout', '180');
    assert.match(done.stderr, /stage 1 of 3[\s\S]*stage 2 of 3[\s\S]*stage 3 of 3/);
    const running = {
      'rpc-east-0': image('node-2'),
      'rpc-east-1': image('node-2'),
      'rpc-east-2': image('node-2'),
    };
    assert.deepEqual(await imagesOf(plane, 'canary'), running);
    bench.write(file(NEVER_READY));
    const bad = await bench.plan();
    const waitsFor = /waiting .*: not ready: rpc-east-2/;
    const stopped = await bench.waitOut(waitsFor, 'apply', bad.plan.id, '--gate-timeout', '120');
    assert.equal(stopped.code, 1, stopped.stdout + stopped.stderr);
    assert.match(
      stopped.stdout,
      /rolled-back\): stage 1 of 3: not ready: rpc-east-2; waited 120 s; the earlier version is back and healthy/,
    );
    assert.deepEqual(await imagesOf(plane, 'canary'), running);
    bench.write(file('node-2'));
    assert.equal((await bench.plan()).code, 0);
  }));

test('rights that are revoked in between stop a run; it says what is left, and goes on when they are back', async () => {
  await makeNamespace(plane, 'rights');
  await grantAll(plane, 'crew', 'rights');
  const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/rights/roles/crew';
  const allow = async (rules: readonly unknown[], maySet: boolean) => {
    await mergePatch(plane, role, { rules });
    const wish = { namespace: 'rights', group: 'apps', resource: 'statefulsets', verb: 'patch' };
    await untilAllowed(plane, 'crew', wish, maySet);
  };
  await withBench(async (bench) => {
    bench.write(networkFile({ name: 'rights', validators: 0, rpc: 1 }));
    // The namespace was made by somebody else, so it is not in the plan of ours.
    const { plan } = await bench.plan();
    if (plan.problems.length > 0) assert.fail(JSON.stringify(plan.problems));
    const look = ['get', 'list', 'watch'];
    const less = [
      { apiGroups: ['*'], resources: ['*'], verbs: look },
      {
        apiGroups: ['', 'policy', 'networking.k8s.io', 'coordination.k8s.io'],
        resources: ['*'],
        verbs: ['*'],
      },
    ];
    await allow(less, false);
    const stopped = await bench.ends(3, 'apply', plan.id);
    assert.match(
      stopped.stdout,
      /forbidden\): statefulsets\.apps "rpc-east" is forbidden: User "crew" cannot patch/,
    );
    assert.match(stopped.stdout, /left, in this order:\n {2}create east\/StatefulSet\/rights\/rpc-east/);
    assert.equal((await plane.request('GET', set('rights', 'rpc-east'))).status, 404);
    await allow([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }], true);
    await bench.ends(0, 'apply', plan.id);
    assert.equal((await plane.request('GET', set('rights', 'rpc-east'))).status, 200);
  }, plane.kubeconfigOf('crew'));
});

test('a plan that was changed, a journal of another network and a plan of another cluster are refused', () =>
  withBench(async (bench) => {
    bench.write(networkFile({ name: 'papers', validators: 0, rpc: 1 }));
    const { plan } = await bench.plan();
    const file = join(bench.folder, '.watchbill-fleet/plans', `${plan.id}.json`);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"papers"', '"others"'));
    const changed = await bench.ends(2, 'apply', plan.id);
    assert.match(changed.stderr, /was changed after it was saved/);
    writeFileSync(file, text);
    await plane.daemons.apiServer.kill();
    await bench.ends(5, 'apply', plan.id);
    await bench.ends(5, 'plan');
    plane.daemons.apiServer.start();
    await plane.ready();
    assert.equal((await bench.apply(plan)).code, 0);
    const journals = join(bench.folder, '.watchbill-fleet/journals');
    const [name] = readdirSync(journals).filter((one) => one.endsWith('.journal'));
    const journal = join(journals, name ?? '');
    writeFileSync(
      journal,
      readFileSync(journal, 'utf8').replace('"network":"papers"', '"network":"harbour"'),
    );
    const foreign = await bench.ends(3, 'apply', plan.id);
    assert.match(foreign.stderr, /it is of the network harbour, not of papers/);
  }));
