import { adoptMark } from '../adopt.ts';
import { assembleMark, decodeHead, decodeUnit, encodeHead, encodeUnit } from '../codec.ts';
import {
  type Attempt,
  type Base,
  type Ceiling,
  type Claim,
  type Decision,
  DUTIES,
  type Duty,
  type DutyPolicy,
  decide,
  hasUnitRecords,
  type Mark,
  NO_BASE,
  type Part,
  type Policy,
  type Unit,
} from '../index.ts';

/** Ready-made values for the tests of this package: a test sets only the fields that it is about. */
export function dutyNamed(name: string): Duty {
  const duty = DUTIES.find((one) => one.name === name);
  if (duty === undefined) throw new Error(`no duty ${name}`);
  return duty;
}

/** The parts that are signed, in order. */
export function signedParts(duty: Duty): readonly Part[] {
  return duty.parts.filter((part) => part !== 'enter');
}

const DIGEST = { A: 'aa', B: 'bb' } as const;

/** A digest of the duty's exact length, the same for the same letter; null if the duty binds none. */
export function digestOf(duty: Duty, letter: 'A' | 'B'): string | null {
  return duty.digestBytes === 0 ? null : DIGEST[letter].repeat(duty.digestBytes);
}

export function samplePolicy(change: Partial<Policy> = {}, duties: Partial<DutyPolicy> = {}): Policy {
  const entries = DUTIES.map((duty) => [
    duty.name,
    { enabled: true, digestRequired: false, window: duty.window, ...duties },
  ]);
  return {
    versionId: 'v-1',
    version: 1,
    chain: '0xc1',
    key: '0xk1',
    mode: 'enforce',
    roster: [
      { name: 'ann', rank: 0 },
      { name: 'bob', rank: 1 },
      { name: 'cat', rank: 2 },
    ],
    duties: Object.fromEntries(entries),
    standbyDelayMs: 300,
    watchTtlMs: 6_000,
    ceilings: {
      genesisMs: 0,
      slotMs: 6_000,
      allowedSkewMs: 1_000,
      roundStep: 16,
      blockStep: 16,
      sessionStep: 1,
      observers: [],
    },
    readiness: {
      required: false,
      maxAgeMs: 10_000,
      minPeers: 0,
      maxFinalityLagBlocks: 100,
      maxClockOffsetMs: 500,
    },
    originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'node-set' },
    ...change,
  };
}

export function sampleAttempt(change: Partial<Attempt> = {}): Attempt {
  return { ledger: 'ledger-1', epoch: 'epoch-1', nonce: 'nonce-0', service: 's1', atMs: 1_000, ...change };
}

/** A claim for the duty's first signed part by ann's first start, with digest A if the duty binds one. */
export function sampleClaim(duty: Duty, unit: Unit, change: Partial<Claim> = {}): Claim {
  const parts = change.parts ?? duty.parts.filter((part) => part !== 'enter').slice(0, 1);
  const opens = parts.length === 1 && parts[0] === 'enter';
  return {
    ledger: null,
    epoch: null,
    chain: '0xc1',
    key: '0xk1',
    duty,
    unit,
    parts,
    digest: opens ? null : digestOf(duty, 'A'),
    owner: { node: 'ann', incarnation: 'ann-1' },
    term: opens ? 1n : null,
    strictlyIncreasing: false,
    ...change,
  };
}

export function adopted(duty: Duty, floor: Unit | null = null, policy: Policy = samplePolicy()): Mark {
  return adoptMark(policy, duty, null, floor, sampleAttempt(), 'first adoption');
}

/** No unit lies above this. */
export function openCeiling(duty: Duty): Ceiling {
  return { kind: 'at', highest: [duty.fields.map((field) => (1n << BigInt(field.bits)) - 1n)] };
}

/**
 * The circumstances of a question. Default: the sample policy and attempt, and bounds that admit everything.
 */
export interface Circumstances {
  readonly policy?: Policy;
  readonly ceiling?: Ceiling;
  readonly lowest?: Unit | null;
  readonly base?: Base;
  readonly attempt?: Attempt;
}

/** Decide under the given circumstances. */
export function ask(mark: Mark | null, claim: Claim, change: Circumstances = {}): Decision {
  const bounds = {
    ceiling: change.ceiling ?? openCeiling(claim.duty),
    lowest: change.lowest ?? null,
    base: change.base ?? NO_BASE,
  };
  return decide(change.policy ?? samplePolicy(), mark, claim, bounds, change.attempt ?? sampleAttempt());
}

/** Apply a claim that must be granted anew; returns the mark that its transaction would write. */
export function take(mark: Mark, claim: Claim, change: Circumstances = {}): Mark {
  const decision = ask(mark, claim, change);
  if (decision.outcome !== 'grant' || decision.next === null)
    throw new Error(`a new grant was expected, not ${decision.reason}`);
  return decision.next;
}

/** The mark as it comes back from the store. */
export function stored(mark: Mark, duty: Duty): Mark {
  const head = decodeHead(encodeHead(mark, duty), duty);
  const units = hasUnitRecords(duty) ? mark.recent : [];
  const records = units.map((entry) => decodeUnit(encodeUnit(entry), duty));
  return assembleMark(head, records, duty);
}
