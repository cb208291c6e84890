import { growingMs } from '@watchbill/kit';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { RENEW_MS } from '../pair/standing.ts';
import { dropAllowance } from './allowance.ts';
import { decide } from './decide.ts';
import { freshRun, type GuardRun } from './facts.ts';
import { type Latch, latchSentence, StayStopped, stoppedFault } from './latch.ts';
import { LeaseLapsed } from './lease.ts';
import { atTheirPace, DECIDE_MS, type Paced } from './paced.ts';
import { fenceSilent, leaveRole, pairTurn } from './pair.ts';
import type { GuardParts } from './parts.ts';
import { offenceReading, readings } from './read.ts';
import { HandOverAsked, RoleLost } from './role.ts';

/** Between two looks for a silent active machine. */
const LOOK_MS = 1_000;
/** Before the node is started again after it ended by itself; doubles up to the longest. */
const RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 30_000;
/** A node that ran this long ended for a new reason. */
const STEADY_MS = 60_000;
const STOP_MS = 60_000;

/** A validator for which the guard decides. A spare has several, one of which may be active. */
interface Seat {
  readonly parts: GuardParts;
  readonly run: GuardRun;
}
type Seats = readonly [Seat, ...Seat[]];
type AllParts = readonly [GuardParts, ...GuardParts[]];
type Latched = ReadonlyMap<GuardParts, Latch>;

/**
 * Runs the node under the guard until the signal aborts. Each process of the node starts without keys. At the
 * end the node is gone and the folder is empty. If the guard was paused longer than its lease, it ends the
 * node at once and starts it without keys. Several parts are those of a spare: they share one node and one
 * folder, and each process of the node gets keys of at most one of them. Rejects if custody fails (a foreign
 * file, a full disk), and with a GuardFault `stopped` after a clone or an own offence: the node is stopped
 * first.
 */
export async function runGuard(all: AllParts, signal: AbortSignal): Promise<void> {
  const { clock } = all[0];
  let free = without(all, latchedAtStart(all));
  const keys = new Map(all.map((parts) => [parts, [...parts.keys]]));
  for (const { validator, events } of all) if (validator === null) events.compared({ state: 'not-asked' });
  for (let failures = 0; !signal.aborted; failures++) {
    const startedMs = clock.monotonicMs();
    free = without(free, await runNode(free, keys, signal));
    if (clock.monotonicMs() - startedMs >= STEADY_MS) failures = 0;
    await clock.sleep(growingMs(failures, RESTART_MS, LONGEST_RESTART_MS), signal);
  }
}

