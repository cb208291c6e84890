import { type Claim, decide, findRecent, type Mark } from '@watchbill/duty';
import { randomHex, StoreFault } from '@watchbill/store';
import type { Head } from '../contract.ts';
import { LedgerFault } from '../ledger/port.ts';
import { ceilingOf } from './ceilings.ts';
import { createGranting } from './grant.ts';
import { markName, policyName } from './keys.ts';
import type { HeldMark, MarkRef } from './marks.ts';
import { behindBy } from './memory.ts';
import type { CoreModules } from './modules.ts';
import { createNamedMutex } from './mutex.ts';
import type { HeldPolicy } from './policies.ts';
import { preferenceOf } from './preference.ts';
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
/** Denials that no later state takes back. A vote is told no other one before a linearizable read: it stops a node. */
const LASTING = new Set(['below-floor', 'digest-differs', 'invalid-claim']);

export function createClaimEngine(modules: CoreModules): ClaimEngine {
  const { context, identity, session, policies, marks, watches } = modules;
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
    readonly remembered: Head | null;
    /** True after a linearizable read. */
    readonly fresh: boolean;
  }

  function recall(ref: MarkRef, name: string): Basis | null {
    const policy = policies.get(ref.chain, ref.key);
    const held = marks.get(ref);
    if (policy === null || held === null) return null;
    return { policy, held, remembered: ledger.head(name), fresh: false };
  }

  async function read(ref: MarkRef, name: string): Promise<Basis> {
    const remembered = ledger.head(name);
    const policy = await policies.load(ref.chain, ref.key, timeoutMs);
    const held = await marks.load(ref, timeoutMs);
    return { policy, held, remembered, fresh: true };
  }

  async function step(run: Run, ref: MarkRef, name: string): Promise<Step> {
    // Should the store have gone back, nothing may be granted from it before that is found out.
    await modules.suspicion.comparing();
    if (session.state() !== 'serving') return done(notServing(session.state(), session.detail(), run.claim));
    const doubt = modules.suspicion.held(run.claim.chain, run.claim.key);
    // What was written before the doubt came up is told or not by what the store says of it.
    if (doubt !== null && run.attempts.size === 0) return done(doubted(run.claim, doubt));
    // What has written nothing has nothing that could be undelivered.
    if (run.attempts.size === 0) run.generation = session.generation();
    // A transaction without a certain answer may have applied: only the store can tell.
    let basis = (run.attempts.size === 0 ? recall(ref, name) : null) ?? (await read(ref, name));
    for (;;) {
      const stale = behind(run, basis);
      if (stale !== null && basis.fresh) return done(storeBehind(run, stale));
      if (stale === null) {
        const told = run.attempts.size === 0 ? null : await applied(run, name, basis.held);
        const outcome = told ?? (await judge(run, ref, name, basis.policy, basis.held));
        if (basis.fresh || !mayChange(run.claim, outcome)) return outcome;
      }
      basis = await read(ref, name);
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

  interface Behind {
    readonly own: boolean;
    readonly why: string;
  }

  function behind(run: Run, { policy, held, remembered }: Basis): Behind | null {
    const own = contradiction(held, remembered);
    if (own !== null) return { own: true, why: own };
    // Whoever has no business with the key has none with the trust in its store either.
    const listed = policy?.policy.roster.some((node) => node.name === run.claim.owner.node) === true;
    const told = listed ? contradiction(held, run.atLeast) : null;
    return told === null ? null : { own: false, why: told };
  }

  function contradiction(held: HeldMark | null, head: Head | null): string | null {
    if (head === null) return null;
    return held === null ? 'the store has no such mark' : behindBy(held.mark, head, identity.epoch);
  }

  /** Only ever after a linearizable read. */
  function storeBehind(run: Run, found: Behind): Verdict {
    const where = `${run.claim.chain} ${run.claim.key} ${run.claim.duty.name}: ${found.why}`;
    if (found.own) session.behind(where);
    else {
      const { node, incarnation } = run.claim.owner;
      modules.suspicion.raise({
        node,
        incarnation,
        key: policyName(run.claim),
        head: saidHead(run),
        why: where,
      });
    }
    if (found.own) return doubted(run.claim, where);
    return doubted(run.claim, modules.suspicion.held(run.claim.chain, run.claim.key) ?? refuted(run, where));
  }

  async function judge(
    run: Run,
    ref: MarkRef,
    name: string,
    policy: HeldPolicy | null,
    held: HeldMark | null,
  ): Promise<Step> {
    if (policy === null) return done(denied('not-listed', 'this chain and key have no policy', held?.mark));
    const attempt = {
      ledger: identity.ledger,
      epoch: identity.epoch,
      nonce: randomHex(random, 8),
      service: ledger.serviceId,
      atMs: clock.nowMs(),
    };
    const ceiling = ceilingOf(modules, policy.policy, run.claim);
    const decision = decide(policy.policy, held?.mark ?? null, run.claim, ceiling, attempt);
    if (decision.outcome === 'deny') {
      const refusal = done(denied(decision.reason, decision.detail, held?.mark));
      return held !== null && mayStillEnter(run, held.mark, decision.reason)
        ? awaitWatch(run, ref, name, policy, held, refusal)
        : refusal;
    }
    if (decision.outcome === 'unknown') return done(unknown(decision.reason, decision.detail));
    if (held === null) throw new Error('a grant was decided without a mark');
    const preference = await preferenceOf(context, watches, policy.policy, held.mark, run);
    if (preference.kind === 'deny') return done(preference.verdict);
    if (preference.kind === 'wait') return preference;
    // A watch taken while the claim waited has a later term than the one that was decided with.
    if (run.takenTerm !== null && run.claim.term !== run.takenTerm)
      return rejudge(run, ref, name, policy, held, run.takenTerm);
    return transact(
      run,
      ref,
      name,
      { policy, held, watch: preference.watch },
      decision.next,
      decision.reason,
    );
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
    policy: HeldPolicy,
    held: HeldMark,
    refusal: Step,
  ): Promise<Step> {
    const preference = await preferenceOf(context, watches, policy.policy, held.mark, run);
    if (preference.kind === 'wait')
      return { ...preference, late: refusal.kind === 'done' ? refusal.verdict : null };
    if (run.takenTerm === null || run.claim.term === run.takenTerm) return refusal;
    return rejudge(run, ref, name, policy, held, run.takenTerm);
  }

  function rejudge(
    run: Run,
    ref: MarkRef,
    name: string,
    policy: HeldPolicy,
    held: HeldMark,
    term: bigint,
  ): Promise<Step> {
    return judge({ ...run, claim: { ...run.claim, term }, takenTerm: term }, ref, name, policy, held);
  }

  return { decide: decideRun };
}

/** The word holds nobody else any more; the node itself goes on only without the memory that is wrong. */
function refuted({ claim }: Run, where: string): string {
  const remedy = `Stop ${claim.owner.node}, move its state file away and start it`;
  return `${where}; it was found wrong, so this holds ${claim.owner.node} alone. ${remedy}`;
}

/** What a claimant says that it was told, of which mark. */
function saidHead({ claim, atLeast }: Pick<Run, 'claim' | 'atLeast'>): string {
  return [claim.chain, claim.key, claim.duty.name, atLeast?.epoch, atLeast?.seq, atLeast?.hash].join(' ');
}
