import type { NodeFacts } from '../facts.ts';
import { unknownFacts } from '../facts.ts';
import type { Ask, Moved, RolloutPort, RolloutUnit } from '../port.ts';

/** The behaviour of a node that gets the new version, or the old one. */
export type Fate =
  | 'good'
  | 'down'
  | 'crashes'
  | 'silent'
  | 'lags'
  | 'refused'
  | 'lost'
  | 'no-votes'
  | 'keys-lost';
export const FATES: readonly Fate[] = [
  'good',
  'down',
  'crashes',
  'silent',
  'lags',
  'refused',
  'lost',
  'no-votes',
  'keys-lost',
];

export interface FakeNode {
  version: 'old' | 'new';
  isUp: boolean;
  /** Whether it is as it should be while it is up. */
  state: Fate;
}

/** A network in memory, in which a node is stopped, changed and started again. */
export interface FakePort extends RolloutPort {
  readonly nodes: Map<string, FakeNode>;
  readonly calls: string[];
  /** Signers of one pool that the roll-out took down at the same time. */
  readonly breaches: string[];
  /** Called between the parts of a change; throws to end the run there. */
  readonly hook: { at: (moment: string) => void };
  readonly fates: { onNew: Map<string, Fate>; onOld: Map<string, Fate> };
}

const KEYS = '0xaa';

/** The parts of a fake network that changes of its nodes touch. */
interface Ground extends Pick<FakePort, 'nodes' | 'calls' | 'breaches' | 'hook' | 'fates'> {
  readonly signers: readonly { readonly node: string; readonly pool: string }[];
}

export function fakePort(units: readonly RolloutUnit[], others: RolloutPort['others'] = []): FakePort {
  const all = [...units.flatMap((unit) => unit.nodes), ...others.map(({ node }) => node)];
  const ground: Ground = {
    signers: [
      ...units.flatMap(({ pool, signs, nodes }) => (signs ? nodes.map((node) => ({ node, pool })) : [])),
      ...others.filter(({ signs }) => signs),
    ],
    nodes: new Map(all.map((name) => [name, { version: 'old', isUp: true, state: 'good' } as FakeNode])),
    calls: [],
    breaches: [],
    hook: { at: () => undefined },
    fates: { onNew: new Map(), onOld: new Map() },
  };
  const unitOf = (id: string): RolloutUnit => {
    const found = units.find((unit) => unit.id === id);
    if (found === undefined) throw new Error(`no unit ${id}`);
    return found;
  };
  const { nodes, calls, breaches, hook, fates } = ground;
  return {
    ...{ nodes, calls, breaches, hook, fates },
    units,
    others,
    change: async (id, count) => replaceAll(ground, unitOf(id).nodes.slice(0, count), 'new'),
    restore: async (id) => replaceAll(ground, unitOf(id).nodes, 'old'),
    facts: async (asked) => asked.map((ask) => factsOf(ground, ask)),
    mark: async () => ({ height: 998, voter: null }),
    final: async () => ({ height: 998, specVersion: 1, timeMs: 0 }),
  };
}

function nodeOf({ nodes }: Ground, name: string): FakeNode {
  const found = nodes.get(name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

function replaceAll(ground: Ground, names: readonly string[], version: 'old' | 'new'): Moved {
  for (const name of names) {
    const node = nodeOf(ground, name);
    if (node.version === version && node.isUp) continue;
    const moved = replace(ground, name, version);
    if (!moved.ok) return moved;
  }
  return { ok: true };
}

function replace(ground: Ground, name: string, version: 'old' | 'new'): Moved {
  const { calls, hook, fates } = ground;
  const node = nodeOf(ground, name);
  const fate = (version === 'new' ? fates.onNew : fates.onOld).get(name) ?? 'good';
  hook.at(`before ${name}`);
  if (fate === 'refused') return { ok: false, detail: `${name} refuses` };
  stop(ground, name);
  hook.at(`stopped ${name}`);
  node.version = version;
  hook.at(`changed ${name}`);
  node.state = fate;
  node.isUp = fate !== 'down' && fate !== 'crashes' && fate !== 'lost';
  hook.at(`started ${name}`);
  calls.push(`${name} ${version}`);
  return fate === 'lost' ? { ok: false, detail: `${name}: the reply was lost` } : { ok: true };
}

function stop(ground: Ground, name: string): void {
  const { signers, breaches } = ground;
  const own = signers.find(({ node }) => node === name);
  const beside = signers.filter(
    ({ node, pool }) => node !== name && pool === own?.pool && !nodeOf(ground, node).isUp,
  );
  if (own !== undefined && nodeOf(ground, name).isUp && beside.length > 0)
    breaches.push(`${name} was stopped while ${beside.map(({ node }) => node).join()} was down`);
  nodeOf(ground, name).isUp = false;
}

function factsOf(ground: Ground, { node: name, version, since }: Ask): NodeFacts {
  const node = nodeOf(ground, name);
  const signs = ground.signers.some((one) => one.node === name);
  const blank = unknownFacts(name, signs);
  if (node.state === 'crashes' && !node.isUp) return { ...blank, failure: 'it ends again and again' };
  if (!node.isUp || node.state === 'silent') return blank;
  return {
    ...blank,
    isRight: version === null || (version === 'new') === (node.version === 'new'),
    best: 1_000,
    finalised: node.state === 'lags' ? 100 : 998,
    peers: 3,
    isSyncing: false,
    rpcCalls: { all: 100, failed: 0 },
    signer: signs
      ? {
          held: node.state === 'keys-lost' ? [] : [KEYS],
          inSet: true,
          signed: since === null ? null : node.state === 'no-votes' ? 0 : 2,
        }
      : null,
  };
}
