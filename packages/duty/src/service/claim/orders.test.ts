import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointOf } from '../../rule/index.ts';
import { keys } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import { toText } from '../ground/records.ts';
import type { Verdict } from '../ground/verdict.ts';
import type { ClaimEffect, ClaimEvent } from './claim-events.ts';
import type { ClaimState } from './state.ts';
import { stepClaim } from './step.ts';
import {
  at,
  basisOf,
  DEADLINE_MS,
  FREE,
  grantedIn,
  IDENTITY,
  now,
  SEAL,
  SESSION,
  startedClaim,
  TAKEN,
  turn,
} from './testing/claim.ts';

/**
 * Every order of a handful of events around one claim: another service takes the unit, the session is lost, a
 * peer asks for memory, the deadline passes; and at each call of the store or the disk, a fault, an answer
 * that is lost before or after the transaction applied.
 */
const HAPPENINGS = ['taken', 'session-lost', 'memory-asked', 'deadline'] as const;
const MAX_FAULTS = 2;
const MAX_TURNS = 2;

type Happening = (typeof HAPPENINGS)[number];

/** Everything around the claim. Never changed: a branch makes another one. */
interface World {
  readonly claim: ClaimState;
  readonly waiting: readonly ClaimEffect[];
  readonly store: HeldMark;
  /** The mark as the service has it in its cache. */
  readonly cached: HeldMark;
  readonly memory: HeldMark;
  readonly disk: ReadonlySet<string>;
  readonly holds: boolean;
  readonly sessionText: string | null;
  readonly late: boolean;
  readonly left: readonly Happening[];
  readonly faults: number;
  readonly turns: number;
  readonly nonces: number;
  readonly told: readonly Verdict[];
  readonly trace: string;
}

/** Counters of the search, so that it cannot pass by finding nothing. */
const seen = { ends: 0, granted: 0, refused: 0, foundByNonce: 0 };

function step(world: World, event: ClaimEvent, label: string): World {
  const { state, effects } = stepClaim(world.claim, event);
  const told = effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.verdict] : []));
  const next = { ...world, claim: state, trace: `${world.trace} ${label}`, told: [...world.told, ...told] };
  for (const verdict of told) check(next, verdict);
  const waiting = effects.filter(({ kind }) => kind !== 'tell');
  return answersNothing(event) ? next : { ...next, waiting };
}

const answersNothing = ({ kind }: ClaimEvent) => kind === 'deadline' || kind === 'gone';

/** The promise: a grant has a durable entry that its claim wrote, in the session of the claim, in time. */
function check(world: World, { outcome }: Verdict): void {
  assert.ok(world.told.length === 1, `answered twice:${world.trace}`);
  if (outcome !== 'granted') return;
  const entry = world.store.mark.recent.find(({ unit }) => unit[0] === 1n);
  const nonce = entry?.parts[0]?.nonce ?? '';
  assert.match(nonce, /^own-/, `granted what another service wrote:${world.trace}`);
  assert.ok(world.claim.attempts.has(nonce), `granted without an attempt:${world.trace}`);
  assert.ok(world.disk.has(nonce), `granted before the entry was durable:${world.trace}`);
  assert.ok(world.holds, `granted after the session was lost or memory was asked for:${world.trace}`);
  assert.ok(!world.late, `granted after the deadline:${world.trace}`);
}

function search(world: World): void {
  const [effect, ...rest] = world.waiting;
  if (effect === undefined) {
    count(world);
    return;
  }
  for (const happening of world.left) search(happen(world, happening));
  for (const next of answers({ ...world, waiting: rest }, effect)) search(next);
}

function count({ told, trace }: World): void {
  seen.ends += 1;
  assert.equal(told.length, 1, `never answered:${trace}`);
  if (told[0]?.outcome !== 'granted') seen.refused += 1;
  else if (trace.includes('lost-after')) seen.foundByNonce += 1;
  else seen.granted += 1;
}

function happen(world: World, happening: Happening): World {
  const left = world.left.filter((each) => each !== happening);
  const next = { ...world, left, trace: `${world.trace} [${happening}]` };
  if (happening === 'taken') return world.store === FREE ? { ...next, store: TAKEN } : next;
  if (happening === 'session-lost') return { ...next, holds: false, sessionText: null };
  if (happening === 'memory-asked') return { ...next, holds: false };
  return { ...step({ ...next, late: true }, { kind: 'deadline' }, ''), waiting: world.waiting };
}

