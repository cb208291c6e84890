import { createHash, timingSafeEqual } from 'node:crypto';
import type { Permit } from '../contract.ts';
import { createAdmin } from './admin.ts';
import { createBatcher } from './batcher.ts';
import { createClaimEngine } from './claims.ts';
import { createComparison } from './comparison.ts';
import { type CoreContext, createContext } from './context.ts';
import { createDoubtBook } from './doubts.ts';
import { createFront, describe, type Front } from './front.ts';
import { openLedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { createMarkCache, type MarkCache, type MarkRef } from './marks.ts';
import type { CoreModules } from './modules.ts';
import { createObservationBook } from './observations.ts';
import type { PermitOptions, PermitParts } from './options.ts';
import { createOriginalTargets } from './original.ts';
import { createPolicyBook } from './policies.ts';
import { toText } from './records.ts';
import { createRelief } from './relief.ts';
import { createServiceBook } from './services.ts';
import { startSession } from './session.ts';
import { createSuspicion } from './suspicion.ts';
import { createTokenBook } from './tokens.ts';
import { createWatchBook } from './watchbook.ts';

/** etcd's nested transactions are bounded by the adapter; this bounds one call of any store. */
const MAX_PER_CALL = 256;
const MAX_CALLS = 2;

/**
 * The permission service without a transport: claim protocol sections 2, 4, 5 and, of 6, sessions, store-behind,
 * joining and adoption. Rejects with a PermitFault where the store is not the one its data directory belongs to.
 */
export async function createPermit(parts: PermitParts, options: PermitOptions): Promise<Permit> {
  const context = createContext(parts, options);
  const identity = await openLedgerIdentity(context);
  const services = createServiceBook(context, identity);
  const observations = await createObservationBook(context);
  const [policies, watches, tokens, doubts] = await Promise.all([
    createPolicyBook(context),
    createWatchBook(context, observations),
    createTokenBook(context),
    createDoubtBook(context),
  ]);
  const comparison = createComparison(context, identity, services);
  const session = await startSession(context, comparison, services);
  const suspicion = createSuspicion(context, session, comparison, policies, doubts);
  services.doubtWhile(() => suspicion.open() !== null);
  const marks = createMarkCache(parts.store);
  const batcher = createBatcher({
    store: parts.store,
    clock: parts.clock,
    meter: parts.meter,
    timeoutMs: options.storeTimeoutMs,
    maxCalls: MAX_CALLS,
    maxPerCall: MAX_PER_CALL,
    maxWaiting: options.maxInFlight,
  });
  const modules: CoreModules = {
    context,
    identity,
    session,
    services,
    policies,
    marks,
    watches,
    observations,
    tokens,
    batcher,
    followMark: followMark(context, marks),
    suspicion,
    describe: (run, verdict) => describe(context, run, verdict),
  };
  const front: Front = createFront(modules, createClaimEngine(modules), createOriginalTargets(modules));
  const admin = createAdmin(modules);
  const relief = createRelief(modules);
  const { ledger } = parts;

  return {
    claim: front.claim,
    claimOriginal: front.claimOriginal,
    observe: (report, observer) => observations.report(report, observer, policies.all()),
    reportReadiness: (report, node) => watches.report(report, node, policies.all()),
    relieve: relief,
    policies: async () => policies.all(),
    marks: admin.marks,
    watches: async (filter) =>
      policies
        .all()
        .filter(
          (policy) =>
            (filter.chain ?? policy.chain) === policy.chain && (filter.key ?? policy.key) === policy.key,
        )
        .map(watches.state),
    decisions: (query) => ledger.decisions(query),
    subscribe: (listener) => ledger.subscribe(listener),
    applyPolicy: admin.applyPolicy,
    adopt: admin.adopt,
    services: services.views,
    async vouch(id, reason, by) {
      if (await services.vouch(id, reason, by)) await suspicion.vouched(by, reason);
    },
    removeService: services.remove,
    createToken: tokens.create,
    revokeToken: tokens.revoke,
    tokens: async () => tokens.all(),
    identify: tokens.identify,
    isPeer: (secret) => sameSecret(secret, identity.peerSecret),
    async memory() {
      // What is not yet told may rest on a state of the store that is gone: it is dropped before we answer.
      session.cancelUndelivered();
      return {
        service: ledger.serviceId,
        ledger: identity.ledger,
        heads: Object.fromEntries(ledger.heads()),
      };
    },
    async health() {
      // What is held for every key is a store that may be behind: nothing is granted, and only a person may end it.
      const doubt = session.state() === 'serving' ? suspicion.open() : null;
      return {
        ready: session.state() === 'serving' && doubt === null,
        state: doubt === null ? session.state() : 'behind',
        detail: doubt ?? session.detail(),
        ledger: identity.ledger,
        epoch: identity.epoch,
        service: ledger.serviceId,
        store: await parts.store.health({ timeoutMs: options.storeTimeoutMs }),
        inFlight: front.inFlight(),
      };
    },
    storeWentBack(detail) {
      parts.log.error({ event: 'store-went-back', detail }, 'the store went back in time');
      session.lost(`the store went back in time: ${detail}`);
    },
    async drain(timeoutMs) {
      session.drain();
      await front.idle(timeoutMs);
      await suspicion.stop();
      await session.stop();
      for (const book of [policies, watches, observations, tokens]) book.stop();
    },
  };
}

/** Compared by hash in constant time: neither length nor content can be told from how long it takes. */
function sameSecret(given: string, own: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(own));
}

/** Keep one mark fresh while a claim is held: another service may take the unit. */
function followMark(context: CoreContext, marks: MarkCache): CoreModules['followMark'] {
  return (ref: MarkRef) => {
    const recordKey = keys.mark(ref.chain, ref.key, ref.duty.name);
    let stopped = false;
    const refresh = () => {
      if (stopped) return;
      void marks.load(ref, context.options.storeTimeoutMs).catch((error: unknown) => {
        context.parts.log.warn(
          { event: 'mark-unread', key: recordKey, error: String(error) },
          'a mark was not read',
        );
      });
    };
    const watch = context.parts.store.watch(recordKey, {
      onChange: (change) => {
        if (change.key !== recordKey || change.value === null) return;
        if (marks.get(ref)?.headText !== toText(change.value)) refresh();
      },
      onResync: refresh,
    });
    return () => {
      stopped = true;
      watch.stop();
    };
  };
}
