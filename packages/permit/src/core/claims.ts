import { type Claim, decide, findRecent, type Mark } from '@watchbill/duty';
import { type Compare, randomHex, StoreFault } from '@watchbill/store';
import type { Head } from '../contract.ts';
import { LedgerFault, type LedgerItem } from '../ledger/port.ts';
import type { FailpointName } from '../ports.ts';
import { ceilingOf } from './ceilings.ts';
import { keys, markName } from './keys.ts';
import { type HeldMark, type MarkRef, markWrites } from './marks.ts';
import { behindBy } from './memory.ts';
import type { CoreModules } from './modules.ts';
import { createNamedMutex } from './mutex.ts';
import type { HeldPolicy } from './policies.ts';
import { type Asked, preferenceOf } from './preference.ts';
import { toBytes, toText } from './records.ts';
import { denied, granted, isEnteredPart, notServing, unknown, type Verdict } from './verdict.ts';
import type { HeldWatch } from './watchbook.ts';

/** A claim on its way: what was asked, since when, until when, and what it tried to write. */
export interface Run extends Asked {
  readonly claim: Claim;
  readonly claimId: string;
  readonly deadlineMs: number;
  /** Generation of the session in which the claim began: protocol section 6. */
  generation: number;
  readonly atLeast: Head | null;
  /** What the deadline means while the claim is held; null while a step is under way. */
  late: Verdict | null;
  /** What each transaction of this claim would have written, by its nonce. */
  readonly attempts: Map<string, Mark>;
  /** Aborts at the deadline or when the claimant is gone. */
  readonly signal: AbortSignal;
}

/** Decides claims one by one per mark, each by one compare-and-set transaction and one durable entry. */
export interface ClaimEngine {
  decide(run: Run): Promise<Verdict>;
}

type Step =
  | { readonly kind: 'done'; readonly verdict: Verdict }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly late: Verdict | null }
  | { readonly kind: 'again' };

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
]);

