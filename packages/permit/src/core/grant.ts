import type { Decision, Mark } from '@watchbill/duty';
import type { Compare, TransactionResult } from '@watchbill/store';
import type { LedgerItem } from '../ledger/port.ts';
import type { FailpointName } from '../ports.ts';
import { keys } from './keys.ts';
import { type HeldMark, type MarkRef, markWrites } from './marks.ts';
import type { CoreModules } from './modules.ts';
import type { HeldPolicy } from './policies.ts';
import { toBytes, toText } from './records.ts';
import { type Based, done, type Run, type Step } from './run.ts';
import { denied, granted, unknown } from './verdict.ts';
import type { HeldWatch } from './watchbook.ts';

/** A decision to grant, as `decide` gives it. */
type Intention = Extract<Decision, { readonly outcome: 'grant' }>;

/** From an intention to a grant: one compare-and-set transaction, one durable entry, the reply. */
export interface Granting {
  transact(run: Run, ref: MarkRef, name: string, based: Based, intention: Intention): Promise<Step>;
  applied(
    run: Run,
    ref: MarkRef,
    name: string,
    read: { readonly policy: HeldPolicy | null; readonly held: HeldMark | null },
  ): Promise<Step | null>;
}

const DROPPED = 'the session was lost, or another service compared memories, while the claim was under way';

export function createGranting(modules: CoreModules): Granting {
  const { context, identity, session, policies, marks } = modules;
  const { clock, ledger } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const failpoint = async (name: FailpointName) => context.parts.failpoint?.(name);

  async function transact(
    run: Run,
    ref: MarkRef,
    name: string,
    based: Based,
    { next, reason }: Intention,
  ): Promise<Step> {
    const sessionText = session.recordText();
    if (sessionText === null) return { kind: 'pause' };
    if (!session.holds(run.generation)) return done(unknown('session-checking', DROPPED));
    await learn(name, based.held.mark);
    await failpoint('before-transaction');
    const { format } = identity;
    const written =
      next === null
        ? { writes: [], headText: based.held.headText }
        : markWrites(ref, based.held.mark, next, format);
    // The claim remembers what it may have written until it is certain that it was not.
    if (next !== null) run.attempts.set(next.last.nonce, { next, watch: based.watch });
    let result: TransactionResult;
    try {
      result = await modules.batcher.submit({
        compares: compares(modules, ref, based, sessionText),
        writes: written.writes,
      });
    } catch (error) {
      // The batcher rejects only where nothing was applied.
      if (next !== null) run.attempts.delete(next.last.nonce);
      throw error;
    }
    await failpoint('after-transaction');
    if (result.outcome === 'ambiguous') return { kind: 'again' };
    if (result.outcome === 'conflict') {
      if (next !== null) run.attempts.delete(next.last.nonce);
      return conflict(ref, based, sessionText, result.current);
    }
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

  /** Read again what moved, and decide again. */
  async function conflict(
    ref: MarkRef,
    based: Based,
    sessionText: string,
    current: readonly (Uint8Array | null)[],
  ): Promise<Step> {
    const [head, pointer, epoch, own] = current.map((value) => (value === null ? null : toText(value)));
    if (!identity.follow(epoch ?? null)) {
      session.behind('the epoch of the store is not the one this service began with');
      return { kind: 'again' };
    }
    if (own !== sessionText) {
      session.compareFailed(sessionText, own ?? null);
      return { kind: 'again' };
    }
    if (pointer !== based.policy.pointerText) await policies.load(ref.chain, ref.key, timeoutMs);
    if (head !== based.held.headText) await marks.load(ref, timeoutMs);
    return { kind: 'again' };
  }

  /**
   * A transaction of this claim whose answer was lost, and which a read of the store finds applied, is told
   * now. Its entry is the one of that attempt, which need not be the last one made nor the last one of the
   * mark. A node that a policy removed meanwhile is told nothing more, so the policy is compared once more.
   */
  async function applied(
    run: Run,
    ref: MarkRef,
    name: string,
    { policy, held }: { readonly policy: HeldPolicy | null; readonly held: HeldMark | null },
  ): Promise<Step | null> {
    if (held === null) return null;
    const mine = [...run.attempts].find(([nonce]) => carries(held.mark, nonce))?.[1];
    if (mine === undefined) return null;
    const { node } = run.claim.owner;
    if (policy === null || !policy.policy.roster.some((entry) => entry.name === node))
      return done(denied('not-listed', `${node} was removed from the roster meanwhile`, held.mark));
    const sessionText = session.recordText();
    if (sessionText === null) return { kind: 'pause' };
    await learn(name, held.mark);
    const based: Based = { policy, held, watch: null };
    const result = await modules.batcher.submit({
      compares: compares(modules, ref, based, sessionText),
      writes: [],
    });
    if (result.outcome === 'conflict') return conflict(ref, based, sessionText, result.current);
    if (result.outcome !== 'applied') return { kind: 'again' };
    return reply(run, mine.next, held.mark, 'new', mine.watch);
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
    return done(unknown('session-checking', DROPPED));
  }

  return { transact, applied };
}

/** Mark, policy, epoch and session, in this order; then the watch, if the decision rests on it. */
function compares(
  { identity, context }: CoreModules,
  ref: MarkRef,
  based: Based,
  sessionText: string,
): Compare[] {
  const list: Compare[] = [
    { key: keys.mark(ref.chain, ref.key, ref.duty.name), value: toBytes(based.held.headText) },
    { key: keys.policyPointer(ref.chain, ref.key), value: toBytes(based.policy.pointerText) },
    { key: keys.epoch, value: toBytes(identity.epochText) },
    { key: keys.session(context.parts.ledger.serviceId), value: toBytes(sessionText) },
  ];
  if (based.watch !== null) {
    const value = based.watch.text === null ? null : toBytes(based.watch.text);
    list.push({ key: keys.watch(ref.chain, ref.key), value });
  }
  return list;
}

/** Whether the attempt of this nonce wrote into the mark. */
function carries(mark: Mark, nonce: string): boolean {
  return mark.recent.some(
    (entry) =>
      entry.enters.some((enter) => enter.nonce === nonce) ||
      entry.parts.some((grant) => grant.nonce === nonce),
  );
}
