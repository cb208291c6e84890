import type { Problem } from '../network/problem.ts';
import { type FleetNode, type FleetPool, forNode, type Network, signs } from '../normalise/network.ts';
import { type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

/** Who asks before it signs is a signer, where its token can be put; two never have one token. */
export const dutyFits: Rule = ({ network }) => [
  ...settingsOwners(network).flatMap((owner) => [...flagsOfDuty(owner), ...placed(network, owner)]),
  ...tokensShared(network),
];

/** What `duty` says is said there alone, so that nothing that looks gated is not. */
function flagsOfDuty(owner: FleetPool | FleetNode): readonly Problem[] {
  return owner.settings.customFlags
    .filter((flag) => /^--duty(-|=|$)/.test(flag))
    .map((flag) =>
      settingProblem(owner, 'customFlags', {
        code: 'managed-flag',
        what: `${flag.split('=')[0]} follows from another setting`,
        remedy: 'write `duty: {services: [https://HOST:PORT], secret: "{node}-duty"}`',
      }),
    );
}

function placed(network: Network, owner: FleetPool | FleetNode): readonly Problem[] {
  const { duty } = owner.settings;
  if (duty === null) return [];
  const problem = (what: string, remedy: string) => [
    settingProblem(owner, owner.origins.has('duty') ? 'duty' : 'duty.secret', { code: 'duty', what, remedy }),
  ];
  if (!signs(owner.role))
    return problem(`${roleOf(owner)} signs nothing, so it has nothing to ask for`, 'remove duty');
  const places = 'nodes' in owner ? [...owner.places.keys()] : [owner.place];
  const machine = places.find((place) => network.places.get(place)?.target === 'machine');
  if (machine === undefined) return [];
  return problem(
    `${roleOf(owner)} runs on the machine ${machine}, where there is no Secret with its token`,
    'run it in a cluster, or set the gate up by hand: docs/how-to/add-the-gate-to-your-node.md',
  );
}

/** A token is the name of a node towards the services: two with one token would be one. */
function tokensShared({ pools }: Network): readonly Problem[] {
  const first = new Map<string, FleetNode>();
  return pools
    .flatMap(({ nodes }) => nodes)
    .flatMap((node): readonly Problem[] => {
      const { duty } = node.settings;
      if (duty === null) return [];
      const secret = forNode(duty.secret, node.name);
      const before = first.get(`${node.place}/${secret}`);
      if (before !== undefined)
        return [
          settingProblem(node, 'duty.secret', {
            code: 'shared-seed',
            what: `the token in Secret ${secret} would be that of ${before.name} and ${node.name}`,
            remedy: 'name another Secret for each node: `secret: "{node}-duty"`',
          }),
        ];
      first.set(`${node.place}/${secret}`, node);
      return [];
    });
}
