import { isGatedUse, isLocalService, keysOf } from '../graph/key-set.ts';
import type { Problem } from '../network/problem.ts';
import {
  type FleetNode,
  type FleetPool,
  forNode,
  keySetOf,
  type Network,
  signs,
} from '../normalise/network.ts';
import { placesOf, type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';
import { namesOf, nodesOf, shared, tokenOf } from './keys.ts';

/**
 * A node that asks before it signs is a signer, and can reach its services; two nodes never share a token.
 */
export const dutyFits: Rule = ({ network }) => [
  ...settingsOwners(network).flatMap((owner) => [...flagsOfDuty(owner), ...placed(network, owner)]),
  ...servicesApart(network),
  ...identitiesShared(network),
];

/** The settings of `duty` have no flags, so that every node that looks gated is gated. */
function flagsOfDuty(owner: FleetPool | FleetNode): readonly Problem[] {
  return owner.settings.customFlags
    .filter((flag) => /^--duty(-|=|$)/.test(flag) && !confirmsNoGate(owner, flag))
    .map((flag) =>
      settingProblem(owner, 'customFlags', {
        code: 'managed-flag',
        what: `${flag.split('=')[0]} follows from another setting`,
        remedy: 'write `duty: {services: [https://HOST:PORT], secret: "{node}-duty"}`',
      }),
    );
}

/** A node that had a gate and has none any more starts only with this flag. */
function confirmsNoGate({ settings }: FleetPool | FleetNode, flag: string): boolean {
  return flag === '--duty-off-confirmed' && settings.duty === null;
}

function placed(network: Network, owner: FleetPool | FleetNode): readonly Problem[] {
  const { duty } = owner.settings;
  if (duty === null) return [];
  const problem = (key: string, what: string, remedy: string) => [
    settingProblem(owner, owner.origins.has(key) ? key : 'duty', { code: 'duty', what, remedy }),
  ];
  if (!signs(owner.role))
    return problem(
      'duty.secret',
      `${roleOf(owner)} does not sign, so it needs no permission service`,
      'remove duty',
    );
  const [machine] = placesOf(owner, network, 'machine');
  const unseen = duty.services.find((service) => UNSEEN.test(service));
  if (machine === undefined || unseen === undefined) return [];
  return problem(
    'duty.services',
    `${roleOf(owner)} runs as a unit on the machine ${machine}, and does not see the socket of ${unseen}`,
    'let the service listen on a socket elsewhere in /run, or name its https address',
  );
}

/** Folders that are private to a unit, or not visible to it. */
const UNSEEN =
  /^unix:(\/tmp|\/var\/tmp|\/home|\/root|\/run\/user|\/run\/credentials|\/run\/watchbill-fleet)\//;

/**
 * Nodes with the same keys must ask the same services. Other services may have another ledger, and two
 * ledgers grant one unit twice; so may a service on each node's own machine. Each node stores the ledger of
 * its first grant, but that does not make two ledgers one.
 */
function servicesApart(network: Network): readonly Problem[] {
  const sets = new Map<string, Gated[]>();
  for (const node of network.pools.flatMap(({ nodes }) => nodes)) {
    const use = keySetOf(node, network.name);
    if (use !== null && isGatedUse(use))
      sets.set(keysOf(use), [...(sets.get(keysOf(use)) ?? []), { node, use }]);
  }
  return [...sets.values()].flatMap((gated): readonly Problem[] => {
    const [first] = gated;
    const other = gated.find(({ use }) => use !== first?.use);
    if (first === undefined || other === undefined) return [];
    const local = gated.find(asksHere);
    const { node } = local ?? other;
    const all = gated.map((one) => one.node.name).join(' and ');
    return [
      settingProblem(node, node.origins.has('duty.services') ? 'duty.services' : 'duty', {
        code: 'duty',
        what:
          local === undefined
            ? `${all} have the same keys, and ${node.name} asks other services than ${first.node.name}: two ledgers would grant the same unit twice`
            : `${all} have the same keys, and ${node.name} asks a service on its own machine: the service on another machine would grant the same unit again`,
        remedy: 'name the services by their https addresses, the same for all of them',
      }),
    ];
  });
}

interface Gated {
  readonly node: FleetNode;
  readonly use: string;
}

function asksHere({ node }: Gated): boolean {
  return node.settings.duty?.services.some(isLocalService) ?? false;
}

/** The services know a node by its token and name: two nodes with one of them would count as one node. */
function identitiesShared(network: Network): readonly Problem[] {
  const nodes = nodesOf(network);
  const tokens = shared(nodes, tokenOf).map(([second, all, token]) =>
    settingProblem(second, 'duty.secret', {
      code: 'shared-seed',
      what: `the token in Secret ${token.slice(token.indexOf('/') + 1)} would be that of ${namesOf(all)}`,
      remedy: 'name another Secret for each node: `secret: "{node}-duty"`',
    }),
  );
  const names = shared(nodes, ({ name, settings: { duty } }) =>
    duty === null ? null : [forNode(duty.node, name), ...duty.services.toSorted()].join(' '),
  ).map(([second, all, text]) =>
    settingProblem(second, 'duty.node', {
      code: 'duty',
      what: `${namesOf(all)} would ask the same services as the node ${text.split(' ')[0]}`,
      remedy: 'write another name for each node, for example `node: "{node}"`',
    }),
  );
  return [...tokens, ...names];
}
