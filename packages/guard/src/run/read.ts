import { type ChainView, genesisHash, NodeFault, type NodeRpc, viewChain } from '@watchbill/chain';
import { text } from '@watchbill/chain/shape';
import type { KeyCheck } from '../custody/registered.ts';
import { GuardFault } from '../fault.ts';
import { answerOf } from '../inspect/node.ts';
import { type NamedChain, namedChain, otherChain } from '../node/named-chain.ts';
import { readVoter, slotMsOf } from '../node/reading.ts';
import { checkKeys, isDisabled } from '../node/session-state.ts';
import { continuityOf, type NotProven, sameFolder } from '../restart/continuity.ts';
import { stepVotes } from '../restart/votes.ts';
import type { Chain, Run } from './facts.ts';
import { LEASE_MS, stoodStillMs } from './lease.ts';
import type { Paced } from './paced.ts';
import type { DecisionParts, ReadingEvents } from './parts.ts';
import { standbyReason } from './role.ts';

/** Between two readings of the own node, which is on this machine. */
const READ_OWN_MS = 250;
/** Between two readings of an independent node, which may be a public one. */
const READ_WITNESS_MS = 2_000;
const READ_OFFENCE_MS = 6_000;
/** Between two comparisons with the chain, until the keys match. */
const COMPARE_MS = 6_000;
/** The same on a standby whose keys matched. */
const COMPARE_AGAIN_MS = 60_000;
/** Between two readings of the own node while no key waits for one. */
const SETTLED_MS = 2_000;

const OWN_NODE = 'own node';

/** All that a guard and its shadow read, each node at its pace. */
export const readings = (parts: DecisionParts, run: Run): readonly Paced[] => [
  { everyMs: READ_OWN_MS, work: ownReader(parts, run) },
  ...parts.witnesses.map((one) => ({ everyMs: READ_WITNESS_MS, work: witnessReader(parts, run, one) })),
];

/** One reading of the own node: continuity, the keys that the chain has, the own voter. */
function ownReader(parts: DecisionParts, run: Run): () => Promise<void> {
  const read = reader(parts, run, parts.own, true);
  let readMs: number | null = null;
  return async () => {
    if (readMs !== null && isSettled(run) && parts.uptimeMs() - readMs < SETTLED_MS) return;
    readMs = parts.uptimeMs();
    await unlessUnread(parts.events, OWN_NODE, async () => {
      run.chain ??= await chainOf(parts);
      await compare(parts, run);
      const { finalizedBlock } = await read();
      if (run.continuity === null) judgeContinuity(parts, run, finalizedBlock);
      keepToken(parts, run, finalizedBlock);
    });
  };
}

/** Looks whether the chain has disabled the validator for an offence. */
export function offenceReading({ validator, own, events }: DecisionParts, run: Run): Paced {
  const work = async (): Promise<void> => {
    if (validator === null || run.chain === null) return;
    await unlessUnread(events, OWN_NODE, async () => {
      run.disabled = await isDisabled(own, validator.account);
    });
  };
  return { everyMs: READ_OFFENCE_MS, work };
}

/** The chain of the own node. Throws a GuardFault if the state of this machine is of another one. */
async function chainOf({ own, chain }: DecisionParts): Promise<Chain> {
  const found = await namedChain(own, await genesisHash(own));
  const expected = chain.read();
  if (expected !== null && expected.genesis !== found.genesis)
    throw ownOfOther(own.address, found, { place: chain.place, chain: expected });
  const slotMs = await slotMsOf(own);
  if (expected === null) chain.write(found);
  return { ...found, slotMs };
}

/** The keys are compared and the votes are safe: a reading now only renews the token. */
function isSettled({ check, continuity, votes }: Run): boolean {
  const isCompared = check.state === 'match' || check.state === 'not-asked';
  return isCompared && continuity !== null && votes.phase === 'free';
}

/**
 * Until the keys match; a later change of the chain's keys makes none of these dangerous. A standby compares
 * them again and again: it places them long after, and new keys may not have reached it.
 */
async function compare(parts: DecisionParts, run: Run): Promise<void> {
  const { validator, own, uptimeMs, events } = parts;
  const isMatch = run.check.state === 'match';
  if (validator === null || (isMatch && standbyReason(parts, run) === null)) return;
  const everyMs = isMatch ? COMPARE_AGAIN_MS : COMPARE_MS;
  if (run.checkedMs !== null && uptimeMs() - run.checkedMs < everyMs) return;
  const names = run.keys.map(({ name }) => name);
  const check = await checkKeys(own, validator, names);
  run.checkedMs = uptimeMs();
  if (sentenceOf(check) !== sentenceOf(run.check)) events.compared(check);
  run.check = check;
}

const sentenceOf = (check: KeyCheck): string => (check.state === 'mismatch' ? check.say : check.state);

