import { randomHex } from '@watchbill/kit';
import type { Policy } from '../../rule/index.ts';
import type { Transaction } from '../../store/index.ts';
import type { Heard } from '../ground/base.ts';
import { keys } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { toText } from '../ground/records.ts';
import type { LedgerItem } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import type { Moment } from '../session/state.ts';
import type { ClaimEffect, ClaimEvent, Now, TransactionAnswer } from './claim-events.ts';
import { describeDecision } from './decision-record.ts';
import { type Remembered, recollect } from './recollection.ts';
import type { Basis, ClaimState, Standing } from './state.ts';

/**
 * The effects of a claim on the parts of the core, each with its answer. `claims.ts` performs the others.
 */
type Performed = Exclude<ClaimEffect, { kind: 'queue' | 'wait' | 'tell' }>;
type MaybeLater<Value> = Value | Promise<Value>;

/**
 * Performs one effect; its answer, or null. Throws a StoreFault or a LedgerFault only if none of it was
 * applied.
 *
 * @param state the claim after the step that asked for it
 */
export function perform(
  modules: CoreModules,
  state: ClaimState,
  effect: Performed,
): MaybeLater<ClaimEvent | null> {
  const { session, marks } = modules;
  const { claim } = state.asked;
  switch (effect.kind) {
    case 'recall':
      return recall(modules, state);
    case 'read':
      return read(modules, state);
    case 'read-watch':
      return readWatch(modules, state, effect.alive);
    case 'take-watch':
      return takeWatch(modules, state);
    case 'report':
      return modules.reports
        .report(effect.word)
        .then(() => ({ kind: 'reported', report: modules.reports.held(claim.chain, claim.key) }));
    case 'transact':
      return transact(modules, state, effect.transaction);
    case 'refresh':
      return refresh(modules, state, effect);
    case 'append':
      return append(modules, state, effect);
    case 'learn':
      return store(modules, { ...effect, decision: null }).then(() => null);
    case 'remember':
      marks.put(state.ref, effect.held);
      return null;
    case 'compare-failed':
      session.compareFailed(effect.compared, effect.found);
      return null;
    case 'store-behind':
      session.behind(effect.why);
      return null;
    case 'log-refused-word':
      return logRefusedWord(modules, claim.owner.node, effect.detail);
    default:
      return effect satisfies never;
  }
}

