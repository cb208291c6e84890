import {
  adoptMark,
  type Claim,
  decide,
  dutyNamed,
  encodeHead,
  type Mark,
  NO_BASE,
  type Policy,
  pointOf,
} from '../../../rule/index.ts';
import type { PolicyDocument } from '../../contract.ts';
import { keys } from '../../ground/keys.ts';
import type { HeldMark } from '../../ground/marks.ts';
import type { HeldWatch } from '../../ground/records.ts';
import type { Verdict } from '../../ground/verdict.ts';
import { CHAIN, INCARNATION, KEY, OTHER_INCARNATION, policyDocument } from '../../testing/services.ts';
import { START_MS } from '../../testing/world.ts';
import {
  type Asked,
  type Basis,
  type ClaimUnderWay,
  type Ruled,
  type Standing,
  startClaim,
} from '../asked.ts';
import type { TransactionAnswer } from '../claim-effects.ts';
import { createStepTimes } from '../times.ts';
import type { ClaimEvent, Now } from './fake-claim.ts';

/** Shared by the tests of a claim: a policy, adopted marks, and events with defaults. */
export const IDENTITY = {
  voided: new Set<string>(),
  ledger: '5c'.repeat(16),
  epoch: 'e1'.repeat(16),
  epochText: 'epoch',
  service: 'service-1',
};
export const SESSION = 'the session record';
export const DEADLINE_MS = 1_000;

const NOT_OBSERVED = {
  observer: 'watcher',
  finalizedBlock: null,
  setId: null,
  beefySetId: null,
  round: null,
  session: null,
};

export const at = (ms: number) => ({ nowMs: START_MS + ms, monotonicMs: ms });

export function policyOf(change: Partial<PolicyDocument> = {}): Policy {
  return { ...policyDocument(change), versionId: 'v1', version: 1, mode: 'enforce' } as Policy;
}

/** A claim of node `a`: babe, slot 1, seal; an `enter` of grandpa has the term 1. */
export function claimWith(change: Partial<Claim> & { readonly dutyName?: string } = {}): Claim {
  const { dutyName = 'babe', ...rest } = change;
  const duty = dutyNamed(dutyName);
  if (duty === null) throw new Error(`no duty ${dutyName}`);
  const grandpa = dutyName === 'grandpa';
  return {
    ledger: null,
    epoch: null,
    chain: CHAIN,
    key: KEY,
    duty,
    unit: grandpa ? [0n, 1n] : [1n],
    parts: grandpa ? ['enter'] : ['seal'],
    digest: grandpa ? null : '01'.repeat(32),
    owner: { node: 'a', incarnation: INCARNATION },
    term: grandpa ? 1n : null,
    strictlyIncreasing: false,
    ...rest,
  };
}

export function heldOf(claim: Claim, mark: Mark): HeldMark {
  return { mark, headText: encodeHead(mark, claim.duty) };
}

/** The mark of the claim's duty after its adoption, never signed. */
export function adopted(claim: Claim, policy: Policy = policyOf()): HeldMark {
  return heldOf(claim, adoptMark(policy, claim.duty, null, null, attemptOf('adoption'), 'test'));
}

/** The mark after a grant of this claim; throws if the rule refuses it. */
export function grantedIn(held: HeldMark, claim: Claim, nonce: string, policy = policyOf()): HeldMark {
  const bounds = { ceiling: { kind: 'at', highest: [claim.unit] }, lowest: null, base: NO_BASE } as const;
  const decision = decide(policy, held.mark, claim, bounds, attemptOf(nonce));
  if (decision.outcome !== 'grant' || decision.next === null)
    throw new Error(`not granted: ${decision.outcome}`);
  return heldOf(claim, decision.next);
}

const attemptOf = (nonce: string) => ({ ...IDENTITY, nonce, atMs: START_MS });

export const ON_WATCH: HeldWatch = { record: { holder: 'a', term: '1', relief: null }, text: 'watch 1' };
export const STANDING: Standing = {
  record: ON_WATCH.record,
  holderLive: true,
  unfit: null,
  otherReady: false,
};
/** As the mirror shows it while this node is active. */
export const standingUnder = (holder: string, change: Partial<Standing> = {}): Standing => ({
  ...STANDING,
  record: { ...ON_WATCH.record, holder },
  ...change,
});

