import type { Clock } from '@watchbill/base';
import { genesisHash, NodeFault, type NodeRpc } from '@watchbill/chain';
import { keyNameOf } from '../custody/key-name.ts';
import {
  type DoctorFacts,
  type KeystoreFacts,
  type Look,
  notAsked,
  type PublicKey,
  type SessionFacts,
  seen,
} from '../doctor/facts.ts';
import { placeText } from '../doctor/finding.ts';
import { ofThisMachine } from '../doctor/keystore-checks.ts';
import { GuardFault } from '../fault.ts';
import { inspectBlocks } from './blocks.ts';
import { inspectDisk } from './disk.ts';
import { inspectExposure } from './exposure.ts';
import { inspectKeystore, inspectSealed } from './keystore.ts';
import { listenForBlocks, listenForVotes } from './listen.ts';
import { inspectHeld, inspectNode } from './node.ts';
import { inspectRemoteKeystore, type SshOptions } from './remote.ts';
import { inspectSession, type Wanted } from './session.ts';
import { inspectUnit } from './unit.ts';

/** A keystore, on this machine or on another one that ssh reaches. */
export interface KeystorePlace {
  /** As ssh names it, for example `validator@203.0.113.9`; null for this machine. */
  readonly host: string | null;
  readonly path: string;
}

/** The places to look at. An input that is null or empty was not given. */
export interface Places {
  readonly keystores: readonly KeystorePlace[];
  readonly sealed: string | null;
  readonly unit: string | null;
  readonly disk: string | null;
  /** The own node, with the URL that was given. */
  readonly own: { readonly rpc: NodeRpc; readonly url: string } | null;
  /** Other nodes of the chain. */
  readonly others: readonly NodeRpc[];
  readonly wanted: Wanted | null;
}

export interface InspectOptions extends SshOptions {
  readonly clock: Clock;
  /** How long to listen for votes and blocks. */
  readonly listenMs: number;
  /** How many finalised blocks to read. */
  readonly blocks: number;
  /** Addresses of this machine at which others reach it. */
  readonly addresses: readonly string[];
}

const NO_NODE = notAsked('--rpc and --node are not given');
const NO_OWN = notAsked('--node is not given');
const NO_KEY = notAsked('no key to look for: give --validator, --key or --keystore');

/** Reads everything at the same time. Throws if the nodes are of different chains. */
export async function inspect(places: Places, options: InspectOptions): Promise<DoctorFacts> {
  const machine = inspectMachine(places, options);
  const own = places.own === null ? null : await firstAnswer(places.own.rpc);
  const others = await Promise.all(places.others.map(firstAnswer));
  const answers = own === null ? others : [own, ...others];
  refuseTwoChains(answers);
  // Another node shows better whether votes of the own one arrive.
  const chain = [...others, ...answers].find(({ genesis }) => genesis !== null) ?? answers[0];
  const nodes = Promise.all([
    own === null ? NO_OWN : inspectNode(own.node),
    Promise.all(others.map(({ node }) => inspectNode(node))),
    places.own === null ? NO_OWN : inspectExposure(places.own.url, options.addresses),
  ]);
  const keys =
    chain === undefined
      ? { session: NO_NODE, held: NO_NODE, blocks: NO_NODE, votes: NO_NODE, clock: NO_NODE }
      : await inspectKeys(
          { chain: chain.node, own: own?.node ?? null, wanted: places.wanted },
          options,
          machine,
        );
  const [[keystores, sealed, unit, disk], [node, more, exposed]] = await Promise.all([machine, nodes]);
  return {
    atMs: options.clock.nowMs(),
    places: placesText(places),
    ...{ keystores, sealed, unit, disk, own: node, others: more, exposed },
    ...keys,
  };
}

function inspectMachine({ keystores, sealed, unit, disk }: Places, options: InspectOptions) {
  return Promise.all([
    inspectKeystores(keystores, options),
    sealed === null ? notAsked('--sealed is not given') : inspectSealed(sealed),
    unit === null ? notAsked('--unit is not given') : inspectUnit(unit, options.env),
    disk === null ? notAsked('--database is not given') : inspectDisk(disk),
  ]);
}

