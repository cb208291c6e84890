import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { managedProcess } from '@watchbill/testkit';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import { parse } from 'yaml';
import { untilServed } from './custom-kinds.ts';

const BUILD = fileURLToPath(new URL('../../scripts/kubernetes/build.mjs', import.meta.url));
const KINDS = ['volumesnapshotclasses', 'volumesnapshotcontents', 'volumesnapshots'] as const;
const GROUP = '/apis/snapshot.storage.k8s.io/v1';

export interface SnapshotController {
  close(): Promise<void>;
}

function builtFolder(): string {
  const line = execFileSync(process.execPath, [BUILD, 'snapshots', '--where'], { encoding: 'utf8' });
  return line.trim().replace(/^snapshots /, '');
}

/** The kinds of snapshots, from the module of their controller. */
async function addKinds(plane: ControlPlane, folder: string): Promise<void> {
  for (const plural of KINDS) {
    const kind: unknown = parse(readFileSync(join(folder, `${plural}.yaml`), 'utf8'));
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const made = await plane.request('POST', path, kind);
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  for (const plural of KINDS) await untilServed(plane, GROUP, plural);
}

/**
 * The real controller: it binds snapshots to contents, guards both with finalizers, and removes by the policy
 * of their class.
 */
export async function startSnapshotController(plane: ControlPlane): Promise<SnapshotController> {
  const folder = builtFolder();
  await addKinds(plane, folder);
  const own = managedProcess('snapshot-controller', join(plane.folder, 'snapshot-controller.log'));
  const flags = [
    `--kubeconfig=${plane.kubeconfigFile}`,
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--retry-interval-start=200ms',
    '--retry-interval-max=2s',
    // It waits half a minute for kinds of groups, which nothing here uses.
    '--feature-gates=CSIVolumeGroupSnapshot=false',
  ];
  own.start([join(folder, 'snapshot-controller'), ...flags], process.env);
  return {
    close: async () => {
      await own.kill();
    },
  };
}
