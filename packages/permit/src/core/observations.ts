import type { Observation, Policy } from '@watchbill/duty';
import { type ObservationReport, PermitFault } from '../contract.ts';
import type { CoreContext } from './context.ts';
import { keys } from './keys.ts';
import { createMirror } from './mirror.ts';
import { decodeObservation, encodeObservation, toBytes } from './records.ts';

/** What observers saw last, shared between the services of a ledger. It bounds new units and never grants one. */
export interface ObservationBook {
  report(report: ObservationReport, observer: string, policies: readonly Policy[]): Promise<void>;
  /** Observations that count for a key: of its listed nodes and its policy's observers. */
  of(policy: Policy): readonly Observation[];
  stop(): void;
}

/** An observer's report is written at most this often; what it says last is written in the end. */
const WRITE_INTERVAL_MS = 250;
const U64_MAX = (1n << 64n) - 1n;

export async function createObservationBook(context: CoreContext): Promise<ObservationBook> {
  const { store, clock, log } = context.parts;
  const written = new Map<string, { atMs: number; text: string }>();
  const due = new Set<string>();
  /** Reports that are not written yet: what the store tells meanwhile is older. */
  const pending = new Map<string, Observation>();
  const mirror = await createMirror(context, {
    prefix: keys.observations,
    decode: (key, text) => decodeObservation(key.slice(key.lastIndexOf('/') + 1), text),
  });

  async function write(recordKey: string): Promise<void> {
    const observation = pending.get(recordKey);
    if (observation === undefined) return;
    pending.delete(recordKey);
    mirror.set(recordKey, observation);
    const text = encodeObservation(observation);
    if (written.get(recordKey)?.text === text) return;
    written.set(recordKey, { atMs: clock.monotonicMs(), text });
    const results = await store.transact(
      [{ compares: [], writes: [{ key: recordKey, value: toBytes(text) }] }],
      {
        timeoutMs: context.options.storeTimeoutMs,
      },
    );
    if (results[0]?.outcome !== 'applied') written.delete(recordKey);
  }

  async function writeSoon(recordKey: string): Promise<void> {
    if (due.has(recordKey)) return;
    due.add(recordKey);
    const lastMs = written.get(recordKey)?.atMs ?? Number.NEGATIVE_INFINITY;
    await clock.sleep(Math.max(0, lastMs + WRITE_INTERVAL_MS - clock.monotonicMs()));
    due.delete(recordKey);
    await write(recordKey).catch((error: unknown) => {
      written.delete(recordKey);
      log.warn(
        { event: 'observation-unwritten', key: recordKey, error: String(error) },
        'an observation was not shared',
      );
    });
  }

  return {
    async report(report, observer, policies) {
      const allowed = policies.some((policy) => policy.chain === report.chain && counts(policy, observer));
      if (!allowed) {
        const message = `${observer} is neither a listed node nor an observer of chain ${report.chain}`;
        throw new PermitFault(
          'not-observer',
          403,
          message,
          'List it in the roster or in ceilings.observers of a policy.',
        );
      }
      const recordKey = keys.observation(report.chain, observer);
      pending.set(recordKey, merge(observer, pending.get(recordKey) ?? mirror.get(recordKey), report));
      void writeSoon(recordKey);
    },
    of(policy) {
      const names = new Set([...policy.roster.map((node) => node.name), ...policy.ceilings.observers]);
      const found = [...names].map((name) => {
        const recordKey = keys.observation(policy.chain, name);
        return pending.get(recordKey) ?? mirror.get(recordKey);
      });
      return found.filter((observation): observation is Observation => observation !== undefined);
    },
    stop: () => mirror.stop(),
  };
}

function counts(policy: Policy, observer: string): boolean {
  return policy.roster.some((node) => node.name === observer) || policy.ceilings.observers.includes(observer);
}

function merge(observer: string, before: Observation | undefined, report: ObservationReport): Observation {
  const pick = (field: 'finalizedBlock' | 'setId' | 'beefySetId' | 'round' | 'session'): bigint | null => {
    const text = report[field];
    if (text === undefined || text === null) return before?.[field] ?? null;
    const value = /^(0|[1-9][0-9]{0,19})$/.test(text) ? BigInt(text) : null;
    if (value === null || value > U64_MAX) {
      throw new PermitFault('malformed', 400, `${field} is not a canonical u64`, 'Send it as decimal text.');
    }
    return value;
  };
  const observation = {
    observer,
    finalizedBlock: pick('finalizedBlock'),
    setId: pick('setId'),
    beefySetId: pick('beefySetId'),
    round: pick('round'),
    session: pick('session'),
  };
  // A new set restarts the rounds: the round of the old set must not stand beside the new set id.
  const newSet = before !== undefined && observation.setId !== before.setId;
  const roundSaid = report.round !== undefined && report.round !== null;
  return newSet && !roundSaid ? { ...observation, round: null } : observation;
}
