import { execFileSync } from 'node:child_process';
import { COMMAND } from '../command.ts';
import { RELAY_KEYS } from '../nodes/dev-keys.ts';
import { type NodeKeys, putKeys } from '../nodes/keystore.ts';
import type { NodePlace, NodePlan } from '../nodes/plan.ts';
import { type ChainKind, DEVNET } from './kinds.ts';

/** Machines that share one identity on the development chain, in order of rank. */
export const MACHINES = DEVNET.machines;

/** A GRANDPA round takes two to four of these; half a second fits slots of one second. */
const GOSSIP_MS = '500';

/** The keys of a relay-chain validator that the gate guards, and the one of its address in the network. */
const GUARDED_KEYS = ['babe', 'gran', 'beef', 'audi'] as const;
/** The keys that only one machine of an identity may have: sealed, they follow the lease of the service. */
const PARA_KEYS = ['para', 'asgn'] as const;

/** Validators that sign without a permission service, like most of a network. */
export function plainPlans(kind: ChainKind = DEVNET): readonly NodePlan[] {
  return kind.others.map((name) => signingPlan(name.toLowerCase(), `//${name}`, kind));
}

/**
 * Holds the keys of the identity without signing, so that it can list its due slots, and records arrivals.
 * It is the node of `substrate/` on every chain: no other node records.
 */
export function watcherPlan(kind: ChainKind = DEVNET): NodePlan {
  return {
    name: 'watcher',
    role: 'full',
    keys: [{ suri: `//${kind.identity}` }],
    args: (place) => [...gossip(kind), ...recordArgs(place)],
  };
}

/** Flags of a node that records which votes and blocks arrive, in files of its folder. */
export function recordArgs({ folder }: Pick<NodePlace, 'folder'>): readonly string[] {
  return ['--record-votes', `${folder}/votes.jsonl`, '--record-blocks', `${folder}/blocks.jsonl`];
}

/** One machine of the identity, plain: it signs whatever its keys allow. */
export function plainMachine(name: string, kind: ChainKind = DEVNET): NodePlan {
  return signingPlan(name, `//${kind.identity}`, kind);
}

/** One machine of the identity behind the gate. */
export function gatedMachine(
  name: string,
  services: readonly string[],
  wire: 'claims' | 'original',
  kind: ChainKind = DEVNET,
): NodePlan {
  const keys: NodeKeys = { suri: `//${kind.identity}` };
  const isRelay = kind.relayBinary !== null;
  return {
    ...plainMachine(name, kind),
    keys: [isRelay ? { ...keys, types: GUARDED_KEYS } : keys],
    services,
    // No scenario of a relay chain steps a clock.
    clock: isRelay ? 'machine' : 'stepped',
    args: ({ folder, serviceUrls }) => [
      ...gossip(kind),
      ...gateFlags(name, folder, serviceUrls, wire),
      ...(isRelay ? ['--duty-sealed-keys', `${folder}/sealed`, '--duty-identity', `${folder}/identity`] : []),
    ],
  };
}

/** Token, or base URLs, of a machine; the token's file is written before its first start. */
export function secretFile(folder: string): string {
  return `${folder}/gate.secret`;
}

/** Seals the parachain keys of a relay-chain identity for one of its machines, as an operator does. */
export function sealParaKeys(folder: string, kind: ChainKind): void {
  putKeys(`${folder}/para`, [{ suri: `//${kind.identity}`, types: PARA_KEYS }]);
  const run = (line: string) =>
    execFileSync(process.execPath, [COMMAND, 'guard', ...line.split(' ')], { cwd: folder, timeout: 60_000 });
  run('identity --out identity');
  run('seal --keystore para --sealed sealed --remove --identity identity');
}

function signingPlan(name: string, suri: string, kind: ChainKind): NodePlan {
  if (kind.relayBinary === null) return { name, keys: [{ suri }], args: gossip(kind) };
  const keys = [{ suri, types: RELAY_KEYS }];
  return { name, keys, program: 'relay', binary: kind.relayBinary };
}

/** Flags of a machine behind the gate. */
export function gateFlags(
  name: string,
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

/** The relay-chain node has no such flag, and slots of six seconds need none. */
function gossip({ relayBinary }: ChainKind): readonly string[] {
  return relayBinary === null ? ['--gossip-duration-ms', GOSSIP_MS] : [];
}
