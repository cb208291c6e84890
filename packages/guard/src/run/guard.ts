import { type Clock, growingMs } from '@watchbill/base';
import { type ChainView, genesisHash, NodeFault, type NodeRpc } from '@watchbill/chain';
import type { OpenFolder } from '../custody/open-folder.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import type { NodeProcess, ProcessEnd } from '../node/process.ts';
import { readNode, slotMsOf } from '../node/reading.ts';
import { type Continuity, continuityOf, type FolderIdentity } from '../restart/continuity.ts';
import { awaitVotes, stepVotes, type VoteReturn } from '../restart/votes.ts';
import type { MarkFile, TokenFile } from './memory.ts';
import { decideKeys, type Facts, type Rules, type Verdict } from './verdict.ts';

/** A node whose reports are compared with those of the own one. */
export interface Witness {
  readonly name: string;
  readonly rpc: NodeRpc;
}

/** Everything that the guard uses; the caller opens and closes it. */
export interface GuardParts {
  readonly clock: Clock;
  readonly rules: Rules;
  readonly keys: readonly OpenKey[];
  readonly folder: OpenFolder;
  readonly marks: MarkFile;
  readonly token: TokenFile;
  /** A person's word that the votes are safe, once; null if there is none. */
  readonly allowed: () => Allowance | null;
  readonly start: () => Promise<NodeProcess>;
  readonly own: NodeRpc;
  readonly witnesses: readonly Witness[];
  readonly boot: string;
  /** Milliseconds since the boot; time in suspend counts. */
  readonly uptimeMs: () => number;
  /** Identity of the node's database folder; null if there is none. */
  readonly database: () => FolderIdentity | null;
  readonly events: GuardEvents;
}

/** A person allows keys that vote although the rule of votes does not. */
export interface Allowance {
  readonly by: string;
  readonly reason: string;
}

/** Events for the log, for status and metrics. No event contains a secret. */
export interface GuardEvents {
  started(pid: number): void;
  ended(end: ProcessEnd): void;
  continuity(of: Continuity): void;
  allowed(allowance: Allowance): void;
  verdicts(all: readonly Verdict[]): void;
  unread(node: string, fault: NodeFault): void;
}

/** Between two decisions. Slots are at least half a second long. */
const DECIDE_MS = 250;
/** Between two readings of the own node, which is on this machine. */
const READ_OWN_MS = 250;
/** Between two readings of an independent node, which may be a public one. */
const READ_WITNESS_MS = 2_000;
/** Before the node is started again after it ended by itself; doubles up to the longest. */
const RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 30_000;
/** A node that ran this long ended for a new reason. */
const STEADY_MS = 60_000;
const STOP_MS = 60_000;

interface Chain {
  /** Genesis hash. */
  readonly genesis: string;
  readonly slotMs: bigint;
}

/** Facts about the present process of the node. */
interface Run {
  chain: Chain | null;
  continuity: Continuity | null;
  votes: VoteReturn;
  mark: bigint | null;
  /** The mark is of this process of the node. */
  own: boolean;
  began: bigint | null;
  readonly open: Set<string>;
  readonly database: FolderIdentity | null;
  /** When the process was started, in milliseconds since the boot. */
  readonly startedMs: number;
}

/**
 * Runs the node under the guard until the signal aborts. Each process of the node starts without keys. At the
 * end the node is gone and the folder is empty. Rejects if custody fails (a foreign file, a full disk): the
 * node is stopped first.
 */
export async function runGuard(parts: GuardParts, signal: AbortSignal): Promise<void> {
  const { clock } = parts;
  for (let failures = 0; !signal.aborted; failures++) {
    const startedMs = clock.monotonicMs();
    await runNode(parts, signal);
    if (clock.monotonicMs() - startedMs >= STEADY_MS) failures = 0;
    await clock.sleep(growingMs(failures, RESTART_MS, LONGEST_RESTART_MS), signal);
  }
}

async function runNode(parts: GuardParts, signal: AbortSignal): Promise<void> {
  const { folder, events } = parts;
  await folder.clear();
  const run = freshRun(parts);
  const node = await parts.start();
  events.started(node.pid);
  const over = new AbortController();
  const gone = node.ended.then((end) => {
    over.abort();
    events.ended(end);
  });
  try {
    await attend(parts, run, AbortSignal.any([signal, over.signal]));
  } finally {
    // If the guard failed, the keys go first: a node that hangs takes up to a minute to end.
    if (!signal.aborted) await folder.clear().catch(() => undefined);
    if (!over.signal.aborted) await node.stop(STOP_MS);
    await gone;
    await folder.clear();
    // A person who stops the node may start it elsewhere: the next start listens.
    if (signal.aborted) parts.token.remove();
  }
}

/**
 * The process before is gone when this begins: the guard saw its end, or the service manager ended it
 * together with the last guard.
 */
function freshRun({ clock, marks, database, uptimeMs }: GuardParts): Run {
  const facts = { chain: null, continuity: null, mark: marks.read(), own: false, began: null };
  const start = { database: database(), startedMs: uptimeMs() };
  return { ...facts, ...start, votes: awaitVotes(clock.nowMs()), open: new Set() };
}

