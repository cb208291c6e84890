import type { Problem } from '../network/problem.ts';
import { type FleetNode, signs } from '../normalise/network.ts';
import { placesOf, type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

/** Checks who may reach a node from elsewhere, and through which objects. */
export const exposureFits: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    const { p2p, rpc, gateway, nodePort, address } = owner.settings.exposure;
    const problem = (key: string, what: string, remedy: string) =>
      settingProblem(owner, `exposure.${key}`, {
        code: 'exposure',
        what: `${roleOf(owner)}: ${what}`,
        remedy,
      });
    const problems: Problem[] = [];
    if (signs(owner.role) && rpc !== 'none')
      problems.push(
        problem(
          'rpc',
          'the RPC of a signer can make and insert keys, so it must stay inside its pod',
          'remove exposure.rpc',
        ),
      );
    if ((rpc === 'gateway') !== (gateway !== null))
      problems.push(
        problem(
          'rpc',
          '`rpc: gateway` and `gateway` belong together, and one of them is missing',
          'write `rpc: gateway` and `gateway: {name: …, namespace: …, hostnames: […]}`',
        ),
      );
    const [machine] = placesOf(owner, network, 'machine');
    if (machine !== undefined && (p2p !== 'none' || rpc === 'gateway'))
      problems.push(
        problem(
          p2p === 'none' ? 'rpc' : 'p2p',
          `${machine} is a machine: it has no services and gateways of a cluster`,
          'remove it; peers reach a machine by exposure.address',
        ),
      );
    const isShared = owner.settings.layout === 'one-set' && machine === undefined;
    const ofNode = { p2p: p2p === 'none' ? null : p2p, nodePort, address };
    for (const [key, value] of Object.entries(ofNode))
      if (isShared && value !== null)
        problems.push(
          problem(
            key,
            `its pods are one set without a Service for each, so ${value} would be that of none or of all`,
            'write `layout: set-each`, which gives each node its own Service and address; or remove it',
          ),
        );
    return problems;
  });

/**
 * The objects that the pods of a pool share: the Service in front of them, and the policy for their ports.
 */
const SHARED = [
  ...(['p2p', 'rpc', 'metrics', 'relayP2p', 'relayRpc', 'relayMetrics'] as const).map((name) => ({
    path: `ports.${name}`,
    of: ({ settings }: FleetNode): unknown => settings.ports[name],
  })),
  { path: 'exposure.rpc', of: ({ settings }: FleetNode): unknown => settings.exposure.rpc },
];

/** In a cluster, a port or an exposure of one node alone would be closed for it, or open on the others. */
export const podsOfAPoolAreReachedAlike: Rule = ({ network }) =>
  network.pools.flatMap(({ name, nodes }) =>
    nodes.flatMap((node) => {
      if (network.places.get(node.place)?.target !== 'kubernetes') return [];
      const first = nodes.find(({ place }) => place === node.place) ?? node;
      return SHARED.filter(({ of }) => of(node) !== of(first)).map(({ path, of }) =>
        settingProblem(node.origins.has(path) ? node : first, path, {
          code: 'exposure',
          what: `${node.name} has ${path} ${of(node)}, and ${first.name} of the same pool in the same cluster has ${of(first)}: one Service and one policy serve them all`,
          remedy: `write it for the whole of ${name}, or give the node a separate pool`,
        }),
      );
    }),
  );