/** A process of the node. Gives those whose keys stay away from now on. */
async function runNode(
  all: AllParts,
  keys: ReadonlyMap<GuardParts, OpenKey[]>,
  signal: AbortSignal,
): Promise<Latched> {
  const [{ folder, events, failpoint }] = all;
  await folder.clear();
  all.forEach(dropAllowance);
  const seats = await seatsOf(all, keys);
  const { node } = seats[0].run;
  events.started(node.pid);
  const over = new AbortController();
  const gone = node.ended.then((end) => {
    over.abort();
    events.ended(end);
  });
  let stopMs = STOP_MS;
  let handTo: string | null = null;
  let latched: Latched = new Map();
  try {
    await attend(seats, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (error instanceof HandOverAsked) handTo = error.to;
    else {
      // Also if the latch cannot be written, for example on a full disk.
      if (error instanceof StayStopped) stopMs = 0;
      latched = stopAtOnce(error, all);
      stopMs = 0;
    }
  } finally {
    // If the guard failed, the keys go first: a node that hangs takes up to a minute to end. With keys that
    // cannot be removed, it gets no time.
    if (!signal.aborted) {
      await failpoint('before-clear');
      for (const { run } of seats) run.open.clear();
      await folder.clear().catch(() => {
        stopMs = 0;
      });
      await failpoint('after-clear');
    }
    if (!over.signal.aborted) await endNode(seats, stopMs);
    await gone;
    await failpoint('after-node-end');
    for (const { run } of seats) run.open.clear();
    await folder.clear();
    // After a stop by a person, and after a lapse, the node may run elsewhere: the next start listens.
    if (signal.aborted || stopMs === 0 || handTo !== null) for (const { token } of all) token.remove();
  }
  if (signal.aborted || handTo !== null || latched.size > 0)
    for (const { parts, run } of seats) await leaveRole(parts, run, handTo);
  return latched;
}

/** Starts the node. A seat is taken once its term has begun; then every other one waits. */
async function seatsOf(all: AllParts, keys: ReadonlyMap<GuardParts, OpenKey[]>): Promise<Seats> {
  const fresh = all.map((parts) => ({ parts, run: freshRun(parts, keys.get(parts) ?? []) }));
  const node = await all[0].start();
  const seats = fresh.map(({ parts, run }): Seat => {
    const isOther = (one: Seat): boolean =>
      one.parts !== parts && (one.run.term !== null || one.parts.role?.hasBegun() === true);
    const busyWith = (): string | null => nameOf(seats.find(isOther));
    return { parts, run: { ...run, node, busyWith } };
  });
  return seats as [Seat, ...Seat[]];
}

const nameOf = (seat: Seat | undefined): string | null =>
  seat === undefined ? null : (seat.parts.validator?.name ?? 'another validator');

/**
 * While the node takes its time to end, nothing renews the role of this machine in its pair. So the lease of
 * the role ends the node, as at all other times: a person takes the role over by its silence.
 */
async function endNode(seats: Seats, stopMs: number): Promise<void> {
  const { parts, run } = seats.find((seat) => seat.run.term !== null) ?? seats[0];
  const { role, clock } = parts;
  if (role === null || run.term === null) return void (await run.node.stop(stopMs));
  const over = new AbortController();
  const ended = run.node.stop(stopMs).finally(() => over.abort());
  while (!over.signal.aborted && role.standing().role === 'active') await clock.sleep(DECIDE_MS, over.signal);
  if (!over.signal.aborted) await run.node.stop(0);
  await ended;
}

/** The node may sign until it is gone, so it gets no time to end by itself. Throws any other error. */
function stopAtOnce(error: unknown, all: AllParts): Latched {
  const [{ events, clock }] = all;
  if (error instanceof StayStopped) {
    const found: Latch = { cause: error.why, say: error.message, atMs: clock.nowMs(), lifted: null };
    error.latch.write(found);
    return new Map(all.filter(({ latch }) => latch === error.latch).map((parts) => [parts, found]));
  }
  if (error instanceof LeaseLapsed) events.lapsed(error.stoodStillMs);
  else if (error instanceof RoleLost) events.roleLost(error.message);
  else throw error;
  return new Map();
}

/** Reads all nodes and decides, each at its pace, until the signal aborts or one of them fails. */
async function attend(seats: Seats, signal: AbortSignal): Promise<void> {
  const works = seats.flatMap(({ parts, run }): readonly Paced[] => [
    { everyMs: DECIDE_MS, work: () => decide(parts, run) },
    ...readings(parts, run),
    offenceReading(parts, run),
    ...(parts.role === null ? [] : [{ everyMs: RENEW_MS, work: () => pairTurn(parts, run) }]),
    ...(parts.fence === null ? [] : [{ everyMs: LOOK_MS, work: () => fenceSilent(parts, run, signal) }]),
  ]);
  await atTheirPace(seats[0].parts.clock, works, signal);
}

/** Those whose latch holds at the start of a guard. A word that lifted one is logged. */
function latchedAtStart(all: AllParts): Latched {
  const held = new Map<GuardParts, Latch>();
  for (const parts of all) {
    const { latch, events } = parts;
    const found = latch.read();
    if (found === null) continue;
    if (found.lifted === null) {
      held.set(parts, found);
      continue;
    }
    events.allowed(found.lifted, null);
    // The chain names an offence until its era ends: a lifted one stays lifted until then.
    if (found.cause !== 'offence') latch.remove();
  }
  return held;
}

/** The validators that are left on a spare. Throws the fault of the latch if there are none. */
function without(all: AllParts, latched: Latched): AllParts {
  const [first, ...more] = all.filter((parts) => !latched.has(parts));
  for (const [{ events }, latch] of latched) {
    if (first === undefined) throw stoppedFault(latch);
    events.stopped(latchSentence(latch));
  }
  return first === undefined ? all : [first, ...more];
}