export function now(ms: number, change: Partial<Now> = {}): Now {
  return { at: at(ms), holds: true, sessionText: SESSION, report: null, ...change };
}

export const turn = (ms: number, change: Partial<Extract<ClaimEvent, { kind: 'turn' }>['session']> = {}) =>
  ({
    kind: 'turn',
    at: at(ms),
    session: { state: 'serving', detail: '', generation: 1, text: SESSION, ...change },
    report: null,
  }) satisfies ClaimEvent;

/** A basis over this mark; the service remembers its last entry. */
export function basisOf(held: HeldMark | null, change: Partial<Ruled | Basis> = {}): Basis {
  const observed = { ...NOT_OBSERVED, setId: 0n, round: 1n };
  return {
    policy: { policy: policyOf(), pointerText: 'pointer 1' },
    held,
    remembered: { point: held === null ? null : pointOf(held.mark), grants: [] },
    heard: {
      base: { openedMs: null, adopted: new Set() },
      ...{ fresh: [observed], first: [], former: [], known: [observed], arrivals: [] },
    },
    standing: STANDING,
    nonce: 'nonce-1',
    fresh: false,
    ...change,
  } as Basis;
}

export function startedClaim(claim: Claim, change: Partial<Asked> = {}): ClaimUnderWay {
  const asked: Asked = {
    claim,
    claimId: 'claim-1',
    via: 'claims',
    said: { kind: 'nothing' },
    arrivedMs: 0,
    deadlineMs: DEADLINE_MS,
    ...change,
  };
  return startClaim(asked, IDENTITY, createStepTimes({ monotonicMs: () => 0 }));
}

export const transacted = (ms: number, answer: TransactionAnswer, change: Partial<Now> = {}): ClaimEvent => ({
  kind: 'transacted',
  now: now(ms, change),
  answer,
});

export const short = (verdict: Verdict | undefined) =>
  verdict === undefined ? 'none' : `${verdict.outcome}:${verdict.reason}`;

export const SEAL = claimWith();
export const FREE = adopted(SEAL);
export const RIVAL = {
  ...SEAL,
  owner: { node: 'b', incarnation: OTHER_INCARNATION },
  digest: '02'.repeat(32),
};
export const TAKEN = grantedIn(FREE, RIVAL, 'rival');
export const OWN = grantedIn(FREE, SEAL, 'before');
export const APPLIED = { kind: 'applied' } as const;
export const AMBIGUOUS = { kind: 'ambiguous' } as const;

export const recalled = (basis: ReturnType<typeof basisOf> | null, ms = 2, change = {}) =>
  ({ kind: 'recalled', now: now(ms, change), basis }) as const;
export const read = (basis: ReturnType<typeof basisOf>, ms = 2, change = {}) =>
  ({ kind: 'read', now: now(ms, change), basis: { ...basis, fresh: true } }) as const;
/** The turn of the claim at the mark, with this basis at hand. */
export const onTurn = (basis: Basis | null) => [turn(1), recalled(basis)] as const;
/** Its turn, and a linearizable read of this basis. */
export const onRead = (basis: Basis) => [turn(1), recalled(null), read(basis)] as const;
export const appended = (ms: number, change = {}) => ({ kind: 'appended', now: now(ms, change) }) as const;
export const failed = (ms: number, fault: { of: 'ledger' | 'store'; silent: boolean; why: string }) =>
  ({ kind: 'failed', at: at(ms), fault }) as const;

/** Conflict: these records are in the store instead of the ones that were compared. */
export function conflict(change: Record<string, string | null>) {
  const found = new Map<string, string | null>([
    [MARK, FREE.headText],
    [POINTER, 'pointer 1'],
    [keys.epoch, 'epoch'],
    [OWN_SESSION, SESSION],
    ...Object.entries(change),
  ]);
  return { kind: 'conflict', found } as const;
}
export const MARK = keys.mark(SEAL.chain, SEAL.key, 'babe');
export const POINTER = keys.policyPointer(SEAL.chain, SEAL.key);
export const OWN_SESSION = keys.session(IDENTITY.service);
