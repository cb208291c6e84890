import { growingMs } from '@watchbill/base';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { RENEW_MS } from '../pair/keeper.ts';
import { decide } from './decide.ts';
import { freshRun, type Run } from './facts.ts';
import { LeaseLapsed } from './lease.ts';
import { fenceSilent, leaveRole, pairTurn } from './pair.ts';
import type { GuardParts } from './parts.ts';
import { ownReader, witnessReader } from './read.ts';
import { HandOverAsked, RoleLost } from './role.ts';

/** Between two decisions. Slots are at least half a second long. */
const DECIDE_MS = 250;
/** Between two readings of the own node, which is on this machine. */
const READ_OWN_MS = 250;
/** Between two readings of an independent node, which may be a public one. */
const READ_WITNESS_MS = 2_000;
/** Between two looks for a silent active machine. */
const LOOK_MS = 1_000;
/** Before the node is started again after it ended by itself; doubles up to the longest. */
const RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 30_000;
/** A node that ran this long ended for a new reason. */
const STEADY_MS = 60_000;
const STOP_MS = 60_000;

/**
 * Runs the node under the guard until the signal aborts. Each process of the node starts without keys. At the
 * end the node is gone and the folder is empty. If the guard stood still beyond its lease, it ends the node
 * at once and starts it without keys. Rejects if custody fails (a foreign file, a full disk): the node is
 * stopped first.
 */
export async function runGuard(parts: GuardParts, signal: AbortSignal): Promise<void> {
  const { clock, events } = parts;
  const keys = [...parts.keys];
  if (parts.validator === null) events.compared({ state: 'not-asked' });
  for (let failures = 0; !signal.aborted; failures++) {
    const startedMs = clock.monotonicMs();
    await runNode(parts, keys, signal);
    if (clock.monotonicMs() - startedMs >= STEADY_MS) failures = 0;
    await clock.sleep(growingMs(failures, RESTART_MS, LONGEST_RESTART_MS), signal);
  }
}

async function runNode(parts: GuardParts, keys: OpenKey[], signal: AbortSignal): Promise<void> {
  const { folder, events } = parts;
  await folder.clear();
  const run = freshRun(parts, keys);
  const node = await parts.start();
  events.started(node.pid);
  const over = new AbortController();
  const gone = node.ended.then((end) => {
    over.abort();
    events.ended(end);
  });
  let stopMs = STOP_MS;
  let handTo: string | null = null;
  try {
    await attend(parts, run, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (error instanceof HandOverAsked) handTo = error.to;
    else stopMs = stopAtOnce(error, parts);
  } finally {
    // If the guard failed, the keys go first: a node that hangs takes up to a minute to end.
    if (!signal.aborted) await folder.clear().catch(() => undefined);
    if (!over.signal.aborted) await node.stop(stopMs);
    await gone;
    await folder.clear();
    // After a stop by a person, and after a lapse, the node may run elsewhere: the next start listens.
    if (signal.aborted || stopMs === 0 || handTo !== null) parts.token.remove();
  }
  if (signal.aborted || handTo !== null) await leaveRole(parts, run, handTo);
}

/** The node may sign until it is gone, so it gets no time to end by itself. Throws any other error. */
function stopAtOnce(error: unknown, { events }: GuardParts): 0 {
  if (error instanceof LeaseLapsed) events.lapsed(error.stoodStillMs);
  else if (error instanceof RoleLost) events.roleLost(error.message);
  else throw error;
  return 0;
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
    ...(parts.role === null ? [] : [every(RENEW_MS, () => pairTurn(parts, run))]),
    ...(parts.fence === null ? [] : [every(LOOK_MS, () => fenceSilent(parts, run))]),
    ...parts.witnesses.map((witness) => every(READ_WITNESS_MS, witnessReader(parts, run, witness))),
  ]);
}
