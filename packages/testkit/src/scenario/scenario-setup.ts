import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { devPublicKey } from '../nodes/dev-keys.ts';
import type { NodeNetwork } from '../nodes/network.ts';
import type { Observer } from '../nodes/observer/index.ts';
import { type ManagedProcess, managedProcess } from '../nodes/process.ts';
import type { RunningNode } from '../nodes/running-node.ts';
import { type ScenarioChain, startScenarioChain } from './chain.ts';
import { type IdentitySetup, makeToken, setUpIdentity } from './identity.ts';
import { gatedMachine, MACHINES, type Machine, secretFile } from './machines.ts';
import { type ScenarioServices, type StoreKind, startServices } from './services.ts';
import { type Supervisor, supervise } from './supervisor.ts';

export interface ScenarioSetupOptions {
  readonly binary: string;
  /** Raw chain specification of five BABE validators with slots of a second. */
  readonly spec: string;
  readonly store: StoreKind;
  readonly wire: 'claims' | 'original';
  /** Called with each step, for progress lines; default: no lines. */
  readonly say?: (text: string) => void;
}

/** Six real machines on a chain of five authorities; two of them are one identity, behind the gate. */
export interface ScenarioSetup {
  readonly options: ScenarioSetupOptions;
  readonly services: ScenarioServices;
  readonly network: NodeNetwork;
  readonly observer: Observer;
  readonly supervisor: Supervisor;
  machine(name: Machine): RunningNode;
  /** The active machine for the slots of the identity, and the other one. */
  roles(): Promise<{ readonly onWatch: RunningNode; readonly standby: RunningNode }>;
  close(): Promise<void>;
}

const SLOT_MS = 1_000;
const IDENTITY = 'Eve';
const OBSERVE = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const OBSERVER_NAME = 'watcher';
const NEW_KEYS = 'development keys of a chain that was made a moment ago';

export async function startScenarioSetup(options: ScenarioSetupOptions): Promise<ScenarioSetup> {
  const { binary, spec, say = () => undefined } = options;
  say('starting the chain: four plain validators and a node that watches');
  const chain = await startScenarioChain({ binary, spec });
  try {
    return await addIdentity(options, chain, say);
  } catch (error) {
    await chain.close();
    throw error;
  }
}

async function addIdentity(
  options: ScenarioSetupOptions,
  chain: ScenarioChain,
  say: (text: string) => void,
): Promise<ScenarioSetup> {
  const { wire, store } = options;
  const { folder, network, watcher, genesis } = chain;
  const services = await startServices(store, folder);
  chain.endFirst(() => services.close());
  say('starting two gated machines with the keys of the fifth validator');
  const urls = services.all.map(({ url }) => url);
  for (const name of MACHINES) await network.add(gatedMachine(name, urls, wire));
  await setUpIdentity(services.alive(), identityOf(network, genesis, wire));
  for (const name of MACHINES) await writeSecret(services, network.node(name), genesis, wire);
  const reports = await startReports(services, watcher, folder);
  chain.endFirst(() => Promise.all(reports.map((each) => each.stop(2_000))));
  await network.startAll();
  const supervisor = supervise(MACHINES.map((name) => network.node(name)));
  chain.endFirst(() => supervisor.close());
  const { observer, close } = chain;
  return setupOf({ options, services, network, observer, supervisor, close });
}

function setupOf(parts: Omit<ScenarioSetup, 'machine' | 'roles'>): ScenarioSetup {
  const { network, services, options } = parts;
  const slotKey = `0x${devPublicKey(IDENTITY, 'babe')}`;
  const machine = (name: Machine): RunningNode => network.node(name);
  return {
    ...parts,
    machine,
    roles: async () => {
      const key = options.wire === 'claims' ? `0x${devPublicKey(IDENTITY, 'gran')}` : slotKey;
      const answer = (await services.alive().admin('GET', `/v1/watch?key=${key}`)) as {
        watch: readonly { holder: string | null }[];
      };
      const holder = answer.watch[0]?.holder ?? MACHINES[0];
      const other = MACHINES.find((name) => name !== holder) ?? MACHINES[1];
      return { onWatch: network.node(holder), standby: machine(other) };
    },
  };
}

/** Eve's machines, as the ledger gets them. */
export function identityOf(
  network: NodeNetwork,
  chain: string,
  wire: 'claims' | 'original',
  machines: readonly Machine[] = MACHINES,
): IdentitySetup {
  return {
    chain,
    slotDuty: 'babe',
    slotKey: `0x${devPublicKey(IDENTITY, 'babe')}`,
    grandpaKey: `0x${devPublicKey(IDENTITY, 'gran')}`,
    slotMs: SLOT_MS,
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
): Promise<void> {
  const key = `0x${devPublicKey(IDENTITY, 'babe')}`;
  const original = wire === 'original' ? { original: { chain, key } } : {};
  const secret = await makeToken(services.alive(), { role: 'node', name: node.name, ...original });
  const text =
    wire === 'claims' ? secret : node.serviceUrls.map((url) => `${url}#/original/${secret}`).join('\n');
  mkdirSync(node.folder, { recursive: true });
  writeFileSync(secretFile(node.folder), `${text}\n`, { mode: 0o600 });
}

/**
 * `watchbill observe`, one for each service: without the report of another node, the service grants no round.
 */
export async function startReports(
  services: ScenarioServices,
  watcher: RunningNode,
  folder: string,
): Promise<readonly ManagedProcess[]> {
  const secret = await makeToken(services.alive(), { role: 'observer', name: OBSERVER_NAME });
  const tokenFile = join(folder, 'observer.token');
  writeFileSync(tokenFile, secret, { mode: 0o600 });
  return services.all.map(({ url }, index) => {
    const reports = managedProcess('watchbill observe', join(folder, `observe-${index}.log`));
    const args = ['observe', '--node', watcher.wsUrl, '--service', url, '--token-file', tokenFile];
    reports.start([process.execPath, OBSERVE, ...args], process.env);
    return reports;
  });
}
