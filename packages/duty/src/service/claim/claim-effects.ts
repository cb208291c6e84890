import { OVER, randomHex } from '@watchbill/kit';
import type { LedgerEntry, Policy } from '../../rule/index.ts';
import type { Transaction } from '../../store/index.ts';
import type { HeldMark } from '../ground/marks.ts';
import { createNamedMutex } from '../ground/mutex.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { type HeldWatch, toText } from '../ground/records.ts';
import type { Verdict } from '../ground/verdict.ts';
import { LedgerFault, type LedgerItem } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import type { SaidWord } from '../rollback-reports/report.ts';
import type { Session } from '../session/session.ts';
import { momentOf } from '../session/state.ts';
import { type Basis, type ClaimUnderWay, describeDecision, type Standing, type TurnEnd } from './asked.ts';

/**
 * How a transaction ended. `entered`: it applied, and its entry was in the same commit, with the decision.
 * `ambiguous`: it may have applied, or may still apply. `conflict`: it was not applied; `found` has the
 * records that it compared, as they are in the store, null for one that is not there.
 */
export type TransactionAnswer =
  | { readonly kind: 'applied' | 'entered' | 'ambiguous' }
  | { readonly kind: 'conflict'; readonly found: ReadonlyMap<string, string | null> };

/** The entry of a transaction, and the decision that it makes deliverable, asked when it is written. */
export interface OwnEntry {
  readonly entry: LedgerEntry;
  readonly hash: string;
  readonly decide: () => Verdict | null;
}

type Waiting = Extract<TurnEnd, { readonly kind: 'pause' | 'hold' }>;

/** A held claim is judged again this often: the policy, the session and the clock change in silence. */
const LOOK_MS = 250;

/** The service around a claim. A call throws a StoreFault or a LedgerFault only if none of it was applied. */
export type ClaimEffects = ReturnType<typeof createClaimEffects>;

export function createClaimEffects(modules: CoreModules) {
  const { context, marks, reports } = modules;
  const { clock, log } = context.parts;
  const session: Omit<Session, 'cancelUndelivered' | 'lost' | 'drain' | 'stop'> = modules.session;
  const mutex = createNamedMutex();
  return {
    session,
    moment: () => momentOf(clock),
    /** Runs the turn alone at the mark of the claim; null, without the turn, if the claim ends before. */
    turn({ name, times, ending }: ClaimUnderWay, work: () => Promise<TurnEnd>): Promise<TurnEnd | null> {
      times.begin('queue');
      const begin = () => {
        times.end();
        return work();
      };
      return mutex.run(name, begin, ending.signal);
    },
    /** Until the moment, or the end of the claim; while held, also until a change of mark or watch. */
    wait: (claim: ClaimUnderWay, until: Waiting): Promise<void> => wait(modules, claim, until),
    /** Why a rollback report holds the key; null if none does. */
    heldBecause: ({ ref }: ClaimUnderWay): string | null => reports.held(ref.chain, ref.key),
    ...storeCalls(modules),
    ...diskCalls(modules),
    /** The mark as this service has just written it. */
    remember: ({ ref }: ClaimUnderWay, held: HeldMark): void => marks.put(ref, held),
    /** The node sent a word that this ledger did not write. */
    wordRefused({ asked }: ClaimUnderWay, detail: string): void {
      const { node } = asked.claim.owner;
      const fields = { event: 'word-refused', node, detail };
      log.error(fields, `node ${node} sent a word that this ledger did not write`);
    },
    /** An error that is no fault of the store or the disk. */
    defect({ asked }: ClaimUnderWay, error: unknown): void {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const fields = { event: 'claim-failed', claimId: asked.claimId, error: why };
      log.error(fields, 'a claim failed because of a defect of the service');
    },
  };
}

