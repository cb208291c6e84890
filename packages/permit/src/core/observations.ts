import type { Observation, Policy } from '@watchbill/duty';
import { type ObservationReport, PermitFault } from '../contract.ts';
import { type CoreContext, listTexts, readTexts } from './context.ts';
import type { Format } from './epoch.ts';
import { keys } from './keys.ts';
import { createMirror } from './mirror.ts';
import {
  decodeObservation,
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
  const confirming = new Set<string>();
  let reports: ReportState = openedReports();
  const mirror = await createMirror(context, { prefix: keys.observations, decode });
  const writer = createObservationWriter(context, format, mirror.set);
  const latest = (key: string) => writer.pending(key) ?? mirror.get(key);
  mirror.onChange((key) => void confirm(key));

  /**
   * A record changed that another service wrote. A watch may be late, so its value does not count: a
   * linearizable read shows the reports since the opening.
   */
  async function confirm(recordKey: string): Promise<void> {
    const hint = mirror.get(recordKey);
    if (hint === undefined || confirming.has(recordKey) || writer.wrote(recordKey, hint)) return;
    if (saidSince(reports, recordKey, hint).length === 0) return;
    confirming.add(recordKey);
    const { noted } = reports;
    const record = await readRecord(context, recordKey);
    confirming.delete(recordKey);
    if (record === null || reports.noted !== noted) return;
    const said = saidSince(reports, recordKey, record);
    reports = hear(reports, recordKey, said, record.observation, clock.monotonicMs());
  }

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
      const records = [...found].map(([key, text]) => [key, decode(key, text)] as const);
      reports = noteReceipts(reports, new Map(records));
    },
    firsts: () =>
      Object.fromEntries(
        [...reports.heard].map(([key, { first }]) => [
          key,
          encodeObservation({ observation: first, receipts: NO_RECEIPTS }, 1),
        ]),
      ),
    inherit(firsts) {
      const peer = Object.entries(firsts).map(([key, text]) => [key, decode(key, text).observation] as const);
      const present = [...mirror.entries()].map(([key, { observation }]) => [key, observation] as const);
      reports = inheritReports(reports, new Map(peer), new Map(present), clock.monotonicMs());
    },
    stop: () => mirror.stop(),
  };
}

function decode(key: string, text: string): ObservationRecord {
  return decodeObservation(key.slice(key.lastIndexOf('/') + 1), text);
}

/** Linearizable; null if there is none, or the store does not answer: the next change asks again. */
async function readRecord(context: CoreContext, recordKey: string): Promise<ObservationRecord | null> {
  try {
    const [text] = await readTexts(context, [recordKey]);
    return text === null || text === undefined ? null : decode(recordKey, text);
  } catch (error) {
    const event = { event: 'observation-unread', key: recordKey, error: String(error) };
    context.parts.log.warn(event, 'an observation was not read');
    return null;
  }
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
  if (policies.some((policy) => policy.chain === chain && mayObserve(policy, observer))) return;
  throw new PermitFault(
    'not-observer',
    403,
    `${observer} is neither a listed node nor an observer of chain ${chain}`,
    'List it in the roster or in ceilings.observers of a policy.',
  );
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
