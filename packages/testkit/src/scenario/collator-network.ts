import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  auraSlotMs,
  bytesOfHex,
  type NodeRpc,
  type RawHeader,
  scaleReader,
  storageKey,
} from '@watchbill/chain';
import { type DevName, devPublicKey, RELAY_KEYS } from '../nodes/dev-keys.ts';
import { type NodeNetwork, startNodeNetwork } from '../nodes/network.ts';
import { watchHeads } from '../nodes/observer/watch-node.ts';
import type { NodePlan } from '../nodes/plan.ts';
import type { RunningNode } from '../nodes/running-node.ts';
import { waitFor } from '../nodes/wait.ts';
import { type BlockBook, blockBook } from './collator-blocks.ts';
import { adoptCollator } from './collator-policy.ts';
import { type CollatorSpecs, collatorSpecFiles, RELAY_SPEC_ID } from './collator-spec.ts';
import { makeToken } from './identity.ts';
import { gateFlags, secretFile } from './machines.ts';
import { type ScenarioServices, startServices } from './services.ts';

/** The validators of the relay chain; `UNRULY` gets cut off, and the chain goes on without it. */
const VALIDATORS: readonly DevName[] = ['Alice', 'Bob', 'Charlie', 'Dave'];
const UNRULY = 'dave';
/** The collator's identity. */
const IDENTITY: DevName = 'Alice';
const GATED = ['gated-1', 'gated-2'] as const;
const WATCHER = 'watcher';
/** Each validator compiles the code of the parachain before it can back a block. */
const FIRST_BLOCK_TIMEOUT_MS = 400_000;
const EVERY_MS = 500;
/**
 * Half of the slots have a validator that drew them, and many two: then the relay chain forks, and with a
 * secondary author in most of the others too. On Westend it is a quarter.
 */
const FORKING = { epochConfig: { c: [1, 2], allowed_slots: 'PrimaryAndSecondaryVRFSlots' } };
const RELAY_LOG = 'info,parachain=info';

export interface CollatorBinaries {
  /** The node of `substrate/`, which makes the specifications. */
  readonly node: string;
  readonly relay: string;
  readonly collator: string;
}

/** A relay chain of four validators with one parachain, whose only authority has two machines. */
export interface CollatorNetwork {
  readonly services: ScenarioServices;
  /** Blocks of the parachain. */
  readonly blocks: BlockBook;
  /** Blocks of the relay chain that its first validator imported. */
  readonly relayBlocks: BlockBook;
  /** The validator that scenarios cut off. */
  readonly unruly: RunningNode;
  /** The machines behind the gate. */
  readonly gated: readonly RunningNode[];
  /**
   * Adds a machine with the same key and without a gate, on a copy of the first gated machine's database, and
   * starts it.
   */
  startPlain(name: string): Promise<RunningNode>;
  /** The gated machine to which a block was granted last. */
  lastGranted(): Promise<RunningNode>;
  /** Number of the parachain block that the best block of the relay chain includes. */
  included(): Promise<number>;
  untilIncluded(number: number): Promise<void>;
  close(): Promise<void>;
}

interface Parts {
  readonly binaries: CollatorBinaries;
  readonly specs: CollatorSpecs;
  readonly folder: string;
  readonly network: NodeNetwork;
  readonly services: ScenarioServices;
  readonly blocks: BlockBook;
  readonly relayBlocks: BlockBook;
  /** Called at the end, last added first. */
  readonly ends: (() => unknown)[];
}

/** Starts the relay chain and two gated machines, and waits until the relay chain includes their blocks. */
export async function startCollatorNetwork(binaries: CollatorBinaries): Promise<CollatorNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-collator-'));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const parts = await startRelayChain(binaries, folder, ends);
    await startGated(parts);
    const made = networkOf(parts, close);
    await made.untilIncluded(2);
    return made;
  } catch (error) {
    await close();
    throw error;
  }
}

async function startRelayChain(
  binaries: CollatorBinaries,
  folder: string,
  ends: (() => unknown)[],
): Promise<Parts> {
  const specs = collatorSpecFiles({
    binary: binaries.node,
    collator: binaries.collator,
    validators: VALIDATORS,
    identity: IDENTITY,
    babe: FORKING,
    folder,
  });
  const validators = VALIDATORS.map(
    (name): NodePlan => ({
      name: name.toLowerCase(),
      keys: [{ suri: `//${name}`, types: RELAY_KEYS }],
      program: 'relay',
      binary: binaries.relay,
    }),
  );
  const watcher: NodePlan = { ...collatorPlan({ binaries, specs }, WATCHER), keys: [], role: 'full' };
  const network = await startNodeNetwork({
    binary: binaries.relay,
    spec: specs.relay,
    nodes: [...validators, watcher],
    folder: join(folder, 'nodes'),
    namespaces: true,
  });
  ends.push(() => network.close());
  const services = await startServices('sqlite', folder);
  ends.push(() => services.close());
  const parts = { binaries, specs, folder, network, services, ends };
  const made = { ...parts, blocks: blockBook(), relayBlocks: blockBook() };
  follow(made, network.node('alice'), made.relayBlocks);
  follow(made, network.node(WATCHER), made.blocks);
  return made;
}