/** One connection to a host at a time: its ssh server refuses many at once. */
async function inspectKeystores(
  places: readonly KeystorePlace[],
  options: SshOptions,
): Promise<readonly Look<KeystoreFacts>[]> {
  const last = new Map<string, Promise<unknown>>();
  return Promise.all(
    places.map(({ host, path }) => {
      if (host === null) return inspectKeystore(path);
      const reading = (last.get(host) ?? Promise.resolve()).then(() =>
        inspectRemoteKeystore(host, path, options),
      );
      last.set(host, reading);
      return reading;
    }),
  );
}

type Machine = Promise<readonly [readonly Look<KeystoreFacts>[], Look<readonly string[]>, ...unknown[]]>;
type KeyFacts = Pick<DoctorFacts, 'session' | 'held' | 'blocks' | 'votes' | 'clock'>;

interface KeyPlaces {
  /** The node that shows the chain. */
  readonly chain: NodeRpc;
  readonly own: NodeRpc | null;
  readonly wanted: Wanted | null;
}

/** Session keys, and the duties of these keys. */
async function inspectKeys(places: KeyPlaces, options: InspectOptions, machine: Machine): Promise<KeyFacts> {
  const { chain, own, wanted } = places;
  const { clock, listenMs } = options;
  const listening = Promise.all([
    listenForVotes(chain, clock, listenMs),
    listenForBlocks(own ?? chain, clock, listenMs),
  ]);
  const session =
    wanted === null ? notAsked('--validator and --key are not given') : await inspectSession(chain, wanted);
  const wantedKeys = sessionKeys(session);
  const held = own === null ? NO_OWN : await inspectHeld(own, wantedKeys);
  const candidates = [...wantedKeys, ...(await keysOfMachine(machine))];
  const blocks = candidates.length === 0 ? NO_KEY : await inspectBlocks(chain, candidates, options.blocks);
  const [heard, clockFacts] = await listening;
  const votes = candidates.length === 0 ? NO_KEY : heard.looked ? seen(heard.value.facts(candidates)) : heard;
  return { session, held, blocks, votes, clock: clockFacts };
}

function sessionKeys(session: Look<SessionFacts>): readonly PublicKey[] {
  if (!session.looked) return [];
  const { given, registered, queued } = session.value;
  const all = [...(queued ?? []), ...(registered ?? []), ...(given ?? [])];
  return [...new Map(all.map((key) => [`${key.kind} ${key.publicKey}`, key])).values()];
}

/** The key of a past rotation is in no list of the chain, and may still be the active one. */
async function keysOfMachine(machine: Machine): Promise<readonly PublicKey[]> {
  const [keystores, sealed] = await machine;
  const open = ofThisMachine(keystores).flatMap(({ keys }) => keys);
  const closed = sealed.looked ? sealed.value.flatMap((file) => keyNameOf(file) ?? []) : [];
  return [...open, ...closed];
}

/** A node, and the hash of its block 0; null if it does not answer. */
interface FirstAnswer {
  readonly node: NodeRpc;
  readonly genesis: string | null;
}

/** A node that does not answer is asked once: each later call fails at once, with the same reason. */
async function firstAnswer(node: NodeRpc): Promise<FirstAnswer> {
  try {
    return { node, genesis: await genesisHash(node) };
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    return { node: { ...node, call: () => Promise.reject(error) }, genesis: null };
  }
}

function refuseTwoChains(answers: readonly FirstAnswer[]): void {
  const [first, ...rest] = answers.filter(({ genesis }) => genesis !== null);
  const other = rest.find(({ genesis }) => genesis !== first?.genesis);
  if (first === undefined || other === undefined) return;
  throw new GuardFault(
    'chain',
    `${first.node.address} and ${other.node.address} are nodes of two chains: ${first.genesis} and ${other.genesis}`,
    'give --node and --rpc nodes of one chain',
    undefined,
    'usage',
  );
}

/** An address shows no path, which may be secret. */
function placesText({ keystores, sealed, unit, disk, own, others }: Places): readonly string[] {
  return [
    ...keystores.map((place) => `keystore ${placeText(place)}`),
    ...(sealed === null ? [] : [`sealed ${sealed}`]),
    ...(unit === null ? [] : [`unit ${unit}`]),
    ...(disk === null ? [] : [`database ${disk}`]),
    ...(own === null ? [] : [`node ${own.rpc.address}`]),
    ...others.map(({ address }) => `rpc ${address}`),
  ];
}
