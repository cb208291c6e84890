import type {
  DecisionRecord,
  KeyLeaseView,
  ServiceView,
  StandbyView,
  WatchState,
} from '../../service/index.ts';
import type { Facts, KeyPolicy } from '../view/facts.ts';
import { keyName } from '../view/sentence.ts';

export const CHAIN = `0x${'11'.repeat(32)}`;
export const KEY = `0x${'22'.repeat(29)}5ac67d`;
export const DIGEST = `0x${'33'.repeat(32)}`;
export const NOW_MS = 1_795_178_576_000;

const DUTY = { enabled: true, digestRequired: true, window: 32 };

export function policyOf(changes: Partial<KeyPolicy> = {}): KeyPolicy {
  return {
    chain: CHAIN,
    key: KEY,
    mode: 'enforce',
    roster: [
      { name: 'alpha', rank: 0 },
      { name: 'bravo', rank: 1 },
    ],
    duties: { babe: DUTY, grandpa: DUTY },
    ceilings: { slotMs: 6_000 },
    ...changes,
  } as KeyPolicy;
}

export function watchOf(changes: Partial<WatchState> = {}): WatchState {
  return {
    chain: CHAIN,
    key: KEY,
    holder: 'alpha',
    live: true,
    term: '3',
    ready: ['alpha', 'bravo'],
    ...changes,
  };
}

export function leaseOf(changes: Partial<KeyLeaseView> = {}): KeyLeaseView {
  const held = {
    name: `0x${'9a'.repeat(32)}`,
    state: 'held',
    node: 'alpha',
    sinceMs: NOW_MS - 120_000,
  } as const;
  return { ...held, askedBy: ['alpha', 'bravo'], ...changes };
}

export function standbyOf(node: string, changes: Partial<StandbyView> = {}): StandbyView {
  const shadow = { due: 120, granted: 120, asked: 40, recentDenied: 0, p99Ms: 3, why: null };
  const seen = { setId: null, round: null, finalizedBlock: null };
  const none = { onWatch: false, lastDrill: null, lastHandover: null };
  return { chain: CHAIN, key: KEY, node, shadow, seen, ...none, ...changes };
}

/** A service that serves, and that answers the question. */
export function serviceOf(changes: Partial<ServiceView> = {}): ServiceView {
  const found = { id: '1', name: 's', url: null, state: 'serving', live: true, self: true } as const;
  return { ...found, vouchedBy: null, reason: null, ...changes };
}

type Freeze = NonNullable<KeyPolicy['freeze']>;

export function freezeOf(changes: Partial<Freeze>): Freeze {
  const by = { cause: 'operator', by: 'ada', reason: 'why', evidence: null } as const;
  return { before: 'enforce', ...by, atMs: NOW_MS, lifted: null, ...changes };
}

let lastId = 0;

export function decisionOf(changes: Partial<DecisionRecord> = {}): DecisionRecord {
  lastId += 1;
  return {
    ...{ id: lastId, atMs: NOW_MS, outcome: 'granted', reason: 'new', detail: '', chain: CHAIN, key: KEY },
    ...{
      duty: 'babe',
      unit: '42',
      parts: ['seal'],
      digest: DIGEST,
      node: 'alpha',
      incarnation: '4'.repeat(32),
    },
    ...{ claimId: 'claim', seq: '7', via: 'claims', tookMs: 1.5 },
    ...changes,
  };
}

/** One key with an active node and a ready standby, on a store of three members. */
export function factsOf(
  changes: Partial<Facts> & { readonly decisions?: readonly DecisionRecord[] } = {},
): Facts {
  const { decisions = [], ...rest } = changes;
  const policies = rest.policies ?? [policyOf()];
  return {
    nowMs: NOW_MS,
    health: {
      ...{ ready: true, state: 'serving', detail: 'serving', ledger: 'ledger-1', epoch: 'epoch-1' },
      ...{ service: 'service-1', inFlight: 0 },
      store: { ok: true, detail: 'three members', members: [], quorumMargin: 1, term: null },
    },
    services: [],
    policies,
    watches: [watchOf()],
    marks: [],
    standbys: [standbyOf('bravo')],
    reports: [],
    upkeep: { lastExport: null, lastVerification: null },
    refusals: [],
    keys: new Map(policies.map((policy) => [keyName(policy), { decisions, units: [] }])),
    others: [],
    ...rest,
  };
}
