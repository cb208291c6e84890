import type { Observation, Policy } from '@watchbill/duty';
import { type ObservationReport, PermitFault } from '../contract.ts';
import { type CoreContext, listTexts } from './context.ts';
import type { Format } from './epoch.ts';
import { keys } from './keys.ts';
import { createMirror } from './mirror.ts';
import { createChangeReader, observationOf } from './observation-changes.ts';
import {
  encodeObservation,
  FIELDS,
  type Field,
  mapFields,
  NO_RECEIPTS,
  type ObservationRecord,
} from './observation-record.ts';
import { createObservationWriter } from './observation-writer.ts';
import {
  firstReports,
  freshReports,
  hear,
  inheritReports,
  noteReceipts,
  openedReports,
  type ReportState,
  saidSince,
} from './observer-reports.ts';

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
  /** A session was opened: from now on only new reports count. Rejects if the store does not answer. */
  opened(): Promise<void>;
  /** First reports by record key, for other services. */
  firsts(): Readonly<Record<string, string>>;
  /** A peer with an unbroken session heard these first; see {@link firsts}. */
  inherit(firsts: Readonly<Record<string, string>>): void;
  stop(): void;
}

const U64_MAX = (1n << 64n) - 1n;

export async function createObservationBook(
  context: CoreContext,
  format: () => Format,
): Promise<ObservationBook> {
  const { clock } = context.parts;
  let reports: ReportState = openedReports();
  const mirror = await createMirror(context, { prefix: keys.observations, decode: observationOf });
  const own = new Map<string, ObservationRecord>();
  const writer = createObservationWriter(context, format, (key, record) => {
    own.set(key, record);
    mirror.set(key, record);
  });
  const latest = (key: string) => writer.pending(key) ?? mirror.get(key);
  const readSoon = createChangeReader(context, {
    isNews(key) {
      const hint = mirror.get(key);
      return hint !== undefined && !writer.wrote(key, hint) && saidSince(reports, key, hint).length > 0;
    },
    begin() {
      const { noted } = reports;
      return (key, record) => {
        if (reports.noted !== noted) return;
        const said = saidSince(reports, key, record);
        reports = hear(reports, key, said, record.observation, clock.monotonicMs());
      };
    },
  });
  mirror.onChange((key) => {
    if (!own.has(key) || own.get(key) !== mirror.get(key)) readSoon(key);
  });

  const keysOf = (policy: Policy) =>
    namesOf(policy).map((observer) => keys.observation(policy.chain, observer));

  return {
    async report(report, observer, policies) {
      mustObserve(report.chain, observer, policies);
      const recordKey = keys.observation(report.chain, observer);
      const { record, said } = merge(observer, latest(recordKey), report);
      writer.put(recordKey, record);
      reports = hear(reports, recordKey, said, record.observation, clock.monotonicMs());
    },
    known(policy) {
      const found = keysOf(policy).map(latest);
      return found.filter((record) => record !== undefined).map(({ observation }) => observation);
    },
    fresh: (policy) => freshReports(reports, keysOf(policy), clock.monotonicMs()),
    first: (policy) => firstReports(reports, keysOf(policy)),
    async opened() {
      const begun = openedReports();
      reports = begun;
      const found = await listTexts(context, keys.observations);
      const records = [...found].map(([key, text]) => [key, observationOf(key, text)] as const);
      reports = noteReceipts(reports, new Map(records));
    },
    firsts: () => firstTexts(reports),
    inherit(firsts) {
      const peer = Object.entries(firsts).map(
        ([key, text]) => [key, observationOf(key, text).observation] as const,
      );
      const present = [...mirror.entries()].map(([key, { observation }]) => [key, observation] as const);
      reports = inheritReports(reports, new Map(peer), new Map(present), clock.monotonicMs());
    },
    stop: () => mirror.stop(),
  };
}

/** For other services: the first reports, by record key. */
function firstTexts({ heard }: ReportState): Readonly<Record<string, string>> {
  const texts = [...heard].map(([key, { first }]) => {
    return [key, encodeObservation({ observation: first, receipts: NO_RECEIPTS }, 1)] as const;
  });
  return Object.fromEntries(texts);
}

/** Whether this name may report about the chain of a key. */
export function mayObserve(policy: Policy, observer: string): boolean {
  return namesOf(policy).includes(observer);
}

/** The nodes that may observe for a key: its listed nodes and its observers. */
function namesOf(policy: Policy): readonly string[] {
  return [...new Set([...policy.roster.map((node) => node.name), ...policy.ceilings.observers])];
}

/** Throws a PermitFault `not-observer` if no policy of the chain lists the name. */
export function mustObserve(chain: string, observer: string, policies: readonly Policy[]): void {
  if (observersOf(policies).get(chain)?.has(observer) === true) return;
  throw new PermitFault(
    'not-observer',
    403,
    `${observer} is neither a listed node nor an observer of chain ${chain}`,
    'List it in the roster or in ceilings.observers of a policy.',
  );
}

type ObserverNames = ReadonlyMap<string, ReadonlySet<string>>;
const observerNames = new WeakMap<readonly Policy[], ObserverNames>();

/** The observers of each chain. Kept for each list of policies, because every node reports each second. */
function observersOf(policies: readonly Policy[]): ObserverNames {
  const known = observerNames.get(policies);
  if (known !== undefined) return known;
  const names = new Map<string, Set<string>>();
  for (const policy of policies) {
    const ofChain = names.get(policy.chain) ?? new Set();
    for (const name of namesOf(policy)) ofChain.add(name);
    names.set(policy.chain, ofChain);
  }
  observerNames.set(policies, names);
  return names;
}

/** The observer's new report over its last one; a field that it leaves out keeps its value. */
function merge(
  observer: string,
  before: ObservationRecord | undefined,
  report: ObservationReport,
): { readonly record: ObservationRecord; readonly said: readonly Field[] } {
  const said = FIELDS.filter((field) => report[field] !== undefined && report[field] !== null);
  const values = mapFields((field) =>
    said.includes(field) ? parseNumber(field, report[field] ?? '') : (before?.observation[field] ?? null),
  );
  const receipts = mapFields((field) => {
    const last = before?.receipts[field] ?? null;
    return said.includes(field) ? (BigInt(last ?? 0) + 1n).toString() : last;
  });
  // A new set restarts the rounds: the round of the old set must not stand beside the new set id.
  const newSet = before !== undefined && values.setId !== before.observation.setId;
  const round = newSet && !said.includes('round') ? null : values.round;
  return { record: { observation: { observer, ...values, round }, receipts }, said };
}

function parseNumber(field: Field, text: string): bigint {
  const value = /^(0|[1-9][0-9]{0,19})$/.test(text) ? BigInt(text) : null;
  if (value !== null && value <= U64_MAX) return value;
  throw new PermitFault('malformed', 400, `${field} is not a canonical u64`, 'Send it as decimal text.');
}
