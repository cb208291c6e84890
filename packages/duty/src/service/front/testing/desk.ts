import type { TestContext } from 'node:test';
import { decodeWord, type Policy, wordKeyOf } from '../../../rule/index.ts';
import type { Asked } from '../../claim/asked.ts';
import { FREE, IDENTITY, policyOf, SEAL } from '../../claim/testing/claim.ts';
import type { DecisionRecord, SessionState } from '../../contract.ts';
import { granted, type Verdict } from '../../ground/verdict.ts';
import type { CoreModules } from '../../modules.ts';
import type { OriginalTarget } from '../../original/targets.ts';
import type { FailpointName } from '../../ports.ts';
import { CHAIN, fakeLog, KEY } from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { createFront } from '../front.ts';

export interface DeskSetup {
  readonly policy?: Policy | null;
  readonly load?: () => Promise<{ readonly policy: Policy } | null>;
  readonly decide?: (asked: Asked) => Verdict | Promise<Verdict>;
  readonly target?: () => Promise<OriginalTarget>;
  readonly signOfLife?: () => Promise<void>;
  readonly state?: SessionState;
  readonly maxInFlight?: number;
  /** Without places of failure, as in production. */
  readonly bare?: boolean;
}

export const GRANTED: Verdict = granted('new', FREE.mark, { holder: 'a', term: '4' });
export const WORD_KEY = wordKeyOf('the peer secret');
export const ORIGINAL: Policy = policyOf({
  originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'node-set' },
});

/** A front whose engine, policies and watches are what the test says. */
export function fakeDesk(context: TestContext, setup: DeskSetup = {}) {
  const clock = clockOf(context);
  /** Every claim that reached the engine, and every decision that was followed. */
  const asked: Asked[] = [];
  const followed: string[] = [];
  const notes: Omit<DecisionRecord, 'id'>[] = [];
  /** As `duty outcome reason milliseconds`. */
  const measured: string[] = [];
  const failpoints: FailpointName[] = [];
  const signs: string[] = [];
  const { log, events: warnings } = fakeLog('warn');
  const policy = setup.policy === undefined ? policyOf() : setup.policy;
  const held = policy === null ? null : { policy, pointerText: 'pointer 1' };
  const modules = {
    identity: { ...IDENTITY, wordKey: WORD_KEY },
    session: {
      state: () => setup.state ?? 'serving',
      detail: () => 'as the session says',
      storeFault: () => null,
    },
    policies: { get: () => held, load: setup.load ?? (async () => null) },
    watches: {
      state: () => ({ term: '9' }),
      signOfLife: (_policy: Policy, node: string) => {
        signs.push(node);
        return setup.signOfLife?.() ?? Promise.resolve();
      },
    },
    context: {
      options: { maxInFlight: setup.maxInFlight ?? 10, storeTimeoutMs: 2_000 },
      parts: {
        clock,
        ledger: { note: (record: Omit<DecisionRecord, 'id'>) => void notes.push(record) },
        meter: { decision: (...figures: unknown[]) => void measured.push(figures.join(' ')) },
        log,
        failpoint: setup.bare === true ? undefined : (name: FailpointName) => void failpoints.push(name),
      },
    },
  };
  const decide = async (question: Asked) => {
    asked.push(question);
    return setup.decide?.(question) ?? GRANTED;
  };
  const target =
    setup.target ?? (async () => ({ ok: true, duty: SEAL.duty, unit: [1n], parts: ['seal'] }) as const);
  const follow = (question: Asked, verdict: Verdict) =>
    void followed.push(`${question.claimId} ${verdict.outcome}`);
  const front = createFront(modules as unknown as CoreModules, { decide }, target, follow);
  return { front, asked, followed, notes, measured, warnings, failpoints, signs };
}

/** The point of a word for babe, or null if it is not one of this ledger. */
export function pointOfWord(word: string | null) {
  const place = { ledger: IDENTITY.ledger, chain: CHAIN, key: KEY, duty: SEAL.duty };
  const parsed = word === null ? null : decodeWord(word, place, WORD_KEY);
  return parsed?.ok === true ? parsed.point : null;
}
