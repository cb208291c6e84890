import { bestHead, finalizedHead, type NodeRpc } from '@watchbill/chain';
import { holdsSessionKeys } from '@watchbill/chain/extrinsics';
import type { Clock } from '@watchbill/kit';
import { call } from '@watchbill/kit/call';
import { isAmong } from '../keys/facts.ts';
import { authoritiesAt, sessionKeySets } from './chain-keys.ts';
import { type NodeFacts, type SignerFacts, type Since, unknownFacts } from './facts.ts';
import { rpcCallsOf } from './metrics.ts';
import { signedSince } from './signed.ts';

/** A way to a node that is asked. */
export interface NodeAccess {
  readonly rpc: NodeRpc;
  readonly metricsUrl: string | null;
}

export interface Reading {
  readonly node: string;
  readonly signs: boolean;
  readonly since: Since | null;
  /** Another node that reports the signatures of this one that it has seen; null if there is none. */
  readonly viewer: NodeRpc | null;
}

/** The state from look to look, by node. */
export interface ReadingBook {
  /** Key sets that it held at the first look: found once, and asked for from then on. */
  readonly held: Map<string, readonly string[]>;
  /** The most signatures that were seen since a height; the count never goes down. */
  readonly signed: Map<string, number>;
}

export function readingBook(): ReadingBook {
  return { held: new Map(), signed: new Map() };
}

const METRICS_MS = 5_000;
const MOST_METRICS_BYTES = 64 * 2 ** 20;
/** Questions about keys on their way to one node at once. */
const MOST_ASKED = 16;

/** Reads one node. Never throws: a missing fact is null. The facts that its place knows are not included. */
export async function readNode(
  access: NodeAccess,
  reading: Reading,
  book: ReadingBook,
  clock: Pick<Clock, 'monotonicMs'>,
): Promise<NodeFacts> {
  const { rpc, metricsUrl } = access;
  const startedMs = clock.monotonicMs();
  const [best, finalised, health, runtime, nodeVersion, rpcCalls, signer] = await Promise.all([
    known(() => bestHead(rpc)),
    known(() => finalizedHead(rpc)),
    known(() => rpc.call<{ readonly peers?: unknown; readonly isSyncing?: unknown }>('system_health')),
    known(() => rpc.call<{ readonly specVersion?: unknown }>('state_getRuntimeVersion')),
    known(() => rpc.call<unknown>('system_version')),
    metricsUrl === null ? null : known(() => readMetrics(metricsUrl)),
    reading.signs ? readSigner(rpc, reading, book) : null,
  ]);
  return {
    ...unknownFacts(reading.node, reading.signs),
    ageMs: clock.monotonicMs() - startedMs,
    best: best?.number ?? null,
    finalised: finalised?.number ?? null,
    peers: typeof health?.peers === 'number' ? health.peers : null,
    isSyncing: typeof health?.isSyncing === 'boolean' ? health.isSyncing : null,
    specVersion: typeof runtime?.specVersion === 'number' ? runtime.specVersion : null,
    nodeVersion: typeof nodeVersion === 'string' ? nodeVersion : null,
    rpcCalls: rpcCalls ?? null,
    signer,
  };
}

async function readMetrics(url: string) {
  return rpcCallsOf(await call(url, { deadlineMs: METRICS_MS, mostBytes: MOST_METRICS_BYTES }));
}

async function readSigner(
  rpc: NodeRpc,
  { node, since, viewer }: Reading,
  book: ReadingBook,
): Promise<SignerFacts> {
  const held = await known(() => heldSets(rpc, book.held.get(node)));
  if (held !== null && !book.held.has(node)) book.held.set(node, held);
  if (since === null || held === null) return { held, inSet: null, signed: null };
  const teller = viewer ?? rpc;
  const inSet = await known(() => isInSet(teller, held));
  const now = inSet === true ? await known(() => signedSince(teller, held, since)) : null;
  const key = `${node} ${since.height}`;
  const before = book.signed.get(key) ?? null;
  const signed = now === null || before === null ? (now ?? before) : Math.max(now, before);
  if (signed !== null) book.signed.set(key, signed);
  return { held, inSet, signed };
}

/** Those of the chain's key sets that the keystore has; of known ones, those that it still has. */
async function heldSets(rpc: NodeRpc, expected: readonly string[] | undefined): Promise<readonly string[]> {
  const sets = expected ?? (await sessionKeySets(rpc, (await finalizedHead(rpc)).hash));
  const held: string[] = [];
  for (let at = 0; at < sets.length; at += MOST_ASKED) {
    const some = sets.slice(at, at + MOST_ASKED);
    const has = await Promise.all(some.map((set) => holdsSessionKeys(rpc, bytes(set))));
    held.push(...some.filter((_, index) => has[index]));
  }
  return held;
}

async function isInSet(teller: NodeRpc, held: readonly string[]): Promise<boolean> {
  if (held.length === 0) return false;
  const { hash } = await finalizedHead(teller);
  const authorities = await authoritiesAt(teller, hash);
  return held.some((set) => authorities.some(({ key }) => isAmong(set, key)));
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}

async function known<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch {
    return null;
  }
}
