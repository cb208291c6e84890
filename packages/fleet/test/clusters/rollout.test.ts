// Roll-outs on a real control plane: its controller replaces pods by the partition of each stage; what the
// nodes say is a stand-in's. Volumes that grow.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';
import { followPage } from '@watchbill/testkit/pages/follow';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { benchOn, image, imagesOf, networkFile, standInCluster } from './cli-ground.ts';
import { fakePrometheus } from './fake-prometheus.ts';
import { kubernetesOf, makeNamespace, makeSecret, mergePatch } from './ground.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 50 };

const { plane, node } = await standInCluster();
beforeEach(() => {
  Object.assign(node.chain, { best: 100, finalised: 98, specVersion: 1, failedCalls: 0 });
});

const withBench = benchOn(plane.kubeconfigFile);

const SECTION = 'rollout: {soakSeconds: 0, gateSeconds: 180}\n';
const file = (name: string, version: string, more: Partial<Parameters<typeof networkFile>[0]> = {}) =>
  networkFile({ name, image: image(version), ...more }) + SECTION;

async function revisions(namespace: string): Promise<readonly string[]> {
  return [...new Set(Object.values(await imagesOf(plane, namespace)))].sort();
}

interface SetSpec {
  readonly updateStrategy: { readonly rollingUpdate?: { readonly partition?: number } };
  readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

async function specOf(namespace: string, set: string): Promise<SetSpec> {
  const { body } = await plane.request('GET', `/apis/apps/v1/namespaces/${namespace}/statefulsets/${set}`);
  return (body as { readonly spec: SetSpec }).spec;
}

async function partitionOf(namespace: string, set: string): Promise<number> {
  return (await specOf(namespace, set)).updateStrategy.rollingUpdate?.partition ?? 0;
}

async function imageOfSet(namespace: string, set: string): Promise<string> {
  return (await specOf(namespace, set)).template.spec.containers[0]?.image ?? '';
}

/** The command as a process of its own, ended by SIGKILL when its first stage is verified. */
async function killedAtFirstStage(folder: string): Promise<void> {
  const { child, ended, says } = startCommand(folder, [
    'fleet',
    'rollout',
    '--kubeconfig',
    plane.kubeconfigFile,
  ]);
  await says(/^verified/m);
  child.kill('SIGKILL');
  const lines = (await ended).out.split('\n');
  // Until the signal comes it may begin the next one.
  const verified = lines.filter((line) => line.startsWith('verified'));
  assert.deepEqual(verified, ['verified     rpc, stage 1 of 2: rpc-east-1'], lines.join('\n'));
}

const ROLLED = { validators: 2, rpc: 2 };

test('nothing is touched while a gate fails, before its moment, or where it could not go back; then it goes stage by stage', () =>
  withBench(async (bench) => {
    bench.write(file('stages', 'node-1', ROLLED));
    await bench.settle();
    const next = `${file('stages', 'node-2', ROLLED)}upgradeAt: {spec: 2}\n`;
    bench.write(next);
    const waitsFor = /^waiting +until the runtime is version 2; it is version 1/;
    const late = await bench.waitOut(waitsFor, 'rollout', '--deadline', '1');
    assert.equal(late.code, 4, late.stdout + late.stderr);
    assert.match(late.stderr, /no node was changed/);
    node.chain.specVersion = 2;
    node.chain.finalised = 10;
    const refused = await bench.ends(1, 'rollout');
    assert.match(refused.stdout, /begins +the runtime is version 2/);
    assert.match(refused.stdout, /not started .*no node was changed: .*above the finalised one/);
    node.chain.finalised = 98;
    bench.write(file('stages', 'node-2', { validators: 1, rpc: 2 }));
    const removal = await bench.ends(3, 'rollout');
    assert.match(
      removal.stderr,
      /makes, removes or replaces objects that run nodes: delete east\/StatefulSet/,
    );
    assert.deepEqual(await revisions('stages'), [image('node-1')]);

    // Killed after its first stage, it goes on with the second; nothing else is applied in between.
    bench.write(next);
    await killedAtFirstStage(bench.folder);
    const between = await bench.ends(3, 'apply', (await bench.plan()).plan.id);
    assert.match(between.stderr, /a roll-out is not ended: plan \w+: east\/StatefulSet/);
    const done = await bench.ends(0, 'rollout');
    assert.match(done.stdout, /^goes on +plan/);
    const verified = done.stdout.split('\n').filter((line) => line.startsWith('verified'));
    assert.deepEqual(
      verified.map((line) => line.replace(/^verified +/, '')),
      [
        'rpc, stage 2 of 2: rpc-east-0',
        'validators, signer validators-east-0: validators-east-0',
        'validators, signer validators-east-1: validators-east-1',
      ],
    );
    assert.deepEqual(await revisions('stages'), [image('node-2')]);
    assert.equal(await partitionOf('stages', 'rpc-east'), 0);
    assert.match((await bench.run('rollout')).stdout, /up to date/);
  }));

test('a gate that fails after the first stage puts everything back, and no other pod ever had it; apply has the same gates', () =>
  withBench(async (bench) => {
    const of = (version: string) => file('back', version, { validators: 0, rpc: 2 });
    bench.write(of('node-1'));
    await bench.settle();
    bench.write(of('node-2'));
    const seen = new Set<string>();
    const look = async (): Promise<boolean> => {
      for (const [pod, runs] of Object.entries(await imagesOf(plane, 'back')))
        if (runs === image('node-2')) seen.add(pod);
      return seen.size > 0;
    };
    const rolling = bench.start('rollout');
    await rolling.says(/^begun +rpc, stage 1 of 2/);
    // With it, finality seems to stand still.
    node.chain.best = 1_000;
    await rolling.says(/^waiting +rpc, stage 1 of 2: .*its best block is 902 above/);
    await waitFor('the first pod is changed', look, WAIT);
    rolling.letTimePass();
    await rolling.says(/^going-back/);
    node.chain.best = 100;
    const back = await rolling.ended;
    assert.equal(back.code, 1, back.stdout + back.stderr);
    assert.match(back.stdout, /its best block is 902 above the finalised one; at most 20 may be/);
    assert.match(
      back.stdout,
      /rolled back .*rpc, stage 1 of 2.*As before: east\/StatefulSet\/back\/rpc-east/,
    );
    assert.deepEqual([...seen], ['rpc-east-1']);
    assert.deepEqual(await revisions('back'), [image('node-1')]);
    assert.equal(await partitionOf('back', 'rpc-east'), 0);

    const { plan } = await bench.plan();
    node.chain.failedCalls = 50;
    const applying = bench.start('apply', plan.id, '--gate-timeout', '180');
    await applying.says(/^waiting .*50 of 150 RPC calls failed/);
    applying.letTimePass();
    const isPutBack = async () => (await imageOfSet('back', 'rpc-east')) === image('node-1');
    await waitFor('what was before is put back', isPutBack, WAIT);
    node.chain.failedCalls = 0;
    const stopped = await applying.ended;
    assert.equal(stopped.code, 1, stopped.stdout + stopped.stderr);
    assert.match(stopped.stdout, /rolled-back\): stage 1 of 2: .*50 of 150 RPC calls failed/);
    assert.deepEqual(await revisions('back'), [image('node-1')]);

    // More nodes are only a number; a signer that does not tell about its keys stays.
    bench.write(
      `# of the harbour\n${networkFile({ name: 'back', image: image('node-1'), validators: 1, rpc: 2 })}`,
    );
    const more = await bench.ends(6, 'scale', 'rpc', '3', '--all');
    assert.match(more.stdout, /rpc at east: 2 → 3 nodes[\s\S]*replicas: 2 → 3/);
    const text = readFileSync(join(bench.folder, 'network.yaml'), 'utf8');
    assert.match(text, /^# of the harbour\n[\s\S]*rpc:\n {4}role: rpc\n {4}count: 3\n/);
    await bench.settle();
    const less = await bench.ends(3, 'scale', 'validators', '0');
    assert.match(less.stderr, /it is not known whether validators-east-0 is still a signer/);
    assert.equal(readFileSync(join(bench.folder, 'network.yaml'), 'utf8'), text);
  }));

const GROWTH_PAGE = 'docs/fleet/how-to/roll-out.md#let-volumes-grow';

test('a volume grows at its used share, by the commands of the page and by the unit that it writes', () =>
  withBench(async (bench) => {
    const expansion = { allowVolumeExpansion: true };
    await mergePatch(plane, '/apis/storage.k8s.io/v1/storageclasses/kwok-volume', expansion);
    const page = pageText(GROWTH_PAGE);
    const storage = /^ {4}storage: (\{.*\})/m.exec(page)?.[1] ?? assert.fail('the page has a setting');
    bench.write(`format: watchbill/network/1
name: depot
chain: {name: westend}
clusters: {main: {}}
defaults:
  software: {image: ${image('node')}, command: polkadot, sdk: stable2509}
pools:
  backup: {role: backup, keys: {node: {source: secret, secret: p2p}}, storage: ${storage}}
`);
    await makeNamespace(plane, 'depot');
    await makeSecret(plane, 'depot', 'p2p', { key: 'ab'.repeat(32) });
    await bench.settle('--gate-timeout', '180');
    copyFileSync(plane.kubeconfigFile, join(bench.folder, 'clusters.yaml'));
    const claim = 'data-backup-main-0-0';
    const url = await fakePrometheus('depot', new Map([[claim, 0.85]]));
    const reader = await machine('grow-volumes', {});
    const env = { KUBECONFIG: plane.kubeconfigFile };
    await followPage({ ...reader, folder: bench.folder }, GROWTH_PAGE, {
      table: [['http://PROMETHEUS:9090', url, 'in place of a Prometheus that reads kubelets']],
      ends: [
        ['--apply', 0],
        ['storage timer', 0],
        ['storage grow', 6],
      ],
      env,
    });
    const { body } = await plane.request('GET', `/api/v1/namespaces/depot/persistentvolumeclaims/${claim}`);
    const { spec } = body as { readonly spec: { readonly resources: { readonly requests: object } } };
    assert.deepEqual(spec.resources.requests, { storage: '375Gi' });
    // What the service runs asks the kubelets, and no kubelet of this cluster reports a volume.
    const unit = readFileSync(join(bench.folder, 'units/watchbill-growth-depot.service'), 'utf8');
    const command = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? assert.fail(unit);
    assert.match(await reader.shell(`${command} || echo "exit $?"`), /^exit 4$/m);
    stamp(GROWTH_PAGE, await kubernetesOf(plane));
  }));
