// The accounts of `file render --format access` on a real API server: each plans or applies, and each of
// their rights is taken away once.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { readNetwork } from '@watchbill/fleet/file';
import type { KubernetesResource } from '@watchbill/fleet/file/graph';
import { waitFor } from '@watchbill/testkit';
import { image, type Ran, runIn, standInCluster } from './cli-ground.ts';
import { CRDS, GATEWAYS, ROUTES, serveKinds } from './custom-kinds.ts';
import { deadline, mergePatch, targetOn, untilAllowed, WAIT } from './ground.ts';
import { applyFile, documentsOf, kubeconfigOfAccount, pathOf, type Written } from './rights.ts';

const NETWORK = 'guarded';
const [PLANNER, APPLIER] = ['watchbill-plan', 'watchbill-apply'];
const SPEC = JSON.stringify({ name: 'own', bootNodes: ['/dns/boot.example.org/tcp/30333/p2p/12D3'] });

const FILE = `format: watchbill/network/1
name: ${NETWORK}
monitoringNamespace: watch
chain: {spec: {file: chain.json, sha256: ${createHash('sha256').update(SPEC).digest('hex')}}}
clusters: {east: {admissionPolicy: true}}
defaults:
  software: {image: '${image('node')}', command: polkadot, sdk: stable2509}
pools:
  v:
    role: validator
    count: 2
    keys: {session: {source: secret, secret: 'keys-{node}', types: {babe: sr25519}}}
  rpc:
    role: rpc
    count: 2
    exposure: {rpc: cluster}
    monitoring: {podMonitor: true}
    autoscale: {by: connections, min: 2, max: 5, target: 40, prometheus: "http://prometheus.watch:9090"}
  front:
    role: rpc
    exposure: {rpc: gateway, gateway: {name: public, namespace: gateways, hostnames: [rpc.example.org]}}
    autoscale: {by: cpu, min: 1, max: 3, target: 70}
`;

const { plane, bench } = await standInCluster();
let access: readonly Written[];
let [planner, applier] = ['', ''];
before(async () => {
  await serveKinds(plane, [...CRDS, ROUTES, GATEWAYS]);
  writeFileSync(join(bench.folder, 'chain.json'), SPEC);
  bench.write(FILE);
  const rendered = await runIn(bench.folder, ['fleet', 'render', '--format', 'access']);
  assert.equal(rendered.code, 0, rendered.stderr);
  access = documentsOf(rendered.stdout);
  await applyFile(plane, rendered.stdout);
  planner = await kubeconfigOfAccount(plane, NETWORK, PLANNER);
  applier = await kubeconfigOfAccount(plane, NETWORK, APPLIER);
  await putSeed('keys-v-east-0', '//one');
  await putSeed('keys-v-east-1', '//two');
  await untilHeld();
});

async function putSeed(name: string, seed: string): Promise<void> {
  const path = `/api/v1/namespaces/${NETWORK}/secrets/${name}`;
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { babe: seed } };
  const query = '?fieldManager=kubectl&force=true';
  const done = await plane.request('PATCH', `${path}${query}`, secret, 'application/apply-patch+yaml');
  assert.ok(done.status < 300, JSON.stringify(done.body));
}

/** The server takes a policy up some time after it took it. */
async function untilHeld(): Promise<void> {
  const policy = await targetOn(plane, { namespace: NETWORK, kubeconfigFile: planner });
  const one = resourceOf('ServiceAccount');
  const isRefused = async () => {
    const done = await policy.apply(one, null, deadline());
    if (done.outcome === 'done') await plane.request('DELETE', pathOf(one.body as unknown as Written));
    return done.outcome === 'forbidden' && /only dry runs/.test(done.detail);
  };
  await waitFor('the policy is in force', isRefused, WAIT);
  policy.close();
}

const PLACE = { east: 'ams' };

/** A resource of the file, for a target of these tests. */
function resourceOf(kind: string): KubernetesResource {
  const read = readNetwork(FILE, new Map([['chain.json', SPEC]]));
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.problems));
  const found = read.graph.resources.find((one) => one.kind === kind) as KubernetesResource | undefined;
  assert.ok(found !== undefined, kind);
  return { ...found, id: found.id.replace('east/', `${PLACE.east}/`), place: PLACE.east };
}