export function createClaimEngine(modules: CoreModules): ClaimEngine {
  const { context, identity, session, policies, marks, watches } = modules;
  const { clock, random, ledger, log } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const mutex = createNamedMutex();
  const failpoint = async (name: FailpointName) => context.parts.failpoint?.(name);

  async function decideRun(run: Run): Promise<Verdict> {
    const ref: MarkRef = { chain: run.claim.chain, key: run.claim.key, duty: run.claim.duty };
    const name = markName(ref.chain, ref.key, ref.duty.name);
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; ) {
      if (run.signal.aborted || clock.monotonicMs() >= run.deadlineMs)
        return unknown('deadline', 'the deadline has passed');
      const next = await mutex.run(name, () => guarded(run, ref, name));
      if (next.kind === 'done') return next.verdict;
      if (next.kind === 'again') {
        conflicts += 1;
        continue;
      }
      run.late = next.late ?? unknown('deadline', 'the deadline passed while the claim was held');
      if (!(await hold(run, ref, next.untilMs))) return run.late;
      run.late = null;
    }
    return unknown('contention', `the claim met ${MAX_CONFLICTS} conflicts`);
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
      await clock.sleep(RETRY_MS, run.signal);
      return { kind: 'again' };
    }
  }

  /** Wait for the moment, the mark or the watch. False when the deadline came first. */
  async function hold(run: Run, ref: MarkRef, untilMs: number): Promise<boolean> {
    const endMs = Math.min(untilMs, run.deadlineMs - HOLD_MARGIN_MS);
    const waking = new AbortController();
    const abort = () => waking.abort();
    run.signal.addEventListener('abort', abort, { once: true });
    const follow = modules.followMark(ref, waking.signal);
    await Promise.race([
      clock.sleep(Math.max(0, endMs - clock.monotonicMs()), waking.signal),
      marks.changed(ref, waking.signal),
      watches.changed(waking.signal),
    ]);
    waking.abort();
    follow();
    run.signal.removeEventListener('abort', abort);
    return clock.monotonicMs() < run.deadlineMs - HOLD_MARGIN_MS && !run.signal.aborted;
  }

  async function step(run: Run, ref: MarkRef, name: string): Promise<Step> {
    if (session.state() !== 'serving') return done(notServing(session.state(), session.detail(), run.claim));
    // What has not tried to write anything yet has nothing that could be undelivered.
    if (run.attempts.size === 0) run.generation = session.generation();
    const cachedPolicy = policies.get(ref.chain, ref.key);
    const cachedMark = marks.get(ref);
    let fresh = cachedPolicy === null || cachedMark === null;
    let policy = cachedPolicy ?? (await policies.load(ref.chain, ref.key, timeoutMs));
    let held = cachedMark ?? (await marks.load(ref, timeoutMs));
    if (!fresh && behind(run, name, held) !== null) {
      held = await marks.load(ref, timeoutMs);
      fresh = true;
    }
    const stale = behind(run, name, held);
    if (stale !== null) return done(storeBehind(run, stale));
    for (;;) {
      const outcome = await judge(run, ref, name, policy, held);
      const isDenial = outcome.kind === 'done' && outcome.verdict.outcome === 'denied';
      if (fresh || !isDenial || !REREAD.has(outcome.verdict.reason) || final(ref, outcome.verdict))
        return outcome;
      policy = await policies.load(ref.chain, ref.key, timeoutMs);
      held = await marks.load(ref, timeoutMs);
      fresh = true;
    }
  }

  /** A slot once taken stays taken: no read can change that answer. */
  function final(ref: MarkRef, verdict: Verdict): boolean {
    return verdict.reason === 'unit-taken' && ref.duty.owner === 'incarnation';
  }

  interface Behind {
    readonly own: boolean;
    readonly why: string;
  }

  function behind(run: Run, name: string, held: HeldMark | null): Behind | null {
    const remembered = ledger.head(name);
    const own = contradiction(held, remembered);
    if (own !== null) return { own: true, why: own };
    const told = contradiction(held, run.atLeast);
    return told === null ? null : { own: false, why: told };
  }

  function contradiction(held: HeldMark | null, head: Head | null): string | null {
    if (head === null) return null;
    return held === null ? 'the store has no such mark' : behindBy(held.mark, head, identity.epoch);
  }

  /** Only ever after a linearizable read. */
  function storeBehind(run: Run, found: Behind): Verdict {
    const where = `${run.claim.chain} ${run.claim.key} ${run.claim.duty.name}: ${found.why}`;
    log.error(
      { event: 'store-behind', own: found.own, detail: where },
      'the store is behind what was granted',
    );
    if (found.own) session.behind(where);
    else modules.suspect(where);
    return isEnteredPart(run.claim) ? unknown('session-checking', where) : denied('store-behind', where);
  }

  async function judge(
    run: Run,
    ref: MarkRef,
    name: string,
    policy: HeldPolicy | null,
    held: HeldMark | null,
  ): Promise<Step> {
    if (policy === null) return done(denied('not-listed', 'this chain and key have no policy', held?.mark));
    const own = held === null ? null : carried(held.mark, run);
    if (held !== null && own !== null) return reply(run, own, held.mark, 'new', null);
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
    if (decision.next !== null) run.attempts.set(attempt.nonce, decision.next);
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

  interface Based {
    readonly policy: HeldPolicy;
    readonly held: HeldMark;
    readonly watch: HeldWatch | null;
  }

  async function transact(
    run: Run,
    ref: MarkRef,
    name: string,
    based: Based,
    next: Mark | null,
    reason: 'new' | 'repeat',
  ): Promise<Step> {
    const sessionText = session.recordText();
    if (sessionText === null) return done(notServing(session.state(), session.detail(), run.claim));
    if (!session.holds(run.generation))
      return done(unknown('session-checking', 'the session changed meanwhile'));
    await learn(name, based.held.mark);
    await failpoint('before-transaction');
    const written =
      next === null ? { writes: [], headText: based.held.headText } : markWrites(ref, based.held.mark, next);
    const result = await modules.batcher.submit({
      compares: compares(ref, based, sessionText),
      writes: written.writes,
    });
    await failpoint('after-transaction');
    if (result.outcome === 'ambiguous')
      return next === null ? { kind: 'again' } : settle(run, ref, name, based);
    if (result.outcome === 'conflict') return conflict(ref, based, sessionText, result.current);
    const mark = next ?? based.held.mark;
    if (next !== null) marks.put(ref, { mark, headText: written.headText });
    return reply(run, mark, mark, reason, based.watch);
  }

  /** The entry that a transaction is about to replace must be durable here first. */
  async function learn(name: string, mark: Mark): Promise<void> {
    if (ledger.head(name)?.hash === mark.lastHash) return;
    await append({ entry: mark.last, hash: mark.lastHash, decision: null });
  }

  async function append(item: LedgerItem): Promise<void> {
    const startMs = clock.monotonicMs();
    await ledger.append([item]);
    context.parts.meter.ledgerAppend(1, clock.monotonicMs() - startMs);
  }

  function compares(ref: MarkRef, based: Based, sessionText: string): Compare[] {
    const list: Compare[] = [
      { key: keys.mark(ref.chain, ref.key, ref.duty.name), value: toBytes(based.held.headText) },
      { key: keys.policyPointer(ref.chain, ref.key), value: toBytes(based.policy.pointerText) },
      { key: keys.epoch, value: toBytes(identity.epochText) },
      { key: keys.session(ledger.serviceId), value: toBytes(sessionText) },
    ];
    if (based.watch !== null) {
      const value = based.watch.text === null ? null : toBytes(based.watch.text);
      list.push({ key: keys.watch(ref.chain, ref.key), value });
    }
    return list;
  }

  /** Read again what moved, and decide again. */
  async function conflict(
    ref: MarkRef,
    based: Based,
    sessionText: string,
    current: readonly (Uint8Array | null)[],
  ): Promise<Step> {
    const [head, pointer, epoch, own] = current.map((value) => (value === null ? null : toText(value)));
    if (epoch !== identity.epochText) {
      session.behind('the epoch of the store is not the one this service began with');
      return { kind: 'again' };
    }
    if (own !== sessionText) {
      session.lost('the session record is gone from the store');
      return { kind: 'again' };
    }
    if (pointer !== based.policy.pointerText) await policies.load(ref.chain, ref.key, timeoutMs);
    if (head !== based.held.headText) await marks.load(ref, timeoutMs);
    return { kind: 'again' };
  }

  /** It is not known whether the transaction applied: look for its nonce with a linearizable read. */
  async function settle(run: Run, ref: MarkRef, name: string, based: Based): Promise<Step> {
    while (!run.signal.aborted && clock.monotonicMs() < run.deadlineMs) {
      try {
        const held = await marks.load(ref, Math.min(timeoutMs, run.deadlineMs - clock.monotonicMs()));
        const stale = behind(run, name, held);
        if (stale !== null) return done(storeBehind(run, stale));
        const own = held === null ? null : carried(held.mark, run);
        if (held === null || own === null) return { kind: 'again' };
        return reply(run, own, held.mark, 'new', based.watch);
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error;
        await clock.sleep(RETRY_MS, run.signal);
      }
    }
    marks.forget(ref);
    return done(unknown('deadline', 'the store did not say in time whether the grant was recorded'));
  }

  /** What the transaction of this claim wrote that is in the mark: an earlier attempt may have applied late. */
  function carried(mark: Mark, run: Run): Mark | null {
    const nonces = mark.recent.flatMap((entry) => [
      entry.enterNonce,
      ...entry.parts.map((grant) => grant.nonce),
    ]);
    for (const nonce of [mark.last.nonce, ...nonces]) {
      const own = nonce === null ? undefined : run.attempts.get(nonce);
      if (own !== undefined) return own;
    }
    return null;
  }

  /** The entry is made durable, then the claim is told. `own` holds the entry of this claim. */
  async function reply(
    run: Run,
    own: Mark,
    mark: Mark,
    reason: 'new' | 'repeat',
    watch: HeldWatch | null,
  ): Promise<Step> {
    await failpoint('before-append');
    const verdict = granted(
      reason,
      mark,
      watch === null ? null : { holder: watch.record.holder, term: watch.record.term },
    );
    const inTime = () =>
      !run.signal.aborted && clock.monotonicMs() < run.deadlineMs && session.holds(run.generation);
    const decision = inTime() ? modules.describe(run, verdict) : null;
    await append({ entry: own.last, hash: own.lastHash, decision });
    await failpoint('after-append');
    if (session.holds(run.generation))
      return done(inTime() ? verdict : unknown('deadline', 'the entry was durable too late'));
    return done(unknown('session-checking', 'the session was lost while the claim was under way'));
  }

  return { decide: decideRun };
}

function done(verdict: Verdict): Step {
  return { kind: 'done', verdict };
}
