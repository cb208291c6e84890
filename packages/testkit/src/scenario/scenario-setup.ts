import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND } from '../command.ts';
import { type ManagedProcess, managedProcess } from '../managed-process.ts';
import { devPublicKey, type KeyType } from '../nodes/dev-keys.ts';
import type { NodeNetwork } from '../nodes/network.ts';
import type { Observer } from '../nodes/observer/index.ts';
import type { RunningNode } from '../nodes/running-node.ts';
import { type ScenarioChain, startScenarioChain } from './chain.ts';
import { type IdentitySetup, makeToken, setUpIdentity } from './identity.ts';
import { type ChainKind, DEVNET } from './kinds.ts';
import { gatedMachine, sealParaKeys, secretFile } from './machines.ts';
import { type ScenarioServices, type StoreKind, startServices } from './services.ts';
import { type Supervisor, supervise } from './supervisor.ts';

export interface ScenarioSetupOptions {
  readonly binary: string;
  /** Raw chain specification of that kind. */
  readonly spec: string;
  /** Default: the development chain. */
  readonly kind?: ChainKind;
  readonly store: StoreKind;
  readonly wire: 'claims' | 'original';
  /** Called with each step, for progress lines; default: no lines. */
  readonly say?: (text: string) => void;
}

/** Real machines on one chain; two of them are one identity, behind the gate. */
export interface ScenarioSetup {
  readonly options: ScenarioSetupOptions;
  readonly kind: ChainKind;
  /** Genesis hash of the chain. */
  readonly genesis: string;
  readonly services: ScenarioServices;
  readonly network: NodeNetwork;
  readonly observer: Observer;
  readonly supervisor: Supervisor;
  machine(name: string): RunningNode;
  /** The active machine for the slots of the identity, and the other one. */
  roles(): Promise<{ readonly onWatch: RunningNode; readonly standby: RunningNode }>;
  close(): Promise<void>;
}

const OBSERVER_NAME = 'watcher';
const NEW_KEYS = 'development keys of a chain that was made a moment ago';

export async function startScenarioSetup(options: ScenarioSetupOptions): Promise<ScenarioSetup> {
  const { binary, spec, kind = DEVNET, say = () => undefined } = options;
  say(`starting the chain: ${kind.others.length} plain validators and a node that watches`);
  const chain = await startScenarioChain({ binary, spec, kind });
  try {
    return await addIdentity({ ...options, kind }, chain, say);
  } catch (error) {
    await chain.close();
    throw error;
  }
}

async function addIdentity(
  options: ScenarioSetupOptions & { readonly kind: ChainKind },
  chain: ScenarioChain,
  say: (text: string) => void,
): Promise<ScenarioSetup> {
  const { wire, store, kind } = options;
  const { folder, network, watcher, genesis } = chain;
  const services = await startServices(store, folder);
  chain.endFirst(() => services.close());
  say(`starting two gated machines with the keys of ${kind.identity}`);
  const urls = services.all.map(({ url }) => url);
  for (const name of kind.machines) await network.add(gatedMachine(name, urls, wire, kind));
  if (kind.relayBinary !== null)
    for (const name of kind.machines) sealParaKeys(network.node(name).folder, kind);
  await setUpIdentity(services.alive(), identityOf(network, genesis, wire, kind.machines, kind));
  for (const name of kind.machines) await writeSecret(services, network.node(name), genesis, wire, kind);
  await startReports(services, watcher, folder, chain.endFirst);
  await network.startAll();
  const supervisor = supervise(kind.machines.map((name) => network.node(name)));
  chain.endFirst(() => supervisor.close());
  const { observer, close } = chain;
  return setupOf({ options, kind, genesis, services, network, observer, supervisor, close });
}

function setupOf(parts: Omit<ScenarioSetup, 'machine' | 'roles'>): ScenarioSetup {
  const { network, services, options, kind } = parts;
  const [first, second] = kind.machines;
  const slotKey = keyOf(kind, 'babe');
  const machine = (name: string): RunningNode => network.node(name);
  return {
    ...parts,
    machine,
    roles: async () => {
      const key = options.wire === 'claims' ? keyOf(kind, 'gran') : slotKey;
      const answer = (await services.alive().admin('GET', `/v1/watch?key=${key}`)) as {
        watch: readonly { holder: string | null }[];
      };
      const holder = answer.watch[0]?.holder ?? first;
      return { onWatch: machine(holder), standby: machine(holder === first ? second : first) };
    },
  };
}

/** A key of the identity, `0x…`. */
export function keyOf({ identity }: ChainKind, type: KeyType): string {
  return `0x${devPublicKey(identity, type)}`;
}

/** The machines of the identity, as the ledger gets them. */
export function identityOf(
  network: NodeNetwork,
  chain: string,
  wire: 'claims' | 'original',
  machines: readonly string[] = DEVNET.machines,
  kind: ChainKind = DEVNET,
): IdentitySetup {
  return {
    chain,
    slotDuty: 'babe',
    slotKey: keyOf(kind, 'babe'),
    grandpaKey: keyOf(kind, 'gran'),
    ...(kind.relayBinary === null ? {} : { beefyKey: keyOf(kind, 'beef') }),
    slotMs: kind.slotMs,
    standbyDelayMs: kind.standbyDelayMs,
    watchTtlMs: kind.watchTtlMs,
    roster: machines.map((name) => ({
      name,
      ...(wire === 'original' ? { rpcUrl: network.node(name).rpcUrl } : {}),
    })),
    observers: [OBSERVER_NAME],
    wire,
    confirmation: NEW_KEYS,
  };
}

/** A token, or a base URL of the original wire protocol for each service. */
export async function writeSecret(
  services: ScenarioServices,
  node: RunningNode,
  chain: string,
  wire: 'claims' | 'original',
  kind: ChainKind = DEVNET,
): Promise<void> {
  const key = keyOf(kind, 'babe');
  const original = wire === 'original' ? { original: { chain, key } } : {};
  const secret = await makeToken(services.alive(), { role: 'node', name: node.name, ...original });
  const text =
    wire === 'claims' ? secret : node.serviceUrls.map((url) => `${url}#/original/${secret}`).join('\n');
  mkdirSync(node.folder, { recursive: true });
  writeFileSync(secretFile(node.folder), `${text}\n`, { mode: 0o600 });
}

/**
 * `watchbill observe`, one for each service: without the report of another node, the service grants no round.
 * `atEnd` gets the way to stop them.
 */
export async function startReports(
  services: ScenarioServices,
  watcher: RunningNode,
  folder: string,
  atEnd: (stop: () => Promise<unknown>) => void,
): Promise<readonly ManagedProcess[]> {
  const secret = await makeToken(services.alive(), { role: 'observer', name: OBSERVER_NAME });
  const tokenFile = join(folder, 'observer.token');
  writeFileSync(tokenFile, secret, { mode: 0o600 });
  const all = services.all.map(({ url }, index) => {
    const reports = managedProcess('watchbill observe', join(folder, `observe-${index}.log`));
    const args = ['observe', '--node', watcher.wsUrl, '--service', url, '--token-file', tokenFile];
    reports.start([process.execPath, COMMAND, ...args], process.env);
    return reports;
  });
  atEnd(() => Promise.all(all.map((each) => each.stop(2_000))));
  return all;
}
