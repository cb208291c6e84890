import { randomHex } from '@watchbill/base';
import { type Claim, decide, findRecent, type Mark, type Policy } from '@watchbill/duty';
import { StoreFault } from '@watchbill/store';
import { LedgerFault } from '../ledger/port.ts';
import { boundsOf, type Heard } from './base.ts';
import type { CoreContext } from './context.ts';
import { createGranting } from './grant.ts';
import { markName } from './keys.ts';
import type { HeldMark, MarkRef } from './marks.ts';
import type { CoreModules } from './modules.ts';
import { createNamedMutex } from './mutex.ts';
import type { HeldPolicy } from './policies.ts';
import { preferenceOf } from './preference.ts';
import {
  type Contradiction,
  contradictedBy,
  contradictedByHead,
  ownGrant,
  pointOfHead,
  type Remembered,
  recollect,
  saidWord,
} from './recollection.ts';
import { done, type Run, type Step } from './run.ts';
import { denied, doubted, isEnteredPart, notServing, unknown, type Verdict } from './verdict.ts';

/** Decides claims one by one per mark, each by one compare-and-set transaction and one durable entry. */
export interface ClaimEngine {
  decide(run: Run): Promise<Verdict>;
}

const MAX_CONFLICTS = 64;
const RETRY_MS = 50;
/** A hold ends this much before the deadline, so that its own verdict is the one that is told. */
const HOLD_MARGIN_MS = 10;
/** Denials that an outdated policy or mark can cause, so they are told only after a linearizable read. */
const REREAD = new Set([
  'not-listed',
  'duty-off',
  'wrong-ledger',
  'not-adopted',
  'digest-required',
  'unit-taken',
  'below-window',
]);
/**
 * Denials that no later state takes back. A vote is told no other one before a linearizable read: it stops a
 * node.
 */
const LASTING = new Set(['below-floor', 'digest-differs', 'invalid-claim']);