/** Both clocks of the service. */
export function moment({ context }: CoreModules): Moment {
  const { clock } = context.parts;
  return { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}

/** The claim is alone at its mark. */
export function turnOf(modules: CoreModules, { asked: { claim } }: ClaimState): ClaimEvent {
  const { session, reports } = modules;
  return {
    kind: 'turn',
    at: moment(modules),
    session: {
      state: session.state(),
      detail: session.detail(),
      generation: session.generation(),
      text: session.recordText(),
    },
    report: reports.held(claim.chain, claim.key),
  };
}

function nowOf(modules: CoreModules, { asked: { claim }, generation }: ClaimState): Now {
  const { session, reports, identity } = modules;
  return {
    at: moment(modules),
    holds: session.holds(generation),
    sessionText: session.recordText(),
    report: reports.held(claim.chain, claim.key),
    epochText: identity.epochText,
  };
}

function recall(modules: CoreModules, state: ClaimState): ClaimEvent {
  const { chain, key } = state.ref;
  const policy = modules.policies.get(chain, key);
  const held = modules.marks.get(state.ref);
  if (policy === null || held === null) return { kind: 'recalled', now: nowOf(modules, state), basis: null };
  const remembered = memoryOf(modules, state);
  const basis = basisOf(modules, state, { remembered, policy, held, fresh: false });
  return { kind: 'recalled', now: nowOf(modules, state), basis };
}

/** The memory first: an entry that this service makes while it reads is not a contradiction. */
async function read(modules: CoreModules, state: ClaimState): Promise<ClaimEvent> {
  const { chain, key } = state.ref;
  const timeoutMs = modules.context.options.storeTimeoutMs;
  const remembered = memoryOf(modules, state);
  const policy = await modules.policies.load(chain, key, timeoutMs);
  const held = await modules.marks.load(state.ref, timeoutMs);
  const basis = basisOf(modules, state, { remembered, policy, held, fresh: true });
  return { kind: 'read', now: nowOf(modules, state), basis };
}

function memoryOf({ context }: CoreModules, { name, asked: { claim } }: ClaimState): Remembered {
  return recollect(context.parts.ledger, name, claim.unit);
}

type Seen = Pick<Basis, 'remembered' | 'fresh'> & {
  readonly policy: HeldPolicy | null;
  readonly held: HeldMark | null;
};

function basisOf(modules: CoreModules, { asked: { claim } }: ClaimState, seen: Seen): Basis {
  const policy = seen.policy?.policy ?? null;
  return {
    policy: seen.policy,
    held: seen.held,
    remembered: seen.remembered,
    heard: policy === null ? null : heardOf(modules, policy),
    standing: policy === null ? null : standingOf(modules, policy, claim.owner.node),
    nonce: randomHex(modules.context.parts.random, 8),
    fresh: seen.fresh,
  };
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

function standingOf({ watches }: CoreModules, policy: Policy, node: string): Standing {
  return {
    record: watches.record(policy),
    holderLive: watches.holderLive(policy),
    unfit: watches.unfit(policy, node),
    otherReady: watches.otherReady(policy, node),
  };
}

async function readWatch(modules: CoreModules, state: ClaimState, alive: boolean): Promise<ClaimEvent> {
  const { watches } = modules;
  const { node } = state.asked.claim.owner;
  const policy = policyOf(state);
  if (alive) await watches.signOfLife(policy, node);
  const watch = await watches.read(policy.chain, policy.key);
  const standing = standingOf(modules, policy, node);
  return { kind: 'watch-read', now: nowOf(modules, state), watch, standing };
}

async function takeWatch(modules: CoreModules, state: ClaimState): Promise<ClaimEvent> {
  const taken = await modules.watches.tryTake(policyOf(state), state.asked.claim.owner.node);
  return { kind: 'watch-taken', at: moment(modules), taken };
}

/** The policy that the claim is judged by while it asks for the watch. */
function policyOf({ phase }: ClaimState): Policy {
  const asking = phase.kind === 'asking-watch' || phase.kind === 'taking-watch';
  if (!asking || phase.basis.policy === null) throw new Error('a watch was asked for without a policy');
  return phase.basis.policy.policy;
}

async function transact(
  modules: CoreModules,
  state: ClaimState,
  transaction: Transaction,
): Promise<ClaimEvent> {
  const { failpoint } = modules.context.parts;
  if (failpoint !== undefined) await failpoint('before-transaction');
  const result = await modules.batcher.submit(transaction);
  if (failpoint !== undefined) await failpoint('after-transaction');
  let answer: TransactionAnswer;
  if (result.outcome === 'conflict') {
    const texts = result.current.map((value) => (value === null ? null : toText(value)));
    const found = new Map(transaction.compares.map(({ key }, index) => [key, texts[index] ?? null]));
    const epochKnown = !found.has(keys.epoch) || found.get(keys.epoch) === modules.identity.epochText;
    answer = { kind: 'conflict', found, epochKnown };
  } else answer = { kind: result.outcome };
  if (failpoint !== undefined && answer.kind === 'applied') await failpoint('before-append');
  return { kind: 'transacted', now: nowOf(modules, state), answer };
}

async function refresh(
  modules: CoreModules,
  { ref }: ClaimState,
  { policy, mark }: Extract<Performed, { kind: 'refresh' }>,
): Promise<ClaimEvent> {
  const timeoutMs = modules.context.options.storeTimeoutMs;
  if (policy) await modules.policies.load(ref.chain, ref.key, timeoutMs);
  if (mark) await modules.marks.load(ref, timeoutMs);
  return { kind: 'refreshed' };
}

async function append(
  modules: CoreModules,
  state: ClaimState,
  { entry, hash, decision }: Extract<Performed, { kind: 'append' }>,
): Promise<ClaimEvent> {
  const record = decision === null ? null : describeDecision(state.asked, decision, moment(modules));
  await store(modules, { entry, hash, decision: record });
  const { failpoint } = modules.context.parts;
  if (failpoint !== undefined) await failpoint('after-append');
  return { kind: 'appended', now: nowOf(modules, state) };
}

async function store({ context }: CoreModules, { entry, hash, decision }: LedgerItem): Promise<void> {
  const { ledger, clock, meter } = context.parts;
  const startMs = clock.monotonicMs();
  await ledger.append([{ entry, hash, decision }]);
  meter.ledgerAppend(1, clock.monotonicMs() - startMs);
}

function logRefusedWord({ context }: CoreModules, node: string, detail: string): null {
  const fields = { event: 'word-refused', node, detail };
  context.parts.log.error(fields, `node ${node} sent a word that this ledger did not write`);
  return null;
}