const as = (kubeconfig: string, ...args: readonly string[]): Promise<Ran> =>
  runIn(bench.folder, ['fleet', ...args, '--kubeconfig', kubeconfig]);
const plan = (kubeconfig = planner) => as(kubeconfig, 'plan', '--first-time', '--all');
const idOf = ({ stdout }: Ran): string => /^Plan ([0-9a-f]{64})$/m.exec(stdout)?.[1] ?? assert.fail(stdout);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** A right of a role, in the words of the server. */
interface Right {
  readonly role: Written;
  readonly rule: Rule;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

function rightsOf(who: string): readonly Right[] {
  const roles = access.filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name.startsWith(who));
  return roles.flatMap((role) =>
    (role.rules as readonly Rule[]).flatMap((rule) =>
      rule.resources.flatMap((resource) =>
        rule.verbs.map((verb) => ({ role, rule, group: rule.apiGroups[0] ?? '', resource, verb })),
      ),
    ),
  );
}

/** Runs while an account lacks one right. */
async function without<Result>(right: Right, work: () => Promise<Result>): Promise<Result> {
  const { role, rule, resource, verb, group } = right;
  const rules = (role.rules as readonly Rule[]).flatMap((one) =>
    one !== rule
      ? [one]
      : [
          { ...one, resources: one.resources.filter((name) => name !== resource) },
          { ...one, resources: [resource], verbs: one.verbs.filter((name) => name !== verb) },
        ].filter(({ resources, verbs }) => resources.length > 0 && verbs.length > 0),
  );
  const [account] = role.metadata.name.split('.');
  const user = `system:serviceaccount:${NETWORK}:${account}`;
  const [plural = '', subresource] = resource.split('/');
  const [name] = rule.resourceNames ?? [];
  const wish = {
    ...{ group, resource: plural, verb },
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
    ...(role.metadata.namespace === undefined ? {} : { namespace: NETWORK }),
  };
  const put = (changed: readonly Rule[]) => mergePatch(plane, pathOf(role), { rules: changed });
  try {
    assert.equal((await put(rules)).status, 200);
    await untilAllowed(plane, user, wish, false);
    return await work();
  } finally {
    await put(role.rules as readonly Rule[]);
    await untilAllowed(plane, user, wish, true);
  }
}

/** Runs without the right. A list of the whole cluster would stand in for that of the namespace. */
async function withoutIn<Result>(all: readonly Right[], right: Right, work: () => Promise<Result>) {
  const { verb, resource, role } = right;
  const wide = all.find(
    (one) => one.role.kind === 'ClusterRole' && one.verb === verb && one.resource === resource,
  );
  if (wide === undefined || role.kind === 'ClusterRole') return without(right, work);
  return without(wide, () => without(right, work));
}

/** The error names the account, the right, and the rule that grants it. */
function assertNamed(text: string, { role, group, resource, verb }: Right): void {
  const [account] = role.metadata.name.split('.');
  assert.ok(text.includes(`system:serviceaccount:${NETWORK}:${account}`), text);
  const grant = `{apiGroups: ["${group}"], resources: [${resource}], verbs: [${verb}]}`;
  assert.ok(text.includes(grant), `${grant} is not in ${text}`);
  const kind = role.kind === 'Role' ? `a Role of the namespace ${NETWORK}` : 'a ClusterRole';
  assert.ok(text.includes(`add to ${kind}`), text);
}

/** Granted for the memory that operators share: no request of these tests uses them. */
const isOfMemory = ({ resource, verb, role }: Right) =>
  resource === 'leases' || (resource === 'configmaps' && verb === 'update' && role.kind === 'Role');

test('the planning account plans without reading seeds, and says what it does not know', async () => {
  const done = await plan();
  assert.equal(done.code, 6, done.stdout + done.stderr);
  assert.match(
    done.stdout,
    /Not read, because this user may not: east\/Secret\/keys-v-east-0, east\/Secret\/keys-v-east-1/,
  );
  const secret = await plane.request('GET', `/api/v1/namespaces/${NETWORK}/secrets/keys-v-east-0`);
  const { babe } = (secret.body as { data: { babe: string } }).data;
  assert.ok(!done.stdout.includes(babe));
  const user = `system:serviceaccount:${NETWORK}:${PLANNER}`;
  for (const wish of [{ verb: 'list' }, { verb: 'get', name: 'keys-v-east-0' }])
    await untilAllowed(plane, user, { namespace: NETWORK, resource: 'secrets', ...wish }, false);
});