/** Each way in which this effect may end. */
function answers(world: World, effect: ClaimEffect): World[] {
  const ms = world.late ? DEADLINE_MS : world.turns;
  const change = { holds: world.holds, sessionText: world.sessionText };
  const fault = { kind: 'failed', at: at(ms), fault: { of: 'store', silent: true, why: '' } } as const;
  const faulty =
    world.faults < MAX_FAULTS ? [step({ ...world, faults: world.faults + 1 }, fault, 'fault')] : [];
  switch (effect.kind) {
    case 'queue':
      return [takeTurn(world, ms)];
    case 'wait':
      return [step(world, { kind: 'woken', at: at(ms) }, 'woken')];
    case 'recall': {
      const basis = basisIn(world, world.cached, false);
      return [step(drawn(world), { kind: 'recalled', now: now(ms, change), basis }, 'recalled')];
    }
    case 'read': {
      const basis = basisIn(world, world.store, true);
      const cached = { ...drawn(world), cached: world.store };
      return [step(cached, { kind: 'read', now: now(ms, change), basis }, 'read'), ...faulty];
    }
    case 'refresh':
      return [step({ ...world, cached: world.store }, { kind: 'refreshed' }, 'refreshed'), ...faulty];
    case 'transact':
      return [...transact(world, effect, ms), ...faulty];
    case 'append': {
      const disk = new Set(world.disk).add(effect.entry.nonce);
      const ledger = { ...fault, fault: { of: 'ledger', why: 'full' } } as const;
      return [
        step({ ...world, disk }, { kind: 'appended', now: now(ms, change) }, 'appended'),
        step(world, ledger, 'disk-full'),
      ];
    }
    case 'remember':
      return [{ ...world, cached: effect.held, memory: effect.held }];
    case 'learn':
      return [{ ...world, memory: world.store }];
    default:
      return [world];
  }
}

const drawn = (world: World) => ({ ...world, nonces: world.nonces + 1 });

function basisIn(world: World, held: HeldMark, fresh: boolean) {
  const remembered = { point: pointOf(world.memory.mark), grants: [] };
  return basisOf(held, { remembered, fresh, nonce: `own-${world.nonces}` });
}

function takeTurn(world: World, ms: number): World {
  if (world.turns === MAX_TURNS || world.late) return step(world, { kind: 'no-turn' }, 'no-turn');
  const { sessionText } = world;
  const session = { state: sessionText === null ? 'checking' : 'serving', text: sessionText } as const;
  // A session that another service asked for memory goes on, in a later generation.
  const renewed = { ...world, turns: world.turns + 1, holds: world.claim.attempts.size === 0 || world.holds };
  return step(renewed, turn(ms, session), 'turn');
}

function transact(world: World, { transaction }: Extract<ClaimEffect, { kind: 'transact' }>, ms: number) {
  const change = { holds: world.holds, sessionText: world.sessionText };
  const send = (next: World, answer: Extract<ClaimEvent, { kind: 'transacted' }>['answer'], label: string) =>
    step(next, { kind: 'transacted', now: now(ms, change), answer }, label);
  const found = new Map<string, string | null>([
    [keys.mark(SEAL.chain, SEAL.key, 'babe'), world.store.headText],
    [keys.policyPointer(SEAL.chain, SEAL.key), 'pointer 1'],
    [keys.epoch, 'epoch'],
    [keys.session(IDENTITY.service), world.sessionText],
  ]);
  const applies = transaction.compares.every(
    ({ key, value }) => found.get(key) === toText(value ?? new Uint8Array()),
  );
  if (!applies) return [send(world, { kind: 'conflict', found, epochKnown: true }, 'conflict')];
  const writes = transaction.writes.length > 0;
  const applied = writes ? { ...world, store: grantedIn(FREE, SEAL, nonceOf(world)) } : world;
  const unsure = { faults: world.faults + 1 };
  const lost =
    world.faults < MAX_FAULTS
      ? [
          send({ ...applied, ...unsure }, { kind: 'ambiguous' }, 'lost-after'),
          send({ ...world, ...unsure }, { kind: 'ambiguous' }, 'lost-before'),
        ]
      : [];
  return [send(applied, { kind: 'applied' }, 'applied'), ...lost];
}

function nonceOf({ claim }: World): string {
  if (claim.phase.kind !== 'transacting') throw new Error('no transaction is under way');
  return claim.phase.writing.nonce ?? '';
}

test('in every order of events a grant has a durable entry that its claim wrote', () => {
  search({
    claim: startedClaim(SEAL),
    waiting: [{ kind: 'queue' }],
    store: FREE,
    cached: FREE,
    memory: FREE,
    disk: new Set(),
    holds: true,
    sessionText: SESSION,
    late: false,
    left: HAPPENINGS,
    faults: 0,
    turns: 0,
    nonces: 0,
    told: [],
    trace: '',
  });
  assert.ok(seen.ends > 1_000, `${seen.ends} ends`);
  assert.ok(seen.granted > 0 && seen.foundByNonce > 0 && seen.refused > 0, JSON.stringify(seen));
});
