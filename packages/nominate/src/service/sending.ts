import type { Clock } from '@watchbill/kit';
import { type TransactionChainOptions, transactionChain, transactionCrypto } from '../chain/index.ts';
import type { ProgrammeNominator, ProgrammeSettings } from '../jobs/job-ports.ts';
import { oldHeads } from '../rounds/heads.ts';
import { revalidate } from '../rounds/revalidate.ts';
import { backedTargets, judgedIn } from '../rounds/still-backs.ts';
import { decodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { ProgrammeStore } from '../storage/port.ts';
import {
  ANSWER_LIMITS,
  type AnswerLimits,
  type IntentState,
  type Judge,
  type MachineRules,
  makeIntent,
  nominatingProxy,
  type Preview,
  previewIntent,
  type TransactionChain,
  type TransactionEvent,
  type TransactionRunner,
  type TransactionSigner,
  transactionRunner,
  type VerdictAnswer,
} from '../transactions/index.ts';

/** Older facts are not used for judging targets. */
const FRESH_MS = 20 * 60_000;

export interface SendingParts {
  readonly store: ProgrammeStore;
  readonly settings: ProgrammeSettings;
  readonly nodes: TransactionChainOptions['nodes'];
  readonly clock: Clock;
  readonly genesis: string;
  readonly signers: ReadonlyMap<string, TransactionSigner>;
  readonly tell: (event: TransactionEvent) => void;
  /** Time limit of an endpoint for one call, in milliseconds. */
  readonly callMs: number;
}

export interface Sending {
  readonly runner: TransactionRunner;
  readonly delayOf: (nominator: ProgrammeNominator, signal: AbortSignal) => Promise<number | null>;
  readonly preview: Previewing;
}

/**
 * The transaction that would be sent now for an intent in a state, after judging its targets. Changes no
 * data.
 */
export type Previewing = (
  rules: MachineRules,
  state: IntentState,
  judge: Judge,
  signal: AbortSignal,
) => Promise<Preview>;

/** The transaction machine on a real chain. */
export function openSending(parts: SendingParts): Sending {
  const { store, settings, nodes, clock, genesis, signers, tell, callMs } = parts;
  const chain = transactionChain({ nodes, clock, genesis, limits: patience(callMs) });
  const limits = answerLimits(callMs);
  const byAccount = new Map([...signers.values()].map((signer) => [signer.account, signer]));
  const runner = transactionRunner({
    store: store.intents,
    rules: settings.machineRules,
    chain,
    crypto: transactionCrypto,
    genesis,
    signers: byAccount,
    judge: judgeOf(parts),
    limits,
    clock,
    tell,
  });
  return {
    runner,
    delayOf: (nominator, signal) => delayOf(chain, nominator, signal),
    preview: (rules, state, judge, signal) =>
      previewIntent(
        { chain, crypto: transactionCrypto, genesis, judge, limits, clock },
        rules,
        state,
        signal,
      ),
  };
}

/** For reading endpoints: leaves time for a second one within one request. */
function patience(callMs: number) {
  return { probeTimeoutMs: Math.max(3_000, callMs / 2), callTimeoutMs: callMs, readTimeoutMs: 1.5 * callMs };
}

function answerLimits(callMs: number): AnswerLimits {
  return { ...ANSWER_LIMITS, answerTimeoutMs: Math.max(ANSWER_LIMITS.answerTimeoutMs, 3 * callMs) };
}

/**
 * Judges by the newest snapshot, if the snapshot and its blocks are fresh; otherwise no transaction starts.
 * If the relay or People chain could not be read, its facts are unknown, and no target is dropped. Without
 * the staking chain, judging is impossible.
 */
export function judgeOf({
  store,
  settings,
  clock,
}: Pick<SendingParts, 'store' | 'settings' | 'clock'>): Judge {
  return async ({ call }, targets) => {
    const newest = await store.snapshots.newest();
    if (newest === null || clock.nowMs() - newest.takenAtMs > FRESH_MS)
      return { result: 'unknown', why: 'there is no fresh snapshot to judge by' };
    const text = await store.snapshots.get(newest.digest);
    const read = text === null ? null : decodeSnapshot(text);
    if (read === null || !read.ok) return { result: 'unknown', why: 'the newest snapshot cannot be read' };
    const why = whyNotFresh(read.snapshot, clock.nowMs(), settings.oldestHeadMs);
    if (why !== null) return { result: 'unknown', why };
    if (call === 'chill') return judgeChill(read.snapshot, settings, targets);
    const { keep, dropped } = revalidate(read.snapshot, settings.programme, targets, settings.modules);
    return { result: 'judged', keep, dropped };
  };
}

/** A target that may be good again keeps its nomination. */
function judgeChill(
  snapshot: Snapshot,
  { programme, modules }: ProgrammeSettings,
  targets: readonly string[],
): VerdictAnswer {
  const { active } = snapshot.eras;
  const judged = judgedIn(snapshot, programme, modules);
  const found = backedTargets(programme, active.known ? active.value : null, judged, targets);
  const unknown = found.find(({ state }) => state === 'unknown');
  if (unknown !== undefined) return { result: 'unknown', why: `whether ${unknown.name} passes is not known` };
  const keep = found.filter(({ state }) => state === 'stands').map(({ stashKey }) => stashKey);
  return { result: 'judged', keep, dropped: found.filter(({ state }) => state === 'out') };
}

function whyNotFresh(snapshot: Snapshot, nowMs: number, oldestHeadMs: number | null): string | null {
  const isRead = snapshot.sources.staking != null && snapshot.sources.staking.block !== null;
  if (!isRead) return 'the chain of stakes could not be read for the newest snapshot';
  return oldHeads(snapshot, nowMs, oldestHeadMs);
}

async function delayOf(
  chain: TransactionChain,
  { stashKey, real, signer, way }: ProgrammeNominator,
  signal: AbortSignal,
): Promise<number | null> {
  if (way === 'direct') return 0;
  const asked = { nominator: stashKey, real, signer, way, round: 'a question', targets: [stashKey] };
  const now = {
    call: 'nominate',
    era: 0,
    sinceEra: null,
    forEra: 0,
    fromHeight: 0n,
    deadlineRelay: 0n,
  } as const;
  const facts = await chain.facts(makeIntent({ ...asked, ...now }), signal).catch(() => null);
  if (facts === null || !facts.proxies.known) return null;
  const proxy = nominatingProxy(facts.proxies.value, signer);
  return proxy === null ? null : Number(proxy.delay);
}