function judgeContinuity(parts: DecisionParts, run: Run, finalized: bigint): void {
  const { token, boot, events } = parts;
  const { database, startedMs } = run;
  run.continuity =
    database === null
      ? { state: 'not-proven', why: whyWithout(parts) }
      : continuityOf(token.read(), { bootId: boot, database, finalized, uptimeMs: startedMs });
  if (run.continuity.state === 'not-proven') token.remove();
  events.continuity(run.continuity);
}

/** Why no database was there at the start of a node that answers by now, so that it has one. */
const whyWithout = ({ database }: DecisionParts): NotProven =>
  database() === null ? 'no-database' : 'other-database';

/**
 * The token is for a database with which the votes were found safe. A node that ends while its votes still
 * wait leaves none, or its next start would not wait. Nor does one whose guard stood still beyond its lease.
 * A folder that was put in the place of the database meanwhile is not the one that remembers those votes.
 */
function keepToken(parts: DecisionParts, run: Run, finalized: bigint): void {
  const { token, boot, database, uptimeMs } = parts;
  if (stoodStillMs(parts, run) > LEASE_MS) return;
  const isSafe = run.continuity?.state === 'proven' || run.votes.phase === 'free';
  const folder = database();
  run.database ??= folder;
  if (!isSafe || folder === null || run.database === null || !sameFolder(folder, run.database)) return;
  token.write({ bootId: boot, database: folder, finalized, uptimeMs: uptimeMs() });
}

/** Witnesses are needed only while votes wait. */
function witnessReader(parts: DecisionParts, run: Run, witness: NodeRpc): () => Promise<void> {
  const read = reader(parts, run, witness, false);
  return async () => {
    if (standbyReason(parts, run) !== null) return;
    if (run.chain === null || run.votes.phase !== 'waiting') return;
    await unlessUnread(parts.events, witness.address, async () => {
      await refuseSecondAddress(parts, witness);
      await read();
    });
  };
}

/** One node at two addresses is one witness, and the own node is none. A node without an id may be either. */
async function refuseSecondAddress({ own, witnesses }: DecisionParts, witness: NodeRpc): Promise<void> {
  const peerOf = (node: NodeRpc): Promise<string> => answerOf(node, 'system_localPeerId', text);
  const peer = await peerOf(witness);
  for (const other of [own, ...witnesses.slice(0, witnesses.indexOf(witness))]) {
    // Another witness whose id is unknown does not count itself.
    if ((await (other === own ? peerOf(own) : peerOf(other).catch(() => null))) !== peer) continue;
    const what = `${witness.address} (--witness) and ${other.address} are one node`;
    throw new GuardFault('chain', what, 'name nodes of different operators', undefined, 'denied');
  }
}

function reader(parts: DecisionParts, run: Run, rpc: NodeRpc, own: boolean): () => Promise<ChainView> {
  const node = own ? OWN_NODE : rpc.address;
  let before: ChainView | null = null;
  return async () => {
    const { chain } = run;
    if (chain === null) throw new Error('qed: the own node is read first, and it gives the chain');
    // While keys rotate, the old one or the new one may be in the set.
    const votes = run.signs ? [] : run.keys.filter(({ name: { kind } }) => kind === 'gran');
    const voters = votes.map((key) => key.name.publicKey);
    const view = await viewChain(rpc, before);
    if (view.chain !== chain.genesis) throw await otherChainAt(parts, chain, { rpc, own }, view.chain);
    const report = await readVoter(rpc, { node, own }, { ...chain, voters }, view);
    before = view;
    if (report === null) return view;
    if (own) run.ownRound = report.best;
    run.votes = stepVotes(run.votes, { type: 'report', report }, parts.rules.votes);
    return view;
  };
}

async function otherChainAt(
  parts: DecisionParts,
  chain: NamedChain,
  { rpc, own }: { readonly rpc: NodeRpc; readonly own: boolean },
  genesis: string,
): Promise<GuardFault> {
  const found = await namedChain(rpc, genesis);
  if (own) return ownOfOther(rpc.address, found, { place: 'the node that answered there before', chain });
  const remedy = `name a node of ${chain.name} with --witness; if the own node is the wrong one, correct --rpc`;
  const place = `the own node ${parts.own.address} (--rpc)`;
  return otherChain(`${rpc.address} (--witness)`, found, { place, chain }, remedy);
}

function ownOfOther(address: string, found: NamedChain, expected: Parameters<typeof otherChain>[2]) {
  const remedy = 'correct --rpc; a guard of another chain needs another folder with --state';
  return otherChain(`${address} (--rpc)`, found, expected, remedy);
}

/**
 * The guard does not stop because a node does not answer, or a witness follows another chain: their facts
 * stay unknown.
 */
async function unlessUnread(events: ReadingEvents, name: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    const isWitness = name !== OWN_NODE;
    const isOther = isWitness && error instanceof GuardFault && error.code === 'chain';
    if (!isOther && !(error instanceof NodeFault)) throw error;
    events.unread(name, error);
  }
}
