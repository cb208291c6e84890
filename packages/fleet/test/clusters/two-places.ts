// The example in two places on two real control planes, with a kubeconfig whose contexts lead to them.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { type StandIn, standIn } from './cli-ground.ts';
import { CRDS, ROUTES, serveKinds } from './custom-kinds.ts';
import { makeNamespace, makeSecret } from './ground.ts';

export const EXAMPLE = readFileSync(join(ROOT, 'examples/fleet/two-places/network.yaml'), 'utf8');
const PLACES = ['frankfurt', 'singapore'] as const;
type Place = (typeof PLACES)[number];

export interface TwoPlaces {
  readonly planes: Readonly<Record<Place, ControlPlane>>;
  readonly kubeconfigFile: string;
  close(): Promise<void>;
}

/** Each cluster has the namespace, the kinds of its operators, and the Secret of its boot node. */
export async function startTwoPlaces(folder: string): Promise<TwoPlaces> {
  const node: StandIn = await standIn();
  const started: ControlPlane[] = [];
  const close = async (): Promise<void> => {
    for (const one of started.splice(0)) await one.close();
    node.close();
  };
  try {
    for (const place of PLACES) started.push(await startPlace(place, node.port));
    const [frankfurt, singapore] = started;
    assert.ok(frankfurt !== undefined && singapore !== undefined);
    const planes = { frankfurt, singapore };
    const kubeconfigFile = join(folder, 'kubeconfig');
    writeFileSync(kubeconfigFile, kubeconfigOf(planes));
    return { planes, kubeconfigFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startPlace(place: Place, podPort: number): Promise<ControlPlane> {
  const plane = await startControlPlane({ podPort });
  await serveKinds(plane, [...CRDS, ROUTES]);
  await makeNamespace(plane, 'estuary');
  await makeSecret(plane, 'estuary', `boot-${place}-0`, { key: '00' });
  return plane;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: object }[];
  readonly users: readonly { readonly user: object }[];
}

/** One file with a context for each place, as the example names them. JSON is YAML. */
function kubeconfigOf(planes: TwoPlaces['planes']): string {
  const all = PLACES.map((place) => {
    const own = JSON.parse(readFileSync(planes[place].kubeconfigFile, 'utf8')) as Kubeconfig;
    return { name: `estuary-${place}`, cluster: own.clusters[0]?.cluster, user: own.users[0]?.user };
  });
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config' },
    clusters: all.map(({ name, cluster }) => ({ name, cluster })),
    users: all.map(({ name, user }) => ({ name, user })),
    contexts: all.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  });
}
