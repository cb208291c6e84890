// A validator machine that runs everything: the gated node, and the permission service with its store and
// ledger. It can be copied at one moment and put back as a whole, like a virtual machine from a snapshot.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  devPublicKey,
  type NodeNetwork,
  type NodePlan,
  type Observer,
  type RunningNode,
  type ServiceProcess,
  startNodeNetwork,
  startObserver,
  untilReady,
  untilStopped,
  waitFor,
} from '@watchbill/testkit';
import {
  policiesOf,
  recordArgs,
  type Supervisor,
  setUpIdentity,
  startReports,
  startServices,
  supervise,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { type Vote, votesOf } from '@watchbill/testkit/scenario/votes';
import { gateArgs, giveToken, identityOfDev } from './dev-gate.ts';

/** What is put back: everything, the node without its service, or the state file of its gate alone. */
export type Extent = 'machine' | 'node' | 'gate-state';

export interface WholeMachine {
  readonly node: RunningNode;
  readonly service: ServiceProcess;
  /** One of the three others. Without him and the machine no round ends. */
  readonly bob: RunningNode;
  /** It asks other nodes, and knows no service. */
  readonly observer: Observer;
  /** Votes of the machine, in the order in which another node received them. */
  votes(): readonly Vote[];
  /** Change `return` in the policies of both keys. */
  applyReturn(how: 'deny' | 'trust'): Promise<void>;
  /** Copy all files of node and service at one moment, and answer it: SIGSTOP stops both meanwhile. */
  copy(): Promise<number>;
  /** Kill what is put back, put its files back and start it. `env` goes to the service. */
  putBack(extent: Extent, env?: Readonly<Record<string, string>>): Promise<void>;
}

interface Parts extends Pick<WholeMachine, 'node' | 'service' | 'observer'> {
  readonly supervisor: Supervisor;
  /** `watchbill observe`, which is not on the machine. */
  readonly reports: Awaited<ReturnType<typeof startReports>>;
}

const NAME = 'dave';
const VOTE_KEY = `0x${devPublicKey('Dave', 'gran')}`;
/**
 * A voter prevotes after two of these, and a round ends after four. So a machine may be back within a
 * round and vote in it again.
 */
const GOSSIP = ['--gossip-duration-ms', '1500'];
const ORDER_WAIT = { timeoutMs: 60_000 };

/** Three plain validators, a node that watches, and the machine of the fourth validator. */
export async function startWholeMachine(context: TestContext): Promise<WholeMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-machine-'));
  const ends: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  context.after(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const services = await startServices('sqlite', folder);
  ends.push(() => services.close());
  const service = services.alive();
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '4'),
    folder: join(folder, 'nodes'),
    nodes: [WATCHER, ...['Alice', 'Bob', 'Charlie'].map(plainPlan)],
    args: GOSSIP,
  });
  ends.push(() => network.close());
  const watcher = network.node('watcher');
  const votesFile = join(watcher.folder, 'votes.jsonl');
  const blocksFile = join(watcher.folder, 'blocks.jsonl');
  const observer = await startObserver({ nodes: [watcher, network.node('alice')], votesFile, blocksFile });
  ends.push(() => observer.close());
  const applyReturn = await adoptKeys(service, watcher);
  const reports = await startReports(services, watcher, folder, (stop) => ends.push(stop));
  const node = await addGated(network, service);
  const supervisor = supervise([node]);
  ends.push(() => supervisor.close());
  const parts = { node, service, observer, supervisor, reports };
  const place = join(folder, 'copy');
  return {
    ...parts,
    bob: network.node('bob'),
    votes: () => votesOf(votesFile).filter(({ authority }) => authority === VOTE_KEY),
    applyReturn,
    copy: () => copyTo(place, parts),
    putBack: (extent, env) => putBack(place, parts, extent, env),
  };
}

/** Signs nothing: it records what arrives, and says which slots are due for Dave. */
const WATCHER: NodePlan = { name: 'watcher', role: 'full', keys: [{ suri: '//Dave' }], args: recordArgs };

function plainPlan(name: string): NodePlan {
  return { name: name.toLowerCase(), keys: [{ suri: `//${name}` }] };
}

async function adoptKeys(
  service: ServiceProcess,
  watcher: RunningNode,
): Promise<WholeMachine['applyReturn']> {
  const chain = await watcher.rpc.call<string>('chain_getBlockHash', [0]);
  const setup = identityOfDev(chain, 'Dave', NAME);
  const applyReturn = async (how: 'deny' | 'trust'): Promise<void> => {
    for (const policy of policiesOf({ ...setup, return: how })) {
      await service.admin('PUT', '/v1/policies', policy);
    }
  };
  // A busy machine may renew the session of the service too late, and then it takes no order for a moment.
  const patiently = (what: string, order: () => Promise<void>): Promise<true> =>
    waitFor(what, async () => order().then(() => true as const), ORDER_WAIT);
  await patiently('policies and adoptions', () => setUpIdentity(service, setup));
  await patiently('policies', () => applyReturn('deny'));
  return async (how) => void (await patiently('policies', () => applyReturn(how)));
}

async function addGated(network: NodeNetwork, service: ServiceProcess): Promise<RunningNode> {
  const node = await network.add({
    name: NAME,
    keys: [{ suri: '//Dave' }],
    args: (place) => [
      ...gateArgs(NAME, service.url)(place),
      ...['--duty-state', join(place.folder, GATE_STATE)],
    ],
  });
  await giveToken(service, node);
  await node.start();
  return node;
}

const GATE_STATE = 'gate.json';
const isGateState = (name: string): boolean => name.startsWith(GATE_STATE);
/** What the service remembers. Its log is no memory, and stays. */
const isMemory = (name: string): boolean => /^(data$|store\.sqlite)/.test(name);
const isAny = (): boolean => true;

async function copyTo(place: string, { node, service }: Parts): Promise<number> {
  const pid = node.pid();
  if (pid === null) throw new Error(`${node.name} does not run, so there is no moment to copy`);
  node.pause();
  process.kill(service.pid, 'SIGSTOP');
  try {
    await Promise.all([untilStopped(pid), untilStopped(service.pid)]);
    const atMs = Date.now();
    replace(node.folder, join(place, 'node'), isAny);
    replace(service.dir, join(place, 'service'), isMemory);
    return atMs;
  } finally {
    process.kill(service.pid, 'SIGCONT');
    node.resume();
  }
}

async function putBack(
  place: string,
  { node, service, supervisor, reports }: Parts,
  extent: Extent,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const release = supervisor.leave(node);
  try {
    await Promise.all([node.kill(), ...(extent === 'machine' ? [service.kill()] : [])]);
    replace(join(place, 'node'), node.folder, extent === 'gate-state' ? isGateState : isAny);
    if (extent === 'machine') {
      // After each attempt in vain it waits longer, and the node would find a service without a report.
      for (const report of reports) report.pause();
      replace(join(place, 'service'), service.dir, isMemory);
      await service.restart(env);
      await untilReady(service);
      for (const report of reports) report.resume();
    }
    await node.start();
  } finally {
    release();
  }
}

/** Make the chosen entries of one folder those of another. */
function replace(from: string, to: string, chosen: (name: string) => boolean): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to).filter(chosen)) rmSync(join(to, name), { recursive: true });
  for (const name of readdirSync(from).filter(chosen))
    cpSync(join(from, name), join(to, name), { recursive: true });
}