async function wait(
  { context, followMark, marks, watches }: CoreModules,
  claim: ClaimUnderWay,
  until: Waiting,
): Promise<void> {
  const { clock } = context.parts;
  const { ref, times, ending } = claim;
  const waitMs = Math.max(0, until.untilMs - clock.monotonicMs());
  if (until.kind === 'pause') {
    // The pause before the next try counts as time of the store, which did not answer.
    times.begin('store');
    await clock.sleep(waitMs, ending.signal);
    return;
  }
  times.begin('wait');
  claim.unfollow ??= followMark(ref);
  const waking = new AbortController();
  const wake = () => waking.abort(OVER);
  const stops = [marks.onChange(ref, wake), watches.onChange(ref.chain, ref.key, wake)];
  ending.signal.addEventListener('abort', wake, { once: true });
  if (ending.signal.aborted) wake();
  await clock.sleep(Math.min(waitMs, LOOK_MS), waking.signal);
  for (const stop of stops) stop();
  ending.signal.removeEventListener('abort', wake);
}

function storeCalls(modules: CoreModules) {
  const { policies, marks, watches, context } = modules;
  const { ledger } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const remembered = ({ name, asked }: ClaimUnderWay) => {
    return { point: ledger.point(name), grants: ledger.grantsOf(name, asked.claim.unit) };
  };
  return {
    /** Policy and mark as last seen; null if the service does not hold both. */
    recall(claim: ClaimUnderWay): Basis | null {
      const policy = policies.get(claim.ref.chain, claim.ref.key);
      const held = marks.get(claim.ref);
      if (policy === null || held === null) return null;
      return basisOf(modules, claim, policy, { remembered: remembered(claim), held, fresh: false });
    },
    /** Policy and mark on a linearizable read. */
    read: (claim: ClaimUnderWay): Promise<Basis> =>
      timed(claim, 'store', async ({ ref }) => {
        // The memory first: an entry that this service makes while it reads is not a contradiction.
        const before = remembered(claim);
        const policy = await policies.load(ref.chain, ref.key, timeoutMs);
        const held = await marks.load(ref, timeoutMs);
        return basisOf(modules, claim, policy, { remembered: before, held, fresh: true });
      }),
    /** Reads the policy, the mark or both again. */
    refresh: (claim: ClaimUnderWay, what: { readonly policy: boolean; readonly mark: boolean }) =>
      timed(claim, 'store', async ({ ref }) => {
        if (what.policy) await policies.load(ref.chain, ref.key, timeoutMs);
        if (what.mark) await marks.load(ref, timeoutMs);
      }),
    /** The watch on a linearizable read. A question by the original protocol is a sign of life. */
    readWatch: (claim: ClaimUnderWay, policy: Policy): Promise<{ watch: HeldWatch; standing: Standing }> =>
      timed(claim, 'store', async ({ asked }) => {
        const { node } = asked.claim.owner;
        if (asked.via === 'original') await watches.signOfLife(policy, node);
        const watch = await watches.read(policy.chain, policy.key);
        return { watch, standing: { ...watches.standing(policy, node), record: watch.record } };
      }),
    /** Takes the watch if its holder lapsed and it is this node's turn. True when taken. */
    takeWatch: (claim: ClaimUnderWay, policy: Policy): Promise<boolean> =>
      timed(claim, 'store', ({ asked }) => watches.tryTake(policy, asked.claim.owner.node)),
    /** A store in the ledger's file writes the entry in the same commit; for any other one, `append` does. */
    transact: (claim: ClaimUnderWay, transaction: Transaction, own: OwnEntry): Promise<TransactionAnswer> =>
      timed(claim, 'store', () => {
        const along = ledger.along?.(own, () => decisionOf(modules, claim, own)) ?? null;
        return transact(modules, transaction, along);
      }),
  };
}

