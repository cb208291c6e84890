import type { NodePlan } from '../nodes/plan.ts';

/** Machines that share one identity, in order of rank. */
export const MACHINES = ['eve-1', 'eve-2'] as const;
export type Machine = (typeof MACHINES)[number];

/** Validators of the chain with one machine each. */
const OTHERS = ['Alice', 'Bob', 'Charlie', 'Dave'] as const;

/** A GRANDPA round takes two to four of these; half a second fits slots of one second. */
const GOSSIP_MS = '500';

/** Validators that sign without a permission service, like most of a network. */
export function plainPlans(): readonly NodePlan[] {
  return OTHERS.map((name) => ({
    name: name.toLowerCase(),
    keys: [{ suri: `//${name}` }],
    args: gossip(),
  }));
}

/** Holds Eve's keys without signing, so that it can list her due slots, and records arrivals. */
export function watcherPlan(): NodePlan {
  return {
    name: 'watcher',
    role: 'full',
    keys: [{ suri: '//Eve' }],
    args: ({ folder }) => [
      ...gossip(),
      '--record-votes',
      `${folder}/votes.jsonl`,
      '--record-blocks',
      `${folder}/blocks.jsonl`,
    ],
  };
}

/** One machine of the identity, plain: it signs whatever its keys allow. */
export function plainMachine(name: Machine): NodePlan {
  return { name, keys: [{ suri: '//Eve' }], args: gossip() };
}

/** One machine of the identity behind the gate. */
export function gatedMachine(
  name: Machine,
  services: readonly string[],
  wire: 'claims' | 'original',
): NodePlan {
  return {
    name,
    keys: [{ suri: '//Eve' }],
    services,
    clock: 'stepped',
    args: ({ folder, serviceUrls }) => [...gossip(), ...gateFlags(name, folder, serviceUrls, wire)],
  };
}

/** Token, or base URLs, of a machine; the token's file is written before its first start. */
export function secretFile(folder: string): string {
  return `${folder}/gate.secret`;
}

function gateFlags(
  name: Machine,
  folder: string,
  serviceUrls: readonly string[],
  wire: 'claims' | 'original',
): readonly string[] {
  const state = ['--duty-state', `${folder}/gate.json`, '--duty-timing-file', `${folder}/timing.json`];
  if (wire === 'original') return ['--duty', 'original', '--duty-url-file', secretFile(folder), ...state];
  const services = serviceUrls.flatMap((url) => ['--duty-service', url]);
  return [
    '--duty',
    'claims',
    '--duty-node',
    name,
    '--duty-token-file',
    secretFile(folder),
    ...services,
    ...state,
  ];
}

function gossip(): readonly string[] {
  return ['--gossip-duration-ms', GOSSIP_MS];
}