test('the policy holds the planning account to dry runs; control: without the policy it could write', async () => {
  const target = await targetOn(plane, { namespace: NETWORK, kubeconfigFile: planner });
  const pod = resourceOf('StatefulSet');
  const refused = await target.apply(pod, null, deadline());
  assert.equal(refused.outcome, 'forbidden');
  assert.match(
    'detail' in refused ? refused.detail : '',
    /watchbill-plan may plan and not apply: only dry runs/,
  );
  const policy = access.find(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
  assert.ok(policy !== undefined);
  assert.equal((await plane.request('DELETE', pathOf(policy))).status, 200);
  const account = resourceOf('ServiceAccount');
  await waitFor(
    'the policy alone keeps it from writing',
    async () => (await target.apply(account, null, deadline())).outcome === 'done',
    WAIT,
  );
  await plane.request('DELETE', pathOf(account.body as unknown as Written));
  await plane.request('POST', pathOf(policy).replace(/\/[^/]+$/, ''), policy);
  await untilHeld();
  target.close();
});

test('each right of the planning account is needed, and the plan names the one that is missing', async (t) => {
  const all = rightsOf(PLANNER).filter((right) => !isOfMemory(right));
  assert.ok(all.length > 40, String(all.length));
  for (const right of all)
    await t.test(
      `${right.verb} ${right.resource}${right.role.kind === 'Role' ? '' : ' (cluster)'}`,
      async () => {
        const { code, stdout, stderr } = await withoutIn(all, right, () => plan());
        assertNamed(stdout + stderr, right);
        assert.ok(code === 3 || code === 5, `${code}: ${stdout}${stderr}`);
      },
    );
});

test('the applying account refuses a seed that is in two Secrets, and a Secret that is missing', async () => {
  await putSeed('keys-v-east-1', '//one');
  const twice = idOf(await plan());
  const refused = await as(applier, 'apply', twice, '--allow-signing');
  assert.equal(refused.code, 1, refused.stdout + refused.stderr);
  assert.match(refused.stdout, /v-east-\d would sign with its keys too; plan again/);
  const lone = `/api/v1/namespaces/${NETWORK}/secrets/keys-v-east-1`;
  assert.equal((await plane.request('DELETE', lone)).status, 200);
  const missing = await as(applier, 'apply', twice, '--allow-signing');
  assert.match(missing.stdout, /\(missing\): east has no Secret keys-v-east-1 with babe/);
  const { body } = await plane.request('GET', `/apis/apps/v1/namespaces/${NETWORK}/statefulsets`);
  assert.deepEqual((body as { items: unknown[] }).items, [], 'no step was carried out');
  await putSeed('keys-v-east-1', '//two');
});

/** What the applying account asks before and while it applies, in every plan. */
const isLook = ({ verb, resource }: Right) =>
  verb === 'list' ? resource !== 'events' : ['secrets', 'namespaces'].includes(resource);

test('each right to look of the applying account is needed, and no step is done without it', async (t) => {
  const id = idOf(await plan());
  const all = rightsOf(APPLIER).filter((one) => isLook(one) && !isOfMemory(one));
  for (const right of all)
    await t.test(
      `${right.verb} ${right.resource}${right.role.kind === 'Role' ? '' : ' (cluster)'}`,
      async () => {
        // Who applies also plans, for example a removal. Only a plan looks at the whole cluster.
        const ofPlan = right.role.kind === 'ClusterRole' && right.resource !== 'namespaces';
        const { code, stdout, stderr } = await withoutIn(all, right, () =>
          ofPlan ? plan(applier) : as(applier, 'apply', id, '--allow-signing'),
        );
        assertNamed(stdout + stderr, right);
        assert.notEqual(code, 0);
      },
    );
  const { body } = await plane.request('GET', `/apis/apps/v1/namespaces/${NETWORK}/statefulsets`);
  assert.deepEqual((body as { items: unknown[] }).items, []);
});

test('each right to write of the applying account is needed, and the step names the one that is missing', async (t) => {
  const target = await targetOn(plane, { namespace: NETWORK, kubeconfigFile: applier });
  t.after(target.close);
  const kinds = new Map(pluralsOf());
  const writes = rightsOf(APPLIER).filter(({ verb }) => ['get', 'create', 'patch', 'delete'].includes(verb));
  const ofKinds = writes.filter((right) => kinds.has(right.resource) && !isLook(right));
  assert.equal(new Set(ofKinds.map(({ resource }) => resource)).size, kinds.size, 'of every kind');
  for (const right of ofKinds.filter(({ verb }) => verb !== 'delete'))
    await t.test(`${right.verb} ${right.resource}`, async () => {
      const one = kinds.get(right.resource) ?? assert.fail();
      const refused = await without(right, () => target.apply(one, null, deadline()));
      assert.equal(refused.outcome, 'forbidden');
      assertNamed('detail' in refused ? refused.detail : '', right);
    });
  for (const right of ofKinds.filter(({ verb }) => verb === 'delete'))
    await t.test(`delete ${right.resource}`, async () => {
      const one = kinds.get(right.resource) ?? assert.fail();
      const made = await target.apply(one, null, deadline());
      const basedOn = made.outcome === 'done' ? (made.fingerprint ?? '') : assert.fail(JSON.stringify(made));
      const remove = () => target.remove(one.id, basedOn, { orphan: false }, deadline());
      const refused = await without(right, remove);
      assert.equal(refused.outcome, 'forbidden', JSON.stringify(refused));
      assertNamed('detail' in refused ? refused.detail : '', right);
      assert.equal((await target.remove(one.id, basedOn, { orphan: false }, deadline())).outcome, 'done');
    });
});

/** By plural: a resource of each kind that the file asks for. */
function pluralsOf(): readonly (readonly [string, KubernetesResource])[] {
  const read = readNetwork(FILE, new Map([['chain.json', SPEC]]));
  assert.ok(read.ok);
  const kinds = [...new Set(read.graph.resources.map(({ kind }) => kind))].filter(
    (kind) => kind !== 'Namespace',
  );
  return kinds.map((kind) => {
    const one = resourceOf(kind);
    return [
      pathOf(one.body as unknown as Written)
        .split('/')
        .at(-2) ?? '',
      one,
    ] as const;
  });
}

test('the applying account carries out the plan of the other one, and removes the network again', async (t) => {
  const id = idOf(await plan());
  const done = await as(applier, 'apply', id, '--allow-signing', '--gate-timeout', '180');
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.equal((await plan()).code, 0);
  const target = await targetOn(plane, { namespace: NETWORK, kubeconfigFile: applier });
  t.after(target.close);
  const set = `${PLACE.east}/StatefulSet/${NETWORK}/v-east-0`;
  const used = rightsOf(APPLIER).filter(({ resource }) => resource === 'pods/portforward');
  assert.equal(used.length, 2);
  const ask = target.signer ?? assert.fail();
  for (const right of used) {
    const health = await without(right, () => ask(set, deadline()));
    assert.ok(health.state === 'unknown', JSON.stringify(health));
    const grant = /resources: \[pods\/portforward\], verbs: \[get, create\]/;
    assert.match(health.detail, grant);
  }
  const down = await as(applier, 'down', '--first-time');
  const gone = await as(applier, 'apply', idOf(down), '--allow-signing', '--gate-timeout', '180');
  assert.equal(gone.code, 0, gone.stdout + gone.stderr);
});

test('without the right to list events the health of a pod that is refused names it', async (t) => {
  const quota = { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } };
  const path = `/api/v1/namespaces/${NETWORK}/resourcequotas`;
  assert.equal((await plane.request('POST', path, quota)).status, 201);
  const target = await targetOn(plane, { namespace: NETWORK, kubeconfigFile: applier });
  t.after(target.close);
  const one = resourceOf('StatefulSet');
  assert.equal((await target.apply(one, null, deadline())).outcome, 'done');
  const [right] = rightsOf(APPLIER).filter(({ resource }) => resource === 'events');
  assert.ok(right !== undefined);
  const health = await without(right, () => target.health(one.id, deadline()));
  assertNamed('detail' in health ? health.detail : '', right);
});