function basisOf(
  modules: CoreModules,
  { asked: { claim } }: ClaimUnderWay,
  held: HeldPolicy | null,
  seen: Pick<Basis, 'remembered' | 'held' | 'fresh'>,
): Basis {
  const { base, observations, watches, context } = modules;
  const nonce = randomHex(context.parts.random, 8);
  if (held === null) return { ...seen, policy: null, nonce };
  const heard = observations.heard(held.policy, base());
  return { ...seen, policy: held, heard, standing: watches.standing(held.policy, claim.owner.node), nonce };
}

async function transact(
  { context, batcher }: CoreModules,
  transaction: Transaction,
  along: (() => void) | null,
): Promise<TransactionAnswer> {
  const { failpoint } = context.parts;
  if (failpoint !== undefined) await failpoint('before-transaction');
  const result = await batcher.submit(along === null ? transaction : { ...transaction, along });
  if (failpoint !== undefined) await failpoint('after-transaction');
  if (result.outcome === 'ambiguous') return { kind: 'ambiguous' };
  if (result.outcome === 'conflict') {
    const textOf = (key: string, value: Uint8Array | null = null) => value && toText(value, key);
    const found = new Map(transaction.compares.map(({ key }, at) => [key, textOf(key, result.current[at])]));
    return { kind: 'conflict', found };
  }
  if (failpoint !== undefined) await failpoint(along === null ? 'before-append' : 'after-append');
  return { kind: along === null ? 'applied' : 'entered' };
}

function diskCalls(modules: CoreModules) {
  const { context, reports } = modules;
  const { ledger, clock, meter, failpoint } = context.parts;
  const logged = loggedAppends(modules);
  const write = async (item: LedgerItem): Promise<void> => {
    const startMs = clock.monotonicMs();
    await ledger.append([item]);
    meter.ledgerAppend(1, clock.monotonicMs() - startMs);
  };
  return {
    /** Makes the entry durable, with its decision. */
    append: (claim: ClaimUnderWay, own: OwnEntry): Promise<void> =>
      timed(claim, 'flush', async () => {
        const { entry, hash } = own;
        await logged(write({ entry, hash, decision: decisionOf(modules, claim, own) }));
        if (failpoint !== undefined) await failpoint('after-append');
      }),
    /** Makes an entry that the store holds durable here too. */
    learn: (claim: ClaimUnderWay, entry: LedgerEntry, hash: string): Promise<void> =>
      timed(claim, 'flush', () => logged(write({ entry, hash, decision: null }))),
    /** Holds every key because of this word, durably; the report that holds the claim's key, or null. */
    report: (claim: ClaimUnderWay, word: SaidWord): Promise<string | null> =>
      timed(claim, 'flush', async ({ ref }) => {
        await reports.report(word);
        return reports.held(ref.chain, ref.key);
      }),
  };
}

function decisionOf({ context }: CoreModules, { asked }: ClaimUnderWay, { decide }: OwnEntry) {
  const verdict = decide();
  return verdict === null ? null : describeDecision(asked, verdict, momentOf(context.parts.clock));
}

/** Logs the first append that the disk refuses, and the first that it takes again. */
function loggedAppends({ context }: CoreModules) {
  const { log } = context.parts;
  let isDown = false;
  return async (appended: Promise<void>): Promise<void> => {
    try {
      await appended;
    } catch (error) {
      if (!isDown && error instanceof LedgerFault) {
        isDown = true;
        const why = `${error.message}; ${error.remedy}`;
        const text = `the disk did not take an entry, and without it no unit is granted: ${why}`;
        log.error({ event: 'ledger-down', detail: why }, text);
      }
      throw error;
    }
    if (isDown) log.info({ event: 'ledger-up' }, 'the disk of the service takes entries again');
    isDown = false;
  };
}

/** The time that this work waits counts as the step's, with that of its failpoints. */
async function timed<Result>(
  claim: ClaimUnderWay,
  step: 'store' | 'flush',
  work: (claim: ClaimUnderWay) => Promise<Result>,
): Promise<Result> {
  const working = work(claim);
  claim.times.begin(step);
  try {
    return await working;
  } finally {
    claim.times.end();
  }
}
