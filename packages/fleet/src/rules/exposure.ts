import type { Problem } from '../network/problem.ts';
import { type FleetNode, type FleetPool, signs } from '../normalise/network.ts';
import { type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

/** What may be reached from elsewhere, and through what. */
export const exposureFits: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    const { p2p, rpc, gateway } = owner.settings.exposure;
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
          'the RPC of a signer makes and takes keys, and never leaves its pod',
          'remove exposure.rpc',
        ),
      );
    if ((rpc === 'gateway') !== (gateway !== null))
      problems.push(
        problem(
          'rpc',
          'RPC through a gateway needs to know which, and a gateway serves nothing else',
          'write `rpc: gateway` and `gateway: {name: …, namespace: …, hostnames: […]}`',
        ),
      );
    const machine = placesOf(owner).find((place) => network.places.get(place)?.target === 'machine');
    if (machine !== undefined && (p2p !== 'none' || rpc === 'gateway'))
      problems.push(
        problem(
          p2p === 'none' ? 'rpc' : 'p2p',
          `${machine} is a machine: it has no services and gateways of a cluster`,
          'remove it; peers reach a machine by exposure.address',
        ),
      );
    return problems;
  });

function placesOf(owner: FleetPool | FleetNode): readonly string[] {
  return 'nodes' in owner ? [...new Set(owner.nodes.map(({ place }) => place))] : [owner.place];
}