export function createClaimEngine(modules: CoreModules): ClaimEngine {
  const { context, identity, session, policies, marks, watches, reports } = modules;
  const { clock, random, ledger } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const mutex = createNamedMutex();
  const { transact, applied } = createGranting(modules);

  async function decideRun(run: Run): Promise<Verdict> {
    const ref: MarkRef = { chain: run.claim.chain, key: run.claim.key, duty: run.claim.duty };
    const name = markName(ref.chain, ref.key, ref.duty.name);
    let unfollow: (() => void) | null = null;
    try {
      for (let conflicts = 0; conflicts < MAX_CONFLICTS; ) {
        const over = run.signal.aborted || clock.monotonicMs() >= run.deadlineMs;
        const next = over ? null : await mutex.run(name, () => guarded(run, ref, name), run.signal);
        if (next === null) return unknown('deadline', 'the deadline has passed');
        if (next.kind === 'done') return next.verdict;
        if (next.kind === 'again') conflicts += 1;
        if (next.kind === 'pause') await clock.sleep(RETRY_MS, run.signal);
        if (next.kind !== 'wait') continue;
        unfollow ??= modules.followMark(ref);
        run.late = next.late ?? unknown('deadline', 'the deadline passed while the claim was held');
        if (!(await hold(run, ref, next.untilMs))) return run.late;
        run.late = null;
      }
      return unknown('contention', `the claim met ${MAX_CONFLICTS} conflicts`);
    } finally {
      unfollow?.();
    }
  }

  /** Faults of the store and the disk become `unknown`; whether to try again is the deadline's to say. */
  async function guarded(run: Run, ref: MarkRef, name: string): Promise<Step> {
    try {
      if (run.signal.aborted) return done(unknown('deadline', 'the deadline has passed'));
      return await step(run, ref, name);
    } catch (error) {
      if (error instanceof LedgerFault) return done(unknown('ledger-unavailable', error.message));
      if (!(error instanceof StoreFault)) throw error;
      if (error.code !== 'unavailable' || clock.monotonicMs() + RETRY_MS >= run.deadlineMs) {
        return done(unknown('store-unavailable', error.message));
      }
      return { kind: 'pause' };
    }
  }

  /** Wait for the moment, the mark or the watch. False when the deadline came first. */
  async function hold(run: Run, ref: MarkRef, untilMs: number): Promise<boolean> {
    const endMs = Math.min(untilMs, run.deadlineMs - HOLD_MARGIN_MS);
    const waking = new AbortController();
    const abort = () => waking.abort();
    run.signal.addEventListener('abort', abort, { once: true });
    await Promise.race([
      clock.sleep(Math.max(0, endMs - clock.monotonicMs()), waking.signal),
      marks.changed(ref, waking.signal),
      watches.changed(waking.signal),
    ]);
    waking.abort();
    run.signal.removeEventListener('abort', abort);
    return clock.monotonicMs() < run.deadlineMs - HOLD_MARGIN_MS && !run.signal.aborted;
  }

  /** What a claim is judged by. */
  interface Basis {
    readonly policy: HeldPolicy | null;
    readonly held: HeldMark | null;
    /** What this service remembered before the mark was read: entries made meanwhile are no contradiction. */
    readonly remembered: Remembered;
    /** True after a linearizable read. */
    readonly fresh: boolean;
  }

  function recall(run: Run, ref: MarkRef, name: string): Basis | null {
    const policy = policies.get(ref.chain, ref.key);
    const held = marks.get(ref);
    if (policy === null || held === null) return null;
    return { policy, held, remembered: recollect(ledger, name, run.claim.unit), fresh: false };
  }

  async function read(run: Run, ref: MarkRef, name: string): Promise<Basis> {
    const remembered = recollect(ledger, name, run.claim.unit);
    const policy = await policies.load(ref.chain, ref.key, timeoutMs);
    const held = await marks.load(ref, timeoutMs);
    return { policy, held, remembered, fresh: true };
  }

  async function step(run: Run, ref: MarkRef, name: string): Promise<Step> {
    if (session.state() !== 'serving') return done(notServing(session.state(), session.detail(), run.claim));
    if (session.recordText() === null) return { kind: 'pause' };
    const held = reports.held(run.claim.chain, run.claim.key);
    // A write from before the report is answered by a look at the store.
    if (held !== null && run.attempts.size === 0) return done(doubted(run.claim, held));
    // What has written nothing has nothing that could be undelivered.
    if (run.attempts.size === 0) run.generation = session.generation();
    // A transaction without a certain answer may have applied: only the store can tell.
    let basis = (run.attempts.size === 0 ? recall(run, ref, name) : null) ?? (await read(run, ref, name));
    for (;;) {
      const against = contradiction(run, name, basis);
      if (against !== null && basis.fresh) return done(await storeBehind(run, against));
      if (against === null) {
        const told = run.attempts.size === 0 ? null : await applied(run, ref, name, basis);
        const outcome = told ?? (await judge(run, ref, name, basis));
        if (basis.fresh || !mayChange(run.claim, outcome)) return outcome;
      }
      basis = await read(run, ref, name);
    }
  }

  /** True where a policy or a mark that is not outdated could turn the answer into a grant. */
  function mayChange(claim: Claim, outcome: Step): boolean {
    if (outcome.kind !== 'done') return false;
    const { outcome: told, reason } = outcome.verdict;
    if (isEnteredPart(claim)) return told === 'denied' ? !LASTING.has(reason) : reason === 'ceiling-unknown';
    // A slot once taken stays taken.
    const taken = reason === 'unit-taken' && claim.duty.owner === 'incarnation';
    return told === 'denied' && REREAD.has(reason) && !taken;
  }

  /** The contradiction with the store, from this service's memory or the claimant's. */
  function contradiction(run: Run, name: string, { policy, held, remembered }: Basis): Contradiction | null {
    const mark = held?.mark ?? null;
    const own = remembered.point === null ? null : contradictedBy(mark, identity, remembered.point);
    if (own !== null) return { ...own, whose: 'own' };
    // A node without business with the key has none with the trust in its store either.
    const listed = policy?.policy.roster.some((node) => node.name === run.claim.owner.node) === true;
    return listed ? recalledBy(run, name, mark) : null;
  }

  function recalledBy(run: Run, name: string, mark: Mark | null): Contradiction | null {
    const { said } = run;
    if (said.kind === 'nothing') return null;
    if (said.kind === 'refused') return { whose: 'forged', why: said.why, kind: 'none' };
    const point = said.kind === 'word' ? said.point : pointOfHead(ledger, name, said.head);
    const found =
      point === null && said.kind === 'head'
        ? contradictedByHead(mark, identity, said.head)
        : contradictedBy(mark, identity, point);
    return found === null ? null : { ...found, whose: 'claimant' };
  }

  /** Only ever after a linearizable read. */
  async function storeBehind(run: Run, found: Contradiction): Promise<Verdict> {
    const where = `${run.claim.chain} ${run.claim.key} ${run.claim.duty.name}: ${found.why}`;
    if (found.whose === 'forged') return refusedWord(context, run, where);
    if (found.kind === 'gap' && found.whose === 'claimant') return unknown('session-checking', where);
    if (found.whose === 'own') session.behind(where);
    else await reports.report(saidWord(run, found, where));
    return doubted(run.claim, reports.held(run.claim.chain, run.claim.key) ?? where);
  }

  async function judge(run: Run, ref: MarkRef, name: string, basis: Basis): Promise<Step> {
    const { policy, held } = basis;
    if (policy === null) return done(denied('not-listed', 'this chain and key have no policy', held?.mark));
    const attempt = {
      ledger: identity.ledger,
      epoch: identity.epoch,
      nonce: randomHex(random, 8),
      service: ledger.serviceId,
      atMs: clock.nowMs(),
    };
    const bounds = boundsOf(policy.policy, run.claim, name, heardOf(modules, policy.policy), clock.nowMs());
    const decision = decide(policy.policy, held?.mark ?? null, run.claim, bounds, attempt);
    if (decision.outcome === 'deny') {
      const refusal = done(denied(decision.reason, decision.detail, held?.mark));
      return held !== null && mayStillEnter(run, held.mark, decision.reason)
        ? awaitWatch(run, ref, name, basis, refusal)
        : refusal;
    }
    if (decision.outcome === 'unknown') return done(unknown(decision.reason, decision.detail));
    if (held === null) throw new Error('a grant was decided without a mark');
    const own = ownGrant(run.claim, decision.reason, held.mark, basis.remembered);
    if (own !== null) return againstOwn(run, ref, basis, own);
    const preference = await preferenceOf(context, watches, policy.policy, held.mark, run);
    if (preference.kind === 'deny') return done(preference.verdict);
    if (preference.kind === 'wait') return preference;
    // A watch taken while the claim waited has a later term than the one that was decided with.
    if (run.takenTerm !== null && run.claim.term !== run.takenTerm)
      return rejudge(run, ref, name, basis, run.takenTerm);
    return transact(run, ref, name, { policy, held, watch: preference.watch }, decision);
  }

  /** This service granted the part already, and the store does not say so: protocol section 4, rule 2b. */
  async function againstOwn(run: Run, ref: MarkRef, basis: Basis, why: string): Promise<Step> {
    if (!basis.fresh) {
      // An outdated mark proves nothing: the next turn reads it, and compares our whole memory with it.
      marks.forget(ref);
      return { kind: 'again' };
    }
    return done(await storeBehind(run, { whose: 'own', kind: 'none', why }));
  }

  /** A unit that was entered and never voted in goes to whoever is on watch under a later term. */
  function mayStillEnter(run: Run, mark: Mark, reason: string): boolean {
    if (reason !== 'unit-taken' || !run.claim.parts.includes('enter') || run.via === 'original') return false;
    return findRecent(mark, run.claim.unit)?.parts.length === 0;
  }

  async function awaitWatch(
    run: Run,
    ref: MarkRef,
    name: string,
    basis: Basis,
    refusal: Step,
  ): Promise<Step> {
    if (basis.policy === null || basis.held === null) return refusal;
    const preference = await preferenceOf(context, watches, basis.policy.policy, basis.held.mark, run);
    if (preference.kind === 'wait')
      return { ...preference, late: refusal.kind === 'done' ? refusal.verdict : null };
    if (run.takenTerm === null || run.claim.term === run.takenTerm) return refusal;
    return rejudge(run, ref, name, basis, run.takenTerm);
  }

  function rejudge(run: Run, ref: MarkRef, name: string, basis: Basis, term: bigint): Promise<Step> {
    return judge({ ...run, claim: { ...run.claim, term }, takenTerm: term }, ref, name, basis);
  }

  return { decide: decideRun };
}

/** The clocks and reports that bound a claim for this key. */
function heardOf({ base, observations }: CoreModules, policy: Policy): Heard {
  return {
    base: base(),
    fresh: observations.fresh(policy),
    first: observations.first(policy),
    known: observations.known(policy),
  };
}

/** Somebody sends words that this ledger did not write: only this claim is refused. */
function refusedWord(context: CoreContext, run: Run, where: string): Verdict {
  const { node } = run.claim.owner;
  context.parts.log.error(
    { event: 'word-refused', node, detail: where },
    `node ${node} sent a word that is not true`,
  );
  return denied('word-refused', where);
}
