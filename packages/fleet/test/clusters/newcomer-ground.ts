// A cluster for the page of the first day: a real control plane and the real controller of snapshots.
// Programs in place of the kubelet and the CSI driver run real nodes on folders. A real node of the chain
// runs outside.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeNetwork, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { NODE_FLAGS } from '../nodes/ground.ts';
import { type FakeKubelet, fakeKubelet } from './fake-kubelet.ts';
import { askPod, finalIn } from './fake-pod.ts';
import { type FakeVolumes, fakeVolumes } from './fake-volumes.ts';
import { mergePatch } from './ground.ts';
import { startSnapshotController } from './snapshot-controller.ts';

export interface Newcomer {
  readonly folder: string;
  readonly chain: NodeNetwork;
  readonly plane: ControlPlane;
  readonly kubelet: FakeKubelet;
  readonly volumes: FakeVolumes;
  /** The specification of the chain, with the address of a node that runs. */
  readonly specFile: string;
  close(): Promise<void>;
}

/**
 * Starts all of it; if a part does not start, it stops the others and rejects. Pods with the label are left
 * to the test.
 */
export async function startNewcomer(notPodsWith = 'none'): Promise<Newcomer> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-newcomer-'));
  const closers: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  const kept = <One extends { close(): Promise<void> }>(one: One): One => {
    closers.push(() => one.close());
    return one;
  };
  try {
    const program = nodeBinary();
    const spec = specFile('1', folder);
    const nodes = [{ name: 'alice', keys: [{ suri: '//Alice' }], args: NODE_FLAGS.slice(1) }];
    const chain = kept(
      await startNodeNetwork({ binary: program, spec, nodes, folder: join(folder, 'chain') }),
    );
    const plane = kept(await startControlPlane({ nodeCount: 0 }));
    kept(await startSnapshotController(plane));
    const volumes = kept(await fakeVolumes(plane, folder));
    await makeDefault(plane);
    const kubelet = kept(await fakeKubelet(plane, { folder, program, volume: volumes.volume, notPodsWith }));
    const withBoot = await specWithBoot(chain, spec, folder);
    return { folder, chain, plane, kubelet, volumes, specFile: withBoot, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The class of the folders in place of the one that kwok would serve. */
async function makeDefault(plane: ControlPlane): Promise<void> {
  const key = 'storageclass.kubernetes.io/is-default-class';
  for (const [name, value] of [
    ['kwok-volume', 'false'],
    ['folders', 'true'],
  ]) {
    const path = `/apis/storage.k8s.io/v1/storageclasses/${name}`;
    const { status } = await mergePatch(plane, path, { metadata: { annotations: { [key]: value } } });
    assert.equal(status, 200);
  }
}

async function specWithBoot(chain: NodeNetwork, spec: string, folder: string): Promise<string> {
  const own = await chain.node('alice').rpc.call<string[]>('system_localListenAddresses');
  const address = own.find((one) => one.startsWith('/ip4/127.0.0.1/tcp/'));
  assert.ok(address !== undefined, own.join());
  const file = join(folder, 'chain.json');
  const content = { ...(JSON.parse(readFileSync(spec, 'utf8')) as object), bootNodes: [address] };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/**
 * Waits until the node of a pod, `NAMESPACE/NAME`, has as final what alice has now: a backup is refused while
 * it is syncing, and before its first final block.
 */
export async function untilFit({ chain, kubelet }: Newcomer, pod: string): Promise<void> {
  const best = await chain.node('alice').bestNumber();
  const isFit = async (): Promise<boolean> => {
    const node = kubelet.pods.get(pod);
    const { isSyncing } = await askPod<{ readonly isSyncing: boolean }>(node, 'system_health');
    return !isSyncing && (await finalIn(node)) >= best;
  };
  await waitFor(`${pod} has final block ${best}`, isFit, { timeoutMs: 120_000, everyMs: 200 });
}
