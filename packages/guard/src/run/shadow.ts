import { NodeFault } from '@watchbill/chain';
import type { KeyName } from '../custody/key-name.ts';
import type { KeystoreView } from '../custody/keystore-view.ts';
import { noFailpoint } from '../failpoints.ts';
import { unfit } from '../fault.ts';
import { freshRun, type Run, takenAway } from './facts.ts';
import { holdLease, LeaseLapsed } from './lease.ts';
import { atTheirPace, DECIDE_MS } from './paced.ts';
import type { DecisionParts, ReadingEvents } from './parts.ts';
import { readings } from './read.ts';
import { settle } from './settle.ts';
import { chainInMemory, marksInMemory, tokenInMemory } from './shadow-memory.ts';
import type { Verdict } from './verdict.ts';

/** Between two looks whether the node answers. */
const LOOK_MS = 1_000;

/** The act of the guard with a key, if it ran the node. `keep`: it is placed already, and stays. */
export type ShadowAct = 'place' | 'keep' | 'remove' | 'wait' | 'refuse';

export interface ShadowVerdict extends Verdict {
  readonly act: ShadowAct;
  /** The key is in the keystore of the node at this moment, whatever the guard would do. */
  readonly inKeystore: boolean;
}

/** Events for the log and for metrics. No event contains a secret. */
export interface ShadowEvents extends ReadingEvents {
  /** The node answers: the guard would have started this process without keys. */
  started(): void;
  /** The node does not answer any more. That is taken for the end of its process. */
  ended(why: string): void;
  /** The shadow was paused for so long that the guard would have ended the node. */
  lapsed(stoodStillMs: number): void;
  /** The guard would have placed this key now. */
  placed(key: KeyName): void;
  verdicts(all: readonly ShadowVerdict[]): void;
}

/**
 * Everything that a shadow uses. It gets no folder to place keys in, no process, no file and no role: it has
 * no means to write.
 */
export interface ShadowParts
  extends Omit<DecisionParts, 'marks' | 'chain' | 'token' | 'role' | 'failpoint' | 'events'> {
  readonly keystore: KeystoreView;
  readonly events: ShadowEvents;
}

type Seeing = ShadowParts & DecisionParts;

/**
 * Decides beside a node that runs without a guard, until the signal aborts, and does nothing. Each process
 * of the node is judged as if the guard had started it without keys at the moment at which it was first
 * seen. The marks and the token are kept in memory. Rejects if the keystore holds no session key.
 */
export async function runShadow(given: ShadowParts, signal: AbortSignal): Promise<void> {
  const parts: Seeing = {
    ...{ ...given, chain: chainInMemory(), marks: marksInMemory(), token: tokenInMemory() },
    ...{ role: null, failpoint: noFailpoint },
  };
  const { clock, events } = parts;
  for (let isKnownGone = false; !signal.aborted; ) {
    const why = await silenceOf(parts);
    if (why === null) {
      await watchProcess(parts, signal);
      isKnownGone = false;
      continue;
    }
    if (!isKnownGone) events.ended(why);
    isKnownGone = true;
    await clock.sleep(LOOK_MS, signal);
  }
}

async function watchProcess(parts: Seeing, signal: AbortSignal): Promise<void> {
  const { clock, events, keystore } = parts;
  const keys = (await keystore.names()).map((name) => ({ name }));
  if (keys.length === 0) {
    const remedy = 'name the folder in which the node keeps its session keys now';
    throw unfit('keystore', 'the keystore holds no session key', remedy);
  }
  const run = freshRun(parts, keys, true);
  events.started();
  const over = new AbortController();
  const look = async (): Promise<void> => {
    const why = await silenceOf(parts);
    if (why === null) return;
    events.ended(why);
    over.abort();
  };
  try {
    await atTheirPace(
      clock,
      [
        { everyMs: DECIDE_MS, work: () => judge(parts, run, keys) },
        ...readings(parts, run),
        { everyMs: LOOK_MS, work: look },
      ],
      AbortSignal.any([signal, over.signal]),
    );
  } catch (error) {
    if (!(error instanceof LeaseLapsed)) throw error;
    parts.token.remove();
    events.lapsed(error.stoodStillMs);
  }
}

/** One decision: what the guard would do now. The set of placed keys is kept in memory, not in a folder. */
async function judge(parts: Seeing, run: Run, keys: { readonly name: KeyName }[]): Promise<void> {
  holdLease(parts, run);
  const present = await parts.keystore.names();
  for (const name of present) if (!keys.some((key) => key.name.file === name.file)) keys.push({ name });
  const judged = (await settle(parts, run)).map((verdict) => ({
    ...verdict,
    act: actOf(run, verdict),
    inKeystore: present.some(({ file }) => file === verdict.name.file),
  }));
  for (const { name, act } of judged) if (act === 'place') parts.events.placed(name);
  parts.events.verdicts(judged);
}

function actOf(run: Run, { name, state }: Verdict): ShadowAct {
  const wasPlaced = run.open.has(name.file);
  if (state === 'open') {
    run.open.add(name.file);
    return wasPlaced ? 'keep' : 'place';
  }
  if (wasPlaced) takenAway(run, name);
  if (wasPlaced) return 'remove';
  return state === 'refused' ? 'refuse' : 'wait';
}

/** Null while the node answers. A node that is only slow has not ended. */
async function silenceOf({ own }: Seeing): Promise<string | null> {
  try {
    await own.call('system_health');
    return null;
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    return error.code === 'unreachable' || error.code === 'lost' ? error.message : null;
  }
}
