import type { ClaimReply } from '@watchbill/duty/service';
import { CHAIN, KEY, START_MS } from '../names.ts';
import { drawPlan } from '../plan/draw.ts';
import type { Feature } from '../plan/features.ts';
import type { Plan } from '../plan/plan.ts';
import type { AnswerEvent, CarriedWord, OperatorEvent, SimEvent, WriteEvent } from '../world/history.ts';
import type { Terms } from '../world/truth.ts';

/** Events of a history written by hand. Times are milliseconds after the beginning of the world. */
export const SERVICE = 'service-1';

/** The terms of the policy of every event, unless it names others. */
export const TERMS: Terms = { roster: ['a', 'b'], frozen: false };

export function planOf(...features: readonly Feature[]): Plan {
  return drawPlan('1', { features });
}

export function answer(
  atMs: number,
  reply: Partial<ClaimReply>,
  rest: Partial<Omit<AnswerEvent, 'reply' | 'kind'>> = {},
): AnswerEvent {
  return {
    kind: 'reply',
    atMs: START_MS + atMs,
    arrivedMs: START_MS + atMs - 5,
    service: 's1',
    serviceId: SERVICE,
    life: 1,
    node: 'a',
    durable: true,
    said: 'nothing',
    via: 'claims',
    word: null,
    terms: [TERMS],
    ...rest,
    reply: {
      outcome: 'granted',
      reason: 'new',
      message: '',
      claimId: '1',
      ledger: '',
      chain: CHAIN,
      key: KEY,
      duty: 'babe',
      unit: '1801',
      part: 'seal',
      digest: '0x0a',
      incarnation: 'i1',
      head: null,
      word: null,
      watch: null,
      ...reply,
    },
  };
}

export function lost(hash: string, rest: Partial<CarriedWord> = {}): CarriedWord {
  return { hash, isLost: true, isForged: false, isReported: false, ...rest };
}

export function write(atMs: number, rest: Partial<WriteEvent> = {}): WriteEvent {
  return {
    kind: 'write',
    atMs: START_MS + atMs,
    mark: `${CHAIN}/${KEY}/${rest.duty ?? 'babe'}`,
    key: KEY,
    duty: 'babe',
    act: 'grant',
    seq: 2n,
    hash: 'h2',
    prev: 'h1',
    before: 'h1',
    floor: null,
    top: '1801',
    unit: '1801',
    isNewUnit: true,
    parts: ['seal'],
    digest: '0a',
    node: 'a',
    incarnation: 'i1',
    term: null,
    service: SERVICE,
    epoch: 'e1',
    store: { ...TERMS, session: true, holder: 'a', term: '1', epoch: 'e1' },
    ...rest,
  };
}

export function operator(atMs: number, rest: Partial<OperatorEvent>): OperatorEvent {
  return {
    kind: 'operator',
    atMs: START_MS + atMs,
    startedMs: START_MS + atMs - 2,
    act: 'adopt',
    text: '',
    error: null,
    key: KEY,
    floors: {},
    roster: null,
    released: null,
    ...rest,
  };
}

export function session(atMs: number): SimEvent {
  return { kind: 'session', atMs: START_MS + atMs, service: SERVICE };
}

export function restore(atMs: number): SimEvent {
  return { kind: 'restore', atMs: START_MS + atMs, store: true, text: 'the store' };
}

export function at(atMs: number): number {
  return START_MS + atMs;
}
