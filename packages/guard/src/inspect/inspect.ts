import {
  bytesOfHex,
  finalizedHead,
  genesisHash,
  hexOf,
  NodeFault,
  type NodeRpc,
  sessionKeyOwner,
} from '@watchbill/chain';
import { type Clock, isLoopback } from '@watchbill/kit';
import { anyKeyNameOf, distinct, type PublicKey } from '../custody/key-name.ts';
import { unfit } from '../fault.ts';
import { inspectBlocks } from './blocks.ts';
import type { Discovery } from './discover.ts';
import { inspectDatabase, inspectDisk, inspectDiskSync } from './disk.ts';
import { answerAt, inspectExposure } from './exposure.ts';
import { inspectKeystore, inspectSealed, type KeystoreFacts, ofThisMachine, placeText } from './keystore.ts';
import { listenForBlocks, listenForVotes, voteFacts } from './listen.ts';
import { known, type Look, looking, notAsked, seen, unread, type ValueOf } from './look.ts';
import { inspectHeld, inspectNode } from './node.ts';
import { machineAt } from './places.ts';
import { inspectProcesses } from './processes.ts';
import { inspectRemoteKeystore, type SshOptions } from './remote.ts';
import { inspectSession } from './session.ts';
import { inspectStaking } from './staking.ts';
import { inspectStarters } from './starters.ts';
import { inspectOtherUnit, inspectUnit } from './unit.ts';

/** The places to look at. An input that is null or empty was not given. */
export interface Places {
  /** The nodes of `discover`: then starters are looked at also without a place on this machine. */
  readonly found: Omit<Discovery, 'map' | 'flags'> | null;
  /** On this machine, or on another one that ssh reaches. */
  readonly keystores: readonly Pick<KeystoreFacts, 'host' | 'path'>[];
  readonly sealed: string | null;
  readonly unit: string | null;
  readonly otherUnits: readonly { readonly host: string; readonly name: string }[];
  readonly disk: string | null;
  /** Where to measure the disk with a file that is removed again. */
  readonly measured: string | null;
  /** The own node, with the URL that was given. */
  readonly own: { readonly rpc: NodeRpc; readonly url: string } | null;
  readonly others: readonly NodeRpc[];
  /** A node of the chain with the stakes, if that is another chain. */
  readonly staking: NodeRpc | null;
  /** The account of the validator. */
  readonly validator: Uint8Array | null;
}

export interface InspectOptions extends SshOptions {
  readonly clock: Clock;
  readonly listenMs: number;
  readonly blocks: number;
  /** Root folder of this machine: `/`. */
  readonly root: string;
}

const NO_NODE = notAsked('--rpc and --node are not given');
const NO_OWN = notAsked('--node is not given');
const NO_VALIDATOR = '--validator is not given, and the chain names no owner of a key here';
const NO_KEY = notAsked('no key to look for: give --validator or --keystore');

/** Reads everything at the same time. Throws if the nodes are of different chains. */
export async function inspect(places: Places, options: InspectOptions) {
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
    places.own === null ? NO_OWN : inspectExposure(places.own.url),
  ]);
  const keys =
    chain === undefined
      ? { session: NO_NODE, held: NO_NODE, staking: NO_NODE, blocks: NO_NODE, votes: NO_NODE, clock: NO_NODE }
      : await inspectKeys(places, [chain.node, own?.node ?? null], options, machine);
  const [onMachine, [node, more, exposed]] = await Promise.all([machine, nodes]);
  return {
    atMs: options.clock.nowMs(),
    /** The places that were looked at, for example `keystore /var/lib/polkadot/keystore`. */
    places: placesText(places),
    ...onMachine,
    /** Further nodes of this machine that sign, each with the flags that look at it. */
    further: places.found?.further ?? [],
    ...{ own: node, others: more, exposed },
    /** No process listens at the RPC of the own node, which is on this machine. */
    ownIsDown: own?.fault === 'unreachable' && isLoopback(new URL(places.own?.url ?? '').hostname),
    ...keys,
  };
}

