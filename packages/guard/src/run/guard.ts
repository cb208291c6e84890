import { growingMs } from '@watchbill/kit';
import type { OpenKey } from '../custody/sealed-folder.ts';
import type { NodeProcess } from '../node/process.ts';
import { RENEW_MS } from '../pair/standing.ts';
import { dropAllowance } from './allowance.ts';
import { decide } from './decide.ts';
import { freshRun, type GuardRun } from './facts.ts';
import { type Latch, StayStopped, stoppedFault } from './latch.ts';
import { LeaseLapsed } from './lease.ts';
import {
  atTheirPace,
  DECIDE_MS,
  type Paced,
  READ_OFFENCE_MS,
  READ_OWN_MS,
  READ_WITNESS_MS,
} from './paced.ts';
import { fenceSilent, leaveRole, pairTurn } from './pair.ts';
import type { GuardParts } from './parts.ts';
import { offenceReader, ownReader, witnessReader } from './read.ts';
import { HandOverAsked, RoleLost } from './role.ts';

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
 * end the node is gone and the folder is empty. If the guard was paused longer than its lease, it ends the
 * node at once and starts it without keys. Rejects if custody fails (a foreign file, a full disk), and with a
 * GuardFault `stopped` after a clone or an own offence: the node is stopped first.
 */
export async function runGuard(parts: GuardParts, signal: AbortSignal): Promise<void> {
  const { clock, events } = parts;
  refuseLatched(parts);
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
  const { folder, events, failpoint } = parts;
  await folder.clear();
  dropAllowance(parts);
  const fresh = freshRun(parts, keys);
  const node = await parts.start();
  const run: GuardRun = { ...fresh, node };
  events.started(node.pid);
  const over = new AbortController();
  const gone = node.ended.then((end) => {
    over.abort();
    events.ended(end);
  });
  let stopMs = STOP_MS;
  let handTo: string | null = null;
  let latch: Latch | null = null;
  try {
    await attend(parts, run, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (error instanceof HandOverAsked) handTo = error.to;
    else {
      latch = stopAtOnce(error, parts);
      stopMs = 0;
    }
  } finally {
    // If the guard failed, the keys go first: a node that hangs takes up to a minute to end.
    if (!signal.aborted) {
      await failpoint('before-clear');
      run.open.clear();
      await folder.clear().catch(() => undefined);
      await failpoint('after-clear');
    }
    if (!over.signal.aborted) await endNode(parts, run, node, stopMs);
    await gone;
    await failpoint('after-node-end');
    run.open.clear();
    await folder.clear();
    // After a stop by a person, and after a lapse, the node may run elsewhere: the next start listens.
    if (signal.aborted || stopMs === 0 || handTo !== null) parts.token.remove();
  }
  if (signal.aborted || handTo !== null || latch !== null) await leaveRole(parts, run, handTo);
  if (latch !== null) throw stoppedFault(latch);
}

/**
 * While the node takes its time to end, nothing renews the role of this machine in its pair. So the lease of
 * the role ends the node, as at all other times: a person takes the role over by its silence.
 */
async function endNode(
  { role, clock }: GuardParts,
  { term }: GuardRun,
  node: NodeProcess,
  stopMs: number,
): Promise<void> {
  if (role === null || term === null) return void (await node.stop(stopMs));
  const over = new AbortController();
  const ended = node.stop(stopMs).finally(() => over.abort());
  while (!over.signal.aborted && role.standing().role === 'active') await clock.sleep(DECIDE_MS, over.signal);
  if (!over.signal.aborted) await node.stop(0);
  await ended;
}

/** The node may sign until it is gone, so it gets no time to end by itself. Throws any other error. */
function stopAtOnce(error: unknown, { events, latch, clock }: GuardParts): Latch | null {
  if (error instanceof StayStopped) {
    const found = { cause: error.why, say: error.message, atMs: clock.nowMs(), lifted: null };
    latch.write(found);
    return found;
  }
  if (error instanceof LeaseLapsed) events.lapsed(error.stoodStillMs);
  else if (error instanceof RoleLost) events.roleLost(error.message);
  else throw error;
  return null;
}

/** Reads all nodes and decides, each at its pace, until the signal aborts or one of them fails. */
async function attend(parts: GuardParts, run: GuardRun, signal: AbortSignal): Promise<void> {
  const { role, fence, witnesses, clock } = parts;
  const all: Paced[] = [
    { everyMs: DECIDE_MS, work: () => decide(parts, run) },
    { everyMs: READ_OWN_MS, work: ownReader(parts, run) },
    { everyMs: READ_OFFENCE_MS, work: offenceReader(parts, run) },
    ...witnesses.map((one) => ({ everyMs: READ_WITNESS_MS, work: witnessReader(parts, run, one) })),
  ];
  if (role !== null) all.push({ everyMs: RENEW_MS, work: () => pairTurn(parts, run) });
  if (fence !== null) all.push({ everyMs: LOOK_MS, work: () => fenceSilent(parts, run, signal) });
  await atTheirPace(clock, all, signal);
}

/** At the start of a guard: throws if the latch holds. A word that lifted it is logged. */
function refuseLatched({ latch, events }: GuardParts): void {
  const held = latch.read();
  if (held === null) return;
  if (held.lifted === null) throw stoppedFault(held);
  events.allowed(held.lifted, null);
  // The chain names an offence until its era ends: a lifted one stays lifted until then.
  if (held.cause !== 'offence') latch.remove();
}
