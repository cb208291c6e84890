import { OVER, randomHex } from '@watchbill/kit';
import type { LedgerEntry, Policy } from '../../rule/index.ts';
import type { Transaction } from '../../store/index.ts';
import { heardOf } from '../ground/base.ts';
import { keys } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import { createNamedMutex, type NamedMutex } from '../ground/mutex.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { toText } from '../ground/records.ts';
import type { Verdict } from '../ground/verdict.ts';
import type { HeldWatch } from '../ground/watch-record.ts';
import { LedgerFault, type LedgerItem } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import type { SaidWord } from '../rollback-reports/report.ts';
import type { Session } from '../session/session.ts';
import type { Moment } from '../session/state.ts';
import {
  type Basis,
  type ClaimUnderWay,
  describeDecision,
  type Remembered,
  type Standing,
  type TurnEnd,
} from './asked.ts';
import { recollect } from './rules.ts';

/** A transaction that was not applied. */
export interface Conflict {
  readonly kind: 'conflict';
  /** The records that were compared, as they are in the store; null for one that is not there. */
  readonly found: ReadonlyMap<string, string | null>;
  /** True if the epoch in the store is the service's. */
  readonly epochKnown: boolean;
}

/**
 * How a transaction ended. `entered`: it applied, and its entry was in the same commit, with the decision.
 * `ambiguous`: it may have applied, or may still apply.
 */
export type TransactionAnswer = { readonly kind: 'applied' | 'entered' | 'ambiguous' } | Conflict;

/** The entry of a transaction, and the decision that it makes deliverable, asked when it is written. */
export interface OwnEntry {
  readonly entry: LedgerEntry;
  readonly hash: string;
  readonly decide: () => Verdict | null;
}

export type Waiting = Extract<TurnEnd, { readonly kind: 'pause' | 'hold' }>;

/** The service around a claim. A call throws a StoreFault or a LedgerFault only if none of it was applied. */
export interface ClaimEffects {
  moment(): Moment;
  readonly session: Omit<Session, 'cancelUndelivered' | 'lost' | 'drain' | 'stop'>;
  readonly epochText: string;
  /** Runs the turn alone at the mark of the claim; null, without the turn, if the claim ends before. */
  turn(claim: ClaimUnderWay, work: () => Promise<TurnEnd>): Promise<TurnEnd | null>;
  /** Until the moment, or the end of the claim; while held, also until a change of mark or watch. */
  wait(claim: ClaimUnderWay, until: Waiting): Promise<void>;
  /** Why a rollback report holds the key; null if none does. */
  heldBecause(claim: ClaimUnderWay): string | null;
  /** Policy and mark as last seen; null if the service does not hold both. */
  recall(claim: ClaimUnderWay): Basis | null;
  /** Policy and mark on a linearizable read, after the memory of this service. */
  read(claim: ClaimUnderWay): Promise<Basis>;
  /** The watch on a linearizable read. A question by the original protocol is a sign of life. */
  readWatch(claim: ClaimUnderWay, policy: Policy): Promise<{ watch: HeldWatch; standing: Standing }>;
  /** Takes the watch if its holder lapsed and it is this node's turn. True when taken. */
  takeWatch(claim: ClaimUnderWay, policy: Policy): Promise<boolean>;
  /** Holds every key because of this word, durably; the report that holds this one, or null. */
  report(claim: ClaimUnderWay, word: SaidWord): Promise<string | null>;
  /** A store in the ledger's file writes the entry in the same commit; for any other one, `append` does. */
  transact(claim: ClaimUnderWay, transaction: Transaction, own: OwnEntry): Promise<TransactionAnswer>;
  /** Reads the policy, the mark or both again. */
  refresh(claim: ClaimUnderWay, what: { readonly policy: boolean; readonly mark: boolean }): Promise<void>;
  /** Makes the entry durable, with its decision. */
  append(claim: ClaimUnderWay, own: OwnEntry): Promise<void>;
  /** Makes an entry that the store holds durable here too. */
  learn(claim: ClaimUnderWay, entry: LedgerEntry, hash: string): Promise<void>;
  /** The mark as this service has just written it. */
  remember(claim: ClaimUnderWay, held: HeldMark): void;
  /** The node sent a word that this ledger did not write. */
  wordRefused(claim: ClaimUnderWay, detail: string): void;
  /** An error that is no fault of the store or the disk. */
  defect(claim: ClaimUnderWay, error: unknown): void;
}