export type DoctorFacts = Awaited<ReturnType<typeof inspect>>;
type SessionFacts = ValueOf<typeof inspectSession>;

const NO_DATABASE = '--database is not given';
const NO_SECOND = notAsked('a second unit of a keystore is looked for only without a place');
const NO_MACHINE = notAsked('neither --keystore nor --unit nor --database of this machine is given');

/** Reads a place, if it was given. */
const given = async <Place, Value>(
  place: Place | null,
  why: string,
  read: (place: Place) => Promise<Look<Value>>,
): Promise<Look<Value>> => (place === null ? notAsked(why) : read(place));

async function inspectMachine(places: Places, options: InspectOptions) {
  const { keystores, sealed, unit, otherUnits, disk, measured } = places;
  const { root, clock } = options;
  const inTurn = turns();
  const isLocal =
    places.found !== null || disk !== null || unit !== null || keystores.some(({ host }) => host === null);
  const processes = places.found?.processes ?? (isLocal ? await inspectProcesses(root) : NO_MACHINE);
  const running = known(processes);
  const store = ({ host, path }: Places['keystores'][number]) =>
    host === null ? inspectKeystore(path) : inTurn(host, () => inspectRemoteKeystore(host, path, options));
  const [stores, sealedKeys, ownUnit, secondUnits, others, starters, space, database, diskSync] =
    await Promise.all([
      Promise.all(keystores.map(store)),
      given(sealed, '--sealed is not given', inspectSealed),
      given(unit, '--unit is not given', (name) => inspectUnit(name, options)),
      places.found === null
        ? [NO_SECOND]
        : Promise.all(places.found.second.map((name) => inspectUnit(name, options))),
      Promise.all(otherUnits.map((each) => inTurn(each.host, () => inspectOtherUnit(each, options)))),
      isLocal ? looking(() => inspectStarters(machineAt(root), places, running)) : NO_MACHINE,
      given(disk, NO_DATABASE, inspectDisk),
      given(disk, NO_DATABASE, inspectDatabase),
      given(measured, '--measure-disk is not given', (folder) => inspectDiskSync(folder, disk, clock)),
    ]);
  // The first keystore is that of the node.
  const isGated = ofThisMachine(stores.slice(0, 1)).some(({ gated }) => gated);
  return {
    keystores: [...stores, ...(places.found?.lost ?? []).map(unread)],
    ...{ sealed: sealedKeys, secondUnits, otherUnits: others, starters, processes },
    /** No guard is on this machine. */
    unguarded: places.found?.unguarded === true,
    searched: searchedFor(places),
    ...{ disk: space, database, diskSync },
    unit: ownUnit.looked && isGated ? seen({ ...ownUnit.value, guarded: true }) : ownUnit,
  };
}

/** Whether copies of the keystores were looked for: by the doctor, or by a person who named them. */
function searchedFor({ found, keystores }: Places): Look<null> {
  if (found === null)
    return keystores.length > 1
      ? seen(null)
      : notAsked('one keystore is listed: give each copy with its own --keystore');
  const places = found.closed.join(', ');
  return places === '' ? seen(null) : notAsked(`this user cannot list ${places}: run as root`);
}

