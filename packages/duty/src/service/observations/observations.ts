import type { Arrival, Observation, Policy } from '../../rule/index.ts';
import type { ObservationReport } from '../contract.ts';
import { type CoreContext, listTexts } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { createMirror, type Mirror } from '../ground/mirror.ts';
import { merge } from './merge.ts';
import type { ObservationEffect, ObservationEvent } from './observation-events.ts';
import { mustObserve, namesOf } from './observers.ts';
import { encodeObservation, NO_RECEIPTS, type ObservationRecord } from './record.ts';
import { firstReports, freshReports, type ReportState } from './reports.ts';
import { type ObservationState, startedObservations } from './state.ts';
import { stepObservations } from './step.ts';
import { observationOf, readRecords, writeRecords } from './store-calls.ts';

/**
 * The last reports of observers, shared between the services of a ledger. They limit new units and never
 * grant one.
 */
export interface ObservationBook {
  report(report: ObservationReport, observer: string, policies: readonly Policy[]): Promise<void>;
  /** Every report that the store holds, of listed nodes and the policy's observers, whenever it came. */
  known(policy: Policy): readonly Observation[];
  /** Reports since the session was opened, not older than a minute. */
  fresh(policy: Policy): readonly Observation[];
  /** First reports since the session was opened. */
  first(policy: Policy): readonly Observation[];
  /** The newest block that each observer saw arrive, in whichever session. */
  arrivals(policy: Policy): readonly Arrival[];
  /** A session was opened: from now on only new reports count. Rejects if the store does not answer. */
  opened(): Promise<void>;
  /** First reports by record key, for other services. */
  firsts(): Readonly<Record<string, string>>;
  /** An observer reports a round that the chain cannot have reached by our clock: the session must end. */
  onJump(listener: (why: string) => void): void;
  /** A peer with an unbroken session heard these first; see {@link firsts}. */
  inherit(firsts: Readonly<Record<string, string>>): void;
  stop(): void;
}

/** The mirror of the store, and the machine. */
interface Shell {
  readonly context: CoreContext;
  readonly mirror: Mirror<ObservationRecord>;
  state: ObservationState;
  jumped: (why: string) => void;
}

export async function createObservationBook(context: CoreContext): Promise<ObservationBook> {
  const { clock } = context.parts;
  const mirror = await createMirror(context, { prefix: keys.observations, decode: observationOf });
  const shell: Shell = { context, mirror, state: startedObservations(), jumped: () => undefined };
  mirror.onChange((recordKey) => take(shell, { kind: 'changed', recordKey, hintOf: mirror.get }));
  const latest = (key: string) => shell.state.waiting.get(key) ?? mirror.get(key);

  return {
    async report(report, observer, policies) {
      mustObserve(report.chain, observer, policies);
      const recordKey = keys.observation(report.chain, observer);
      const merged = merge(observer, latest(recordKey), report);
      take(shell, { kind: 'reported', recordKey, ...merged, nowMs: clock.monotonicMs() });
    },
    known(policy) {
      const found = keysOf(policy).map(latest);
      return found.filter((record) => record !== undefined).map(({ observation }) => observation);
    },
    fresh: (policy) => freshReports(shell.state.reports, keysOf(policy), clock.monotonicMs()),
    first: (policy) => firstReports(shell.state.reports, keysOf(policy)),
    arrivals: (policy) => arrivals(shell, policy),
    opened: () => noteStore(shell),
    firsts: () => firstTexts(shell.state.reports),
    onJump(listener) {
      shell.jumped = listener;
    },
    inherit: (firsts) => inherit(shell, firsts),
    stop: () => mirror.stop(),
  };
}

function arrivals({ state, context }: Shell, policy: Policy): readonly Arrival[] {
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

/** One step, and its effects, whose answers are further steps. */
function take(shell: Shell, event: ObservationEvent): void {
  const { state, effects } = stepObservations(shell.state, event);
  shell.state = state;
  for (const effect of effects) void perform(shell, effect);
}

async function perform(shell: Shell, effect: ObservationEffect): Promise<void> {
  const { context, mirror } = shell;
  const { clock } = context.parts;
  switch (effect.kind) {
    case 'wait':
      await clock.sleep(effect.ms);
      take(shell, { kind: 'waited', nowMs: clock.monotonicMs() });
      break;
    case 'jumped':
      shell.jumped(effect.why);
      break;
    case 'write': {
      for (const [key, record] of effect.given) mirror.set(key, record);
      const failed = await writeRecords(context, effect.records);
      take(shell, { kind: 'written', failed, nowMs: clock.monotonicMs() });
      break;
    }
    default: {
      const { recordKeys, noted } = effect;
      const found = await readRecords(context, recordKeys);
      take(shell, { kind: 'read', found, noted, hintOf: mirror.get, nowMs: clock.monotonicMs() });
    }
  }
}

/** The session was opened: records of the store count from their next change on. */
async function noteStore(shell: Shell): Promise<void> {
  take(shell, { kind: 'opened' });
  const texts = await listTexts(shell.context, keys.observations);
  const found = [...texts].map(([key, text]) => [key, observationOf(key, text)] as const);
  take(shell, { kind: 'noted', found });
}

function inherit(shell: Shell, texts: Readonly<Record<string, string>>): void {
  const firsts = Object.entries(texts).map(
    ([key, text]) => [key, observationOf(key, text).observation] as const,
  );
  const present = [...shell.mirror.entries()].map(([key, { observation }]) => [key, observation] as const);
  const nowMs = shell.context.parts.clock.monotonicMs();
  take(shell, { kind: 'inherited', firsts: new Map(firsts), present: new Map(present), nowMs });
}

/** For other services: the first reports, by record key. */
function firstTexts({ heard }: ReportState): Readonly<Record<string, string>> {
  const texts = [...heard].map(([key, { first }]) => {
    return [key, encodeObservation({ observation: first, receipts: NO_RECEIPTS })] as const;
  });
  return Object.fromEntries(texts);
}
