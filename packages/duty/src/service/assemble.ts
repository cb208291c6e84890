import { dutyNamed, type Mark } from '../rule/index.ts';
import type { MemoryView } from './contract.ts';
import { type BaseBook, createBase } from './ground/base.ts';
import { createBatcher } from './ground/batcher.ts';
import type { CoreContext } from './ground/context.ts';
import { type LedgerIdentity, openLedgerIdentity } from './ground/genesis.ts';
import { keys } from './ground/keys.ts';
import { createMarkCache, type MarkCache, type MarkRef, readMark } from './ground/marks.ts';
import type { PermitOptions, PermitParts } from './ground/options.ts';
import { createPolicyBook, type PolicyBook } from './ground/policies.ts';
import { toBytes } from './ground/records.ts';
import { createTokenBook } from './ground/tokens.ts';
import { createObservationBook, type ObservationBook } from './observations/observations.ts';
import { createQuietBook } from './observations/quiet.ts';
import { createWatchBook } from './preference/watch/watches.ts';
import { createRollbackReports, type RollbackReports } from './rollback-reports/rollback-reports.ts';
import { compareMemories } from './session/comparison.ts';
import { createServiceBook, type ServiceBook } from './session/services.ts';
import { type Session, startSession } from './session/session.ts';

/**
 * Makes the parts of a core and starts its session. Rejects with a PermitFault if the store is another
 * ledger's.
 */
export async function assembleCore(parts: PermitParts, options: PermitOptions) {
  const context: CoreContext = { parts, options, stale: new Set() };
  const identity = await openLedgerIdentity(context);
  const services = createServiceBook(context, identity);
  const observations = await createObservationBook(context);
  const [policies, watches, tokens] = await Promise.all([
    createPolicyBook(context, observations.list),
    createWatchBook(context, observations.known),
    createTokenBook(context),
  ]);
  const reports = await createRollbackReports(context, identity, policies, markReader(context));
  const base = createBase(identity.created);
  const session = openSession({ context, identity, services, policies, observations, base, reports });
  parts.ledger.subscribeForks((fork) => {
    session.lost(`two entries have number ${fork.seq} in ${fork.mark}: ${fork.hashes.join(' and ')}`);
  });
  observations.onJump((why) => {
    const text = `this machine was put back to an earlier moment, or an observer is wrong: ${why}`;
    parts.log.error({ event: 'observer-jumped' }, text);
    session.lost(text);
  });
  const marks = createMarkCache(parts.store);
  return {
    context,
    identity,
    session,
    services,
    policies,
    marks,
    watches,
    observations,
    quiet: createQuietBook(context),
    tokens,
    batcher: createBatcher(context),
    /** Keep a mark fresh in the cache while a claim waits for it; returns the way to stop. */
    followMark: followMark(context, marks),
    reports,
    /** From where the present session counts units as new. */
    base: base.now,
  };
}

interface SessionParts {
  readonly context: CoreContext;
  readonly identity: LedgerIdentity;
  readonly services: ServiceBook;
  readonly policies: PolicyBook;
  readonly observations: ObservationBook;
  readonly base: BaseBook;
  readonly reports: Pick<RollbackReports, 'open'>;
}

function openSession(parts: SessionParts): Session {
  const { context, identity, services, policies, observations, base, reports } = parts;
  const inherit = ({ openedMs, reports = {}, observers = {} }: MemoryView) => {
    base.inherited(openedMs ?? null);
    observations.inherit({ reports, observers });
  };
  return startSession(context, {
    compare: (except, isOpen) => compareMemories({ context, identity, services, inherit, isOpen }, except),
    allowedSkewMs: policies.leastSkewMs,
    opened: async ({ nowMs }) => {
      base.opened(nowMs);
      await observations.opened();
    },
    learnMarks: services.learnMarks,
    serveOthers: (text) => services.approveJoining(text, () => reports.open() !== null),
  });
}

/** Reads a mark for rollback reports, linearizably; null if there is none or the duty is not known. */
function markReader(context: CoreContext) {
  return async (chain: string, key: string, dutyName: string): Promise<Mark | null> => {
    const duty = dutyNamed(dutyName);
    if (duty === null) return null;
    const { store } = context.parts;
    return (await readMark(store, { chain, key, duty }, context.options.storeTimeoutMs))?.mark ?? null;
  };
}

/** Keep one mark fresh while claims are held: another service may take the unit. One watch serves them. */
function followMark(context: CoreContext, marks: MarkCache) {
  const followed = new Map<string, { readonly stop: () => void; claims: number }>();
  return (ref: MarkRef): (() => void) => {
    const recordKey = keys.mark(ref.chain, ref.key, ref.duty.name);
    const one = followed.get(recordKey) ?? { stop: watchMark(context, marks, ref, recordKey), claims: 0 };
    followed.set(recordKey, one);
    one.claims += 1;
    return () => {
      one.claims -= 1;
      if (one.claims === 0 && followed.delete(recordKey)) one.stop();
    };
  };
}

function watchMark(context: CoreContext, marks: MarkCache, ref: MarkRef, recordKey: string): () => void {
  let stopped = false;
  const refresh = () => {
    if (stopped) return;
    void marks.load(ref, context.options.storeTimeoutMs).catch((error: unknown) => {
      const event = { event: 'mark-unread', key: recordKey, error: String(error) };
      context.parts.log.warn(event, 'a mark was not read');
    });
  };
  const watch = context.parts.store.watch(recordKey, {
    onChange: (change) => {
      if (change.key !== recordKey || change.value === null) return;
      const known = marks.get(ref)?.headText;
      if (known === undefined || Buffer.compare(toBytes(known), change.value) !== 0) refresh();
    },
    onResync: refresh,
  });
  return () => {
    stopped = true;
    watch.stop();
  };
}