/** A held claim is judged again this often: the policy, the session and the clock change in silence. */
const LOOK_MS = 250;

export function createClaimEffects(modules: CoreModules): ClaimEffects {
  const { context, session, marks, reports, identity } = modules;
  const { clock, log, failpoint } = context.parts;
  const mutex = createNamedMutex();
  const logged = loggedAppends(modules);
  const moment = () => ({ nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });
  const heldBecause = ({ ref }: ClaimUnderWay) => reports.held(ref.chain, ref.key);
  const decisionOf = ({ asked }: ClaimUnderWay, { decide }: OwnEntry) => {
    const verdict = decide();
    return verdict === null ? null : describeDecision(asked, verdict, moment());
  };
  return {
    moment,
    session,
    epochText: identity.epochText,
    turn: (claim, work) => turn(mutex, claim, work),
    wait: (claim, until) => wait(modules, claim, until),
    heldBecause,
    recall: (claim) => recall(modules, claim),
    read: (claim) => timed(claim, 'store', read(modules, claim)),
    readWatch: (claim, policy) => timed(claim, 'store', readWatch(modules, claim, policy)),
    takeWatch: (claim, policy) =>
      timed(claim, 'store', modules.watches.tryTake(policy, claim.asked.claim.owner.node)),
    report: async (claim, word) => {
      await timed(claim, 'flush', reports.report(word));
      return heldBecause(claim);
    },
    transact: (claim, transaction, own) => {
      const along = context.parts.ledger.along?.(own, () => decisionOf(claim, own)) ?? null;
      return timed(claim, 'store', transact(modules, transaction, along));
    },
    refresh: (claim, what) => timed(claim, 'store', refresh(modules, claim, what)),
    append: (claim, own) => {
      const { entry, hash } = own;
      const appended = logged(append(modules, { entry, hash, decision: decisionOf(claim, own) }));
      return timed(
        claim,
        'flush',
        failpoint === undefined ? appended : appended.then(() => failpoint('after-append')),
      );
    },
    learn: (claim, entry, hash) =>
      timed(claim, 'flush', logged(append(modules, { entry, hash, decision: null }))),
    remember: ({ ref }, held) => marks.put(ref, held),
    wordRefused: ({ asked }, detail) => {
      const { node } = asked.claim.owner;
      const fields = { event: 'word-refused', node, detail };
      log.error(fields, `node ${node} sent a word that this ledger did not write`);
    },
    defect: ({ asked }, error) => {
      const fields = { event: 'claim-failed', claimId: asked.claimId, error: stackOf(error) };
      log.error(fields, 'a claim failed because of a defect of the service');
    },
  };
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

/** The time of this work counts as the step's, with that of its failpoints. */
async function timed<Result>(
  { times }: ClaimUnderWay,
  step: 'store' | 'flush',
  work: Promise<Result>,
): Promise<Result> {
  times.begin(step);
  try {
    return await work;
  } finally {
    times.end();
  }
}

function turn(mutex: NamedMutex, claim: ClaimUnderWay, work: () => Promise<TurnEnd>) {
  const { name, times, ending } = claim;
  times.begin('queue');
  const begin = () => {
    times.end();
    return work();
  };
  return mutex.run(name, begin, ending.signal);
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
  ending.signal.addEventListener('abort', wake, { once: true });
  if (ending.signal.aborted) wake();
  await Promise.race([
    clock.sleep(Math.min(waitMs, LOOK_MS), waking.signal),
    marks.changed(ref, waking.signal),
    watches.changed(ref.chain, ref.key, waking.signal),
  ]);
  wake();
  ending.signal.removeEventListener('abort', wake);
}

function recall(modules: CoreModules, claim: ClaimUnderWay): Basis | null {
  const policy = modules.policies.get(claim.ref.chain, claim.ref.key);
  const held = modules.marks.get(claim.ref);
  if (policy === null || held === null) return null;
  return basisOf(modules, claim, { remembered: memoryOf(modules, claim), policy, held, fresh: false });
}

/** The memory first: an entry that this service makes while it reads is not a contradiction. */
async function read(modules: CoreModules, claim: ClaimUnderWay): Promise<Basis> {
  const timeoutMs = modules.context.options.storeTimeoutMs;
  const remembered = memoryOf(modules, claim);
  const policy = await modules.policies.load(claim.ref.chain, claim.ref.key, timeoutMs);
  const held = await modules.marks.load(claim.ref, timeoutMs);
  return basisOf(modules, claim, { remembered, policy, held, fresh: true });
}

function memoryOf({ context }: CoreModules, { name, asked: { claim } }: ClaimUnderWay): Remembered {
  return recollect(context.parts.ledger, name, claim.unit);
}

type Seen = Pick<Basis, 'remembered' | 'fresh'> & {
  readonly policy: HeldPolicy | null;
  readonly held: HeldMark | null;
};

function basisOf(modules: CoreModules, { asked: { claim } }: ClaimUnderWay, seen: Seen): Basis {
  const { base, observations, context } = modules;
  const policy = seen.policy?.policy ?? null;
  const nonce = randomHex(context.parts.random, 8);
  if (policy === null) return { ...seen, heard: null, standing: null, nonce };
  const heard = heardOf(base(), observations, policy);
  return { ...seen, heard, standing: standingOf(modules, policy, claim.owner.node), nonce };
}

function standingOf({ watches }: CoreModules, policy: Policy, node: string): Standing {
  return {
    record: watches.record(policy),
    holderLive: watches.holderLive(policy),
    unfit: watches.unfit(policy, node),
    otherReady: watches.otherReady(policy, node),
  };
}

async function readWatch(modules: CoreModules, { asked }: ClaimUnderWay, policy: Policy) {
  const { watches } = modules;
  const { node } = asked.claim.owner;
  if (asked.via === 'original') await watches.signOfLife(policy, node);
  const watch = await watches.read(policy.chain, policy.key);
  return { watch, standing: standingOf(modules, policy, node) };
}

async function transact(
  { context, batcher, identity }: CoreModules,
  transaction: Transaction,
  along: (() => void) | null,
): Promise<TransactionAnswer> {
  const { failpoint } = context.parts;
  if (failpoint !== undefined) await failpoint('before-transaction');
  const result = await batcher.submit(along === null ? transaction : { ...transaction, along });
  if (failpoint !== undefined) await failpoint('after-transaction');
  if (result.outcome === 'ambiguous') return { kind: 'ambiguous' };
  if (result.outcome === 'conflict') {
    const texts = result.current.map((value) => (value === null ? null : toText(value)));
    const found = new Map(transaction.compares.map(({ key }, index) => [key, texts[index] ?? null]));
    const epochKnown = !found.has(keys.epoch) || found.get(keys.epoch) === identity.epochText;
    return { kind: 'conflict', found, epochKnown };
  }
  if (failpoint !== undefined) await failpoint(along === null ? 'before-append' : 'after-append');
  return { kind: along === null ? 'applied' : 'entered' };
}

async function refresh(
  { policies, marks, context }: CoreModules,
  { ref }: ClaimUnderWay,
  what: { readonly policy: boolean; readonly mark: boolean },
): Promise<void> {
  const timeoutMs = context.options.storeTimeoutMs;
  if (what.policy) await policies.load(ref.chain, ref.key, timeoutMs);
  if (what.mark) await marks.load(ref, timeoutMs);
}

async function append({ context }: CoreModules, item: LedgerItem): Promise<void> {
  const { ledger, clock, meter } = context.parts;
  const startMs = clock.monotonicMs();
  await ledger.append([item]);
  meter.ledgerAppend(1, clock.monotonicMs() - startMs);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