/** Reads all nodes and decides, each at its pace, until the signal aborts or one of them fails. */
async function attend(parts: GuardParts, run: Run, signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const every = async (ms: number, work: () => Promise<void>): Promise<void> => {
    try {
      for (; !until.aborted; await parts.clock.sleep(ms, until)) await work();
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  await Promise.all([
    every(DECIDE_MS, () => decide(parts, run)),
    every(READ_OWN_MS, ownReader(parts, run)),
    ...parts.witnesses.map((witness) => every(READ_WITNESS_MS, witnessReader(parts, run, witness))),
  ]);
}

/** Decides, and makes the folder as decided. */
async function decide(parts: GuardParts, run: Run): Promise<void> {
  const allowance = run.votes.phase === 'waiting' ? parts.allowed() : null;
  if (allowance !== null) {
    run.votes = stepVotes(run.votes, { type: 'person-allows', ...allowance }, parts.rules.votes);
    parts.events.allowed(allowance);
  }
  const verdicts = settle(parts, run);
  // Taking away comes first: a key that may not lie open waits for no other.
  for (const { name, state } of verdicts) if (state !== 'open') await withdraw(parts, run, name.file);
  await parts.folder.list();
  for (const { name, state } of verdicts) if (state === 'open') await place(parts, run, name.file);
  parts.events.verdicts(verdicts);
}

/** The verdicts, once more after a mark became durable. */
function settle(parts: GuardParts, run: Run): readonly Verdict[] {
  const names = parts.keys.map(({ name }) => name);
  const first = decideKeys(names, factsOf(parts, run), parts.rules);
  if (first.writeMark === null) return first.verdicts;
  parts.marks.write(first.writeMark);
  run.mark = first.writeMark;
  run.own = true;
  return decideKeys(names, factsOf(parts, run), parts.rules).verdicts;
}

function factsOf({ clock }: GuardParts, run: Run): Facts {
  const { continuity, votes, chain, mark, own } = run;
  const nowMs = clock.nowMs();
  if (chain === null) return { continuity, votes, slots: null, nowMs };
  const now = BigInt(Math.floor(nowMs)) / chain.slotMs;
  run.began ??= now;
  return { continuity, votes, slots: { now, mark, own, began: run.began }, nowMs };
}

async function place({ folder, keys }: GuardParts, run: Run, file: string): Promise<void> {
  const key = keys.find(({ name }) => name.file === file);
  if (key === undefined || run.open.has(file)) return;
  await folder.place(key);
  run.open.add(file);
}

/** An author's key that was taken away begins anew: it waits until the clock is above the mark. */
async function withdraw({ folder, keys }: GuardParts, run: Run, file: string): Promise<void> {
  const key = keys.find(({ name }) => name.file === file);
  if (key === undefined) return;
  await folder.withdraw(key.name);
  if (run.open.delete(file) && key.name.danger === 'authors') run.own = false;
}

function ownReader(parts: GuardParts, run: Run): () => Promise<void> {
  const read = reader(parts, run, { name: 'own node', rpc: parts.own }, true);
  return () =>
    unlessUnread(parts.events, 'own node', async () => {
      run.chain ??= { genesis: await genesisHash(parts.own), slotMs: await slotMsOf(parts.own) };
      const { finalizedBlock } = await read();
      if (run.continuity === null) judgeContinuity(parts, run, finalizedBlock);
      keepToken(parts, run, finalizedBlock);
    });
}

function judgeContinuity(parts: GuardParts, run: Run, finalized: bigint): void {
  const { token, boot, events } = parts;
  const { database, startedMs } = run;
  run.continuity =
    database === null
      ? { state: 'not-proven', why: 'other-database' }
      : continuityOf(token.read(), { bootId: boot, database, finalized, uptimeMs: startedMs });
  if (run.continuity.state === 'not-proven') token.remove();
  events.continuity(run.continuity);
}

/**
 * The token is for a database with which the votes were found safe. A node that ends while its votes still
 * wait leaves none, or its next start would not wait.
 */
function keepToken(parts: GuardParts, run: Run, finalized: bigint): void {
  const { token, boot, database, uptimeMs } = parts;
  const isSafe = run.continuity?.state === 'proven' || run.votes.phase === 'free';
  const folder = isSafe ? database() : null;
  if (folder !== null) token.write({ bootId: boot, database: folder, finalized, uptimeMs: uptimeMs() });
}

/** Witnesses are needed only while votes wait. */
function witnessReader(parts: GuardParts, run: Run, witness: Witness): () => Promise<void> {
  const read = reader(parts, run, witness, false);
  return async () => {
    if (run.chain === null || run.votes.phase !== 'waiting' || run.continuity?.state === 'proven') return;
    await unlessUnread(parts.events, witness.name, async () => void (await read()));
  };
}

function reader(parts: GuardParts, run: Run, { name, rpc }: Witness, own: boolean): () => Promise<ChainView> {
  const voter = parts.keys.find((key) => key.name.kind === 'gran')?.name.publicKey ?? NO_VOTER;
  let before: ChainView | null = null;
  return async () => {
    if (run.chain === null) throw new Error('qed: the own node is read first, and it gives the chain');
    const { view, report } = await readNode(rpc, { name, own }, { ...run.chain, voter }, before);
    before = view;
    // Once the database is proven, the own id votes: its votes are those of this node.
    const waits = report !== null && run.continuity?.state !== 'proven';
    if (waits) run.votes = stepVotes(run.votes, { type: 'report', report }, parts.rules.votes);
    return view;
  };
}

/** No authority has this key. */
const NO_VOTER = '0x';

/** A node that does not answer is no reason to stop: the facts that it would give stay unknown. */
async function unlessUnread(events: GuardEvents, name: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    events.unread(name, error);
  }
}