/** One connection to a host at a time: its ssh server refuses many at once. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return <Value>(host: string, read: () => Promise<Value>): Promise<Value> => {
    const reading = (last.get(host) ?? Promise.resolve()).then(read);
    last.set(host, reading);
    return reading;
  };
}

type Machine = ReturnType<typeof inspectMachine>;

/** Session keys, and the duties of these keys. */
async function inspectKeys(
  { staking, validator: named }: Places,
  [chain, own]: readonly [chain: NodeRpc, own: NodeRpc | null],
  options: InspectOptions,
  machine: Machine,
) {
  const { clock, listenMs } = options;
  const listening = Promise.all([
    listenForVotes(chain, clock, listenMs),
    listenForBlocks(own ?? chain, clock, listenMs),
  ]);
  const validator = named ?? known(await looking(async () => ownerOf(chain, await keysOfMachine(machine))));
  const stakes = given(validator, NO_VALIDATOR, (account) =>
    inspectStaking(staking ?? chain, staking !== null, hexOf(account), clock),
  );
  const session = await given(validator, NO_VALIDATOR, (account) => inspectSession(chain, account));
  const wantedKeys = sessionKeys(session);
  const held = own === null ? NO_OWN : await inspectHeld(own, wantedKeys);
  const candidates = [...wantedKeys, ...(await keysOfMachine(machine))];
  const blocks = candidates.length === 0 ? NO_KEY : await inspectBlocks(chain, candidates, options.blocks);
  const [heard, clockFacts] = await listening;
  const votes =
    candidates.length === 0 ? NO_KEY : heard.looked ? seen(voteFacts(heard.value, candidates)) : heard;
  return { session, held, staking: await stakes, blocks, votes, clock: clockFacts };
}

/** The validator that registered one of these keys. */
async function ownerOf(node: NodeRpc, keys: readonly PublicKey[]): Promise<Uint8Array | null> {
  const { hash } = await finalizedHead(node);
  for (const { kind, publicKey } of keys) {
    const owner = await sessionKeyOwner(node, { type: kind, key: bytesOfHex(publicKey, 'a key') }, hash);
    if (owner !== null) return owner;
  }
  return null;
}

function sessionKeys(session: Look<SessionFacts>): readonly PublicKey[] {
  if (!session.looked) return [];
  const { registered, queued, active } = session.value;
  return distinct([...active, ...(queued ?? []), ...(registered ?? [])]);
}

/** The key of a past rotation is in no list of the chain, and may still be the active one. */
async function keysOfMachine(machine: Machine): Promise<readonly PublicKey[]> {
  const { keystores, sealed } = await machine;
  const open = ofThisMachine(keystores).flatMap(({ keys }) => keys);
  const closed = (known(sealed) ?? []).flatMap((file) => anyKeyNameOf(file) ?? []);
  return [...open, ...closed];
}

/** A node that does not answer is asked once: each later call fails at once, with the same reason. */
async function firstAnswer(node: NodeRpc) {
  try {
    if (await isRefused(node.address))
      throw new NodeFault('unreachable', `nothing listens at ${node.address}`);
    return { node, genesis: await genesisHash(node), fault: null };
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    const silent: NodeRpc = { ...node, call: () => Promise.reject(error) };
    return { node: silent, genesis: null, fault: error.code };
  }
}

type FirstAnswer = Awaited<ReturnType<typeof firstAnswer>>;

/** A client of WebSocket tries again until its time is over, but a refused connection is an answer. */
async function isRefused(address: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(address);
  if (protocol !== 'ws:') return false;
  return known(await answerAt(`${hostname}:${port || '80'}`, 'system_health')) === 'closed';
}

function refuseTwoChains(answers: readonly FirstAnswer[]): void {
  const [first, ...rest] = answers.filter(({ genesis }) => genesis !== null);
  const other = rest.find(({ genesis }) => genesis !== first?.genesis);
  if (first === undefined || other === undefined) return;
  throw unfit(
    'chain',
    `${first.node.address} and ${other.node.address} are nodes of two chains: ${first.genesis} and ${other.genesis}`,
    'give --node and --rpc nodes of one chain',
  );
}

/** An address shows no path, which may be secret. */
function placesText({ keystores, otherUnits, own, others, ...one }: Places): readonly string[] {
  const rows = {
    keystore: keystores.map(placeText),
    sealed: [one.sealed],
    unit: [one.unit, ...otherUnits.map(({ host, name }) => `${host}:${name}`)],
    database: [one.disk],
    measured: [one.measured],
    node: [own?.rpc.address],
    rpc: others.map(({ address }) => address),
    staking: [one.staking?.address],
  };
  return Object.entries(rows).flatMap(([what, all]) =>
    all.flatMap((place) => (place == null ? [] : [`${what} ${place}`])),
  );
}
