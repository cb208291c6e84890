import type { Arrival, Observation, Policy } from '../../rule/index.ts';
import type { MemoryView, ObservationReport } from '../contract.ts';
import type { Heard, SessionBase } from '../ground/base.ts';
import { type CoreContext, listTexts } from '../ground/context.ts';
import { keys, markName } from '../ground/keys.ts';
import { createMirror } from '../ground/mirror.ts';
import { mustObserve, namesOf } from './observers.ts';
import { decodeObservation, encodeObservation, merge, NO_RECEIPTS } from './record.ts';
import {
  firstReports,
  freshReports,
  inheritReports,
  noteReceipts,
  openedReports,
  type ReportState,
} from './reports.ts';
import { onChanged, onReported, type Sharing } from './sharing.ts';
import { startedObservations } from './state.ts';

/**
 * The last reports of observers, shared between the services of a ledger. They limit new units and never
 * grant one.
 */
export type ObservationBook = Awaited<ReturnType<typeof createObservationBook>>;

/** The part of a memory that another service takes over. */
type Firsts = {
  readonly [Name in 'reports' | 'observers']: NonNullable<MemoryView[Name]>;
};

export async function createObservationBook(context: CoreContext) {
  const { clock } = context.parts;
  const mirror = await createMirror(context, { prefix: keys.observations, decode: decodeObservation });
  const state = startedObservations();
  const listed = new Map<string, readonly string[]>();
  const list = (name: string, more: readonly string[]): void =>
    void listed.set(name, [...new Set([...(listed.get(name) ?? []), ...more])]);
  const sharing: Sharing = { context, mirror, state, jumped: () => undefined };
  mirror.onChange((recordKey) => onChanged(sharing, recordKey));
  const latest = (key: string) => state.waiting.get(key) ?? mirror.get(key);
  /** Every report that the store holds, of listed nodes and the policy's observers, whenever it came. */
  const known = (policy: Policy): readonly Observation[] =>
    keysOf(policy).flatMap((key) => latest(key)?.observation ?? []);

  return {
    async report(report: ObservationReport, observer: string, policies: readonly Policy[]): Promise<void> {
      mustObserve(report.chain, observer, policies);
      const recordKey = keys.observation(report.chain, observer);
      onReported(sharing, recordKey, merge(observer, latest(recordKey), report));
    },
    known,
    /** The reports that bound a claim under this policy, in the session with this base. */
    heard(policy: Policy, base: SessionBase): Heard {
      const recordKeys = keysOf(policy);
      const ever = listed.get(markName(policy.chain, policy.key, '')) ?? [];
      return {
        base,
        fresh: freshReports(state.reports, recordKeys, clock.monotonicMs()),
        first: firstReports(state.reports, ever),
        former: ever.flatMap((key) =>
          recordKeys.includes(key) ? [] : (state.reports.former.get(key) ?? []),
        ),
        known: known(policy),
        arrivals: arrivals(sharing, policy),
      };
    },
    /** A policy was read: from now on its observers count for the base of its key. */
    list: (policy: Policy): void => list(markName(policy.chain, policy.key, ''), keysOf(policy)),
    /** A session was opened: from now on only new reports count. Rejects if the store does not answer. */
    opened: (): Promise<void> => noteStore(sharing),
    /** For other services: first reports by record key, and the record keys of each key. */
    firsts: (): Firsts => ({ reports: firstTexts(state.reports), observers: Object.fromEntries(listed) }),
    /** An observer reports a round that the chain cannot have reached by our clock: the session must end. */
    onJump(listener: (why: string) => void): void {
      sharing.jumped = listener;
    },
    /** A peer with an unbroken session heard these first; see {@link firsts}. */
    inherit({ reports, observers }: Firsts): void {
      for (const [name, keys] of Object.entries(observers)) list(name, keys);
      inherit(sharing, reports);
    },
    stop: (): void => mirror.stop(),
  };
}

function arrivals({ state, context }: Sharing, policy: Policy): readonly Arrival[] {
  const nowMs = context.parts.clock.monotonicMs();
  return namesOf(policy).flatMap((observer) => {
    const seen = state.arrivals.get(keys.observation(policy.chain, observer));
    return seen === undefined ? [] : [{ observer, slot: seen.slot, ageMs: nowMs - seen.atMs }];
  });
}

const recordKeys = new WeakMap<Policy, readonly string[]>();

/** The records of the observers of a policy. Kept, because each claim asks three times. */
function keysOf(policy: Policy): readonly string[] {
  const known = recordKeys.get(policy);
  if (known !== undefined) return known;
  const made = namesOf(policy).map((observer) => keys.observation(policy.chain, observer));
  recordKeys.set(policy, made);
  return made;
}

/** The session was opened: records of the store count from their next change on. */
async function noteStore({ state, context }: Sharing): Promise<void> {
  state.reports = openedReports(state.reports);
  const texts = await listTexts(context, keys.observations);
  const found = new Map([...texts].map(([key, text]) => [key, decodeObservation(key, text)]));
  state.reports = noteReceipts(state.reports, found);
}

function inherit({ state, context, mirror }: Sharing, texts: Readonly<Record<string, string>>): void {
  const firsts = Object.entries(texts).map(
    ([key, text]) => [key, decodeObservation(key, text).observation] as const,
  );
  const present = [...mirror.entries()].map(([key, { observation }]) => [key, observation] as const);
  const nowMs = context.parts.clock.monotonicMs();
  state.reports = inheritReports(state.reports, new Map(firsts), new Map(present), nowMs);
}

/** For other services: the first reports, by record key. */
function firstTexts({ heard }: ReportState): Readonly<Record<string, string>> {
  const textOf = (observation: Observation) => encodeObservation({ observation, receipts: NO_RECEIPTS });
  return Object.fromEntries([...heard].map(([key, { first }]) => [key, textOf(first)]));
}