function follow({ ends }: Pick<Parts, 'ends'>, node: RunningNode, book: BlockBook): void {
  ends.push(watchHeads(node.rpc, 'AllHeads', (raw: RawHeader) => book.add(raw, Date.now())));
}

/** A machine of the identity without a gate. */
function collatorPlan({ binaries, specs }: Pick<Parts, 'binaries' | 'specs'>, name: string): NodePlan {
  return {
    name,
    keys: [{ suri: `//${IDENTITY}`, types: ['aura'] }],
    program: 'collator',
    binary: binaries.collator,
    parachainSpec: specs.parachain,
    env: { RUST_LOG: RELAY_LOG },
  };
}

async function startGated(parts: Parts): Promise<void> {
  const { network, services } = parts;
  const urls = services.all.map(({ url }) => url);
  const { rpc } = network.node(WATCHER);
  const chain = await rpc.call<string>('chain_getBlockHash', [0]);
  const slotMs = Number(await auraSlotMs(rpc, chain));
  await adoptCollator(services.alive(), { chain, key: auraKey(), machines: GATED, slotMs });
  for (const name of GATED) {
    const node = await network.add({
      ...collatorPlan(parts, name),
      services: urls,
      args: ({ folder, serviceUrls }) => gateFlags(name, folder, serviceUrls, 'claims'),
    });
    const secret = await makeToken(services.alive(), { role: 'node', name });
    mkdirSync(node.folder, { recursive: true });
    writeFileSync(secretFile(node.folder), `${secret}\n`, { mode: 0o600 });
    follow(parts, node, parts.blocks);
  }
  await network.startAll();
}

function auraKey(): string {
  return `0x${devPublicKey(IDENTITY, 'aura')}`;
}

function networkOf(parts: Parts, close: () => Promise<void>): CollatorNetwork {
  const { network, services, blocks, relayBlocks } = parts;
  const relay = network.node('alice');
  const included = (): Promise<number> => includedIn(relay.rpc);
  return {
    services,
    blocks,
    relayBlocks,
    unruly: network.node(UNRULY),
    gated: GATED.map((name) => network.node(name)),
    included,
    close,
    startPlain: async (name) => {
      // A block that only the gated machines had would be missing for minutes, until it is recovered.
      const { keys = [] } = collatorPlan(parts, name);
      const plain = { keys, services: [], args: ['--duty-off-confirmed'] };
      const node = await network.node(GATED[0]).clone(name, plain);
      forgetRelayIdentity(node);
      follow(parts, node, blocks);
      await node.start();
      return node;
    },
    lastGranted: async () => network.node(await lastOwner(services)),
    untilIncluded: (number) =>
      waitFor(
        `the relay chain includes block ${number} of the parachain`,
        async () => (await included()) >= number,
        {
          timeoutMs: FIRST_BLOCK_TIMEOUT_MS,
          everyMs: EVERY_MS,
          detail: () => network.nodes().map(tailOf).join('\n---\n'),
        },
      ).then(() => undefined),
  };
}

/** The relay-chain node inside a copy makes a new network key: two nodes with one key cut each other off. */
function forgetRelayIdentity({ basePath }: RunningNode): void {
  const folder = join(basePath, 'polkadot', 'chains', RELAY_SPEC_ID, 'network');
  rmSync(folder, { recursive: true, force: true });
}

function tailOf(node: RunningNode): string {
  return `${node.name}:\n${node.log().trim().split('\n').slice(-15).join('\n')}`;
}

async function lastOwner(services: ScenarioServices): Promise<string> {
  const { marks } = (await services.alive().admin('GET', `/v1/marks?key=${auraKey()}`)) as {
    marks: readonly { recent: readonly { unit: string; node: string }[] }[];
  };
  const slotOf = ({ unit }: { unit: string }): bigint => BigInt(unit.split('/')[0] ?? '0');
  const recent = [...(marks[0]?.recent ?? [])].sort((a, b) => (slotOf(a) < slotOf(b) ? -1 : 1));
  return recent.at(-1)?.node ?? GATED[0];
}

/**
 * `Paras::Heads` of the relay chain: the SCALE bytes of a header, whose number follows 32 bytes of parent.
 */
async function includedIn(rpc: NodeRpc): Promise<number> {
  const value = await rpc.call<string | null>('state_getStorage', [headsKey()]);
  if (value === null) return 0;
  const reader = scaleReader(bytesOfHex(value, 'a parachain head'), 'a parachain head');
  reader.compact();
  reader.fixed(32);
  return Number(reader.compact());
}

/** Of parachain 1004: twox64 of the id in four bytes, and these bytes. */
const KEY_OF_ID = 'cafa6fcc550ffd86ec030000';

function headsKey(): string {
  return `${storageKey('Paras', 'Heads')}${KEY_OF_ID}`;
}
