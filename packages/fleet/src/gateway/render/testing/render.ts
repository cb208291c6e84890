import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { headText, IMAGE, IN_PODS, ON_DISKS, readFixture } from '../../../file/testing/index.ts';
import { type GatewayChoice, renderGateways } from '../render.ts';

/** Every gateway of the network, with an image for those in a cluster. */
const CHOICE: GatewayChoice = {
  place: null,
  pool: null,
  image: IMAGE,
  program: '/bin/true',
  route: null,
  clusterDomain: 'cluster.local',
};

/** A network file on a cluster and a machine, above its pools. */
const HEAD = headText({
  places: 'clusters: {east: {namespace: nodes}}\nmachines: {iron: {host: 192.0.2.7}}',
  software: `${IN_PODS}, ${ON_DISKS}`,
});

/** A scaled set and sets of one pod in a cluster, two nodes on a machine. */
export const FILE = `${HEAD}pools:
  validators: {role: validator, place: east, count: 2}
  rpc:
    role: rpc
    place: east
    count: 2
    autoscale: {by: cpu, min: 2, max: 5, target: 70, prometheus: null}
    monitoring: {podMonitor: true}
  history: {role: archive, place: east, count: 2, exposure: {rpc: cluster}}
  shore: {role: rpc, place: iron, count: 2, ports: {rpc: 9949, p2p: 30400, metrics: 9620}}
`;

export function gatewaysOf(file: string, choice: Partial<GatewayChoice> = {}) {
  const { network, graph } = readFixture(file);
  return { ...renderGateways(network, { ...CHOICE, ...choice }), graph };
}

export function oneOf(file: string, pool: string, choice: Partial<GatewayChoice> = {}) {
  const { gateways, graph } = gatewaysOf(file, { pool, ...choice });
  const [gateway] = gateways;
  assert.ok(gateway !== undefined, `${pool} has no gateway`);
  return { gateway, graph, settings: parse(gateway.files.get(gateway.settings) ?? '') as object };
}
