import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointOf } from '../../rule/index.ts';
import { keys } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import { toText } from '../ground/records.ts';
import {
  at,
  basisOf,
  DEADLINE_MS,
  FREE,
  failed,
  grantedIn,
  IDENTITY,
  now,
  SEAL,
  SESSION,
  TAKEN,
  turn,
} from './testing/claim.ts';
import { type Call, type ClaimEvent, type FakeClaim, fakeClaim } from './testing/fake-claim.ts';

/**
 * Every order of a handful of events around one claim: another service takes the unit, the session is lost, a
 * peer asks for memory, the deadline passes; and at each call of the store or the disk, a fault, an answer
 * that is lost before or after the transaction applied.
 */
const HAPPENINGS = ['taken', 'session-lost', 'memory-asked', 'deadline'] as const;
const MAX_FAULTS = 2;
const MAX_TURNS = 2;

type Happening = (typeof HAPPENINGS)[number];

/** Everything around the claim. */
interface World {
  readonly claim: FakeClaim;
  store: HeldMark;
  /** The mark as the service has it in its cache. */
  cached: HeldMark;
  memory: HeldMark;
  readonly disk: Set<string>;
  holds: boolean;
  sessionText: string | null;
  late: boolean;
  left: readonly Happening[];
  faults: number;
  turns: number;
  nonces: number;
  trace: string;
}

/** One thing that may happen next: it changes the world, and answers the call that the claim waits for. */
interface Choice {
  readonly label: string;
  readonly act: (world: World) => ClaimEvent[];
}

/** Counters of the search, so that it cannot pass by finding nothing. */
const seen = { ends: 0, granted: 0, refused: 0, foundByNonce: 0 };

/** The promise: a grant has a durable entry that its claim wrote, in the session of the claim, in time. */
function check({ claim, store, disk, holds, late, trace }: World): void {
  if (claim.told[0]?.outcome !== 'granted') return;
  const entry = store.mark.recent.find(({ unit }) => unit[0] === 1n);
  const nonce = entry?.parts[0]?.nonce ?? '';
  assert.match(nonce, /^own-/, `granted what another service wrote:${trace}`);
  assert.ok(claim.state.attempts.has(nonce), `granted without an attempt:${trace}`);
  assert.ok(disk.has(nonce), `granted before the entry was durable:${trace}`);
  assert.ok(holds, `granted after the session was lost or memory was asked for:${trace}`);
  assert.ok(!late, `granted after the deadline:${trace}`);
}

function count({ claim, trace }: World): void {
  seen.ends += 1;
  assert.equal(claim.told.length, 1, `never answered:${trace}`);
  if (claim.told[0]?.outcome !== 'granted') seen.refused += 1;
  else if (trace.includes('lost-after')) seen.foundByNonce += 1;
  else seen.granted += 1;
}

const HAPPENING: Readonly<Record<Happening, (world: World) => void>> = {
  taken: (world) => {
    if (world.store === FREE) world.store = TAKEN;
  },
  'session-lost': (world) => Object.assign(world, { holds: false, sessionText: null }),
  'memory-asked': (world) => Object.assign(world, { holds: false }),
  deadline: (world) => Object.assign(world, { late: true }),
};

function choicesFor(world: World, call: Call): readonly Choice[] {
  const happens = world.left.map(
    (happening): Choice => ({
      label: `[${happening}]`,
      act: (changed) => {
        changed.left = changed.left.filter((each) => each !== happening);
        HAPPENING[happening](changed);
        return happening === 'deadline' ? [{ kind: 'deadline' }] : [];
      },
    }),
  );
  return [...happens, ...answersTo(world, call)];
}

const momentOf = (world: World) => (world.late ? DEADLINE_MS : world.turns);
const nowIn = (world: World) => {
  const { holds, sessionText } = world;
  return now(momentOf(world), { holds, sessionText });
};

/** Each way in which this call may end. */
function answersTo(world: World, call: Call): readonly Choice[] {
  const fault: Choice = {
    label: 'fault',
    act: (changed) => {
      changed.faults += 1;
      return [failed(momentOf(changed), { of: 'store', silent: true, why: '' })];
    },
  };
  const faulty = world.faults < MAX_FAULTS ? [fault] : [];
  const one = (act: Choice['act']): Choice => ({ label: call.kind, act });
  switch (call.kind) {
    case 'queue':
      return [one(takeTurn)];
    case 'wait':
      return [one((changed) => [{ kind: 'woken', at: at(momentOf(changed)) }])];
    case 'read':
      return [one(read), ...faulty];
    case 'refresh':
      return [one(refresh), ...faulty];
    case 'transact':
      return [...transact(world, call), ...faulty];
    case 'append':
      return [one((changed) => append(changed, call)), { label: 'disk-full', act: fullDisk }];
    default:
      throw new Error(`no answer to ${call.kind}`);
  }
}

function basisIn(world: World, held: HeldMark) {
  const remembered = { point: pointOf(world.memory.mark), grants: [] };
  const basis = basisOf(held, { remembered, nonce: `own-${world.nonces}` });
  world.nonces += 1;
  return basis;
}

function takeTurn(world: World): ClaimEvent[] {
  if (world.turns === MAX_TURNS || world.late) return [{ kind: 'no-turn' }];
  world.turns += 1;
  // A session that another service asked for memory goes on, in a later generation.
  world.holds = world.claim.state.attempts.size === 0 || world.holds;
  const { sessionText } = world;
  const session = { state: sessionText === null ? 'checking' : 'serving', text: sessionText } as const;
  const basis = basisIn(world, world.cached);
  return [turn(momentOf(world), session), { kind: 'recalled', now: nowIn(world), basis }];
}

function read(world: World): ClaimEvent[] {
  world.cached = world.store;
  const basis = { ...basisIn(world, world.store), fresh: true };
  return [{ kind: 'read', now: nowIn(world), basis }];
}

function refresh(world: World): ClaimEvent[] {
  world.cached = world.store;
  return [{ kind: 'refreshed' }];
}

function append(world: World, { entry }: Extract<Call, { kind: 'append' }>): ClaimEvent[] {
  world.disk.add(entry.nonce);
  return [{ kind: 'appended', now: nowIn(world) }];
}

function fullDisk(world: World): ClaimEvent[] {
  return [{ kind: 'failed', at: at(momentOf(world)), fault: { of: 'ledger', why: 'full' } }];
}

function transact(world: World, { transaction }: Extract<Call, { kind: 'transact' }>): readonly Choice[] {
  const found = new Map<string, string | null>([
    [keys.mark(SEAL.chain, SEAL.key, 'babe'), world.store.headText],
    [keys.policyPointer(SEAL.chain, SEAL.key), 'pointer 1'],
    [keys.epoch, 'epoch'],
    [keys.session(IDENTITY.service), world.sessionText],
  ]);
  const applies = transaction.compares.every(
    ({ key, value }) => found.get(key) === toText(value ?? new Uint8Array(), key),
  );
  const send =
    (answer: Extract<ClaimEvent, { kind: 'transacted' }>['answer'], isWritten: boolean, faults = 0) =>
    (changed: World): ClaimEvent[] => {
      changed.faults += faults;
      if (isWritten && transaction.writes.length > 0)
        changed.store = grantedIn(FREE, SEAL, [...changed.claim.state.attempts.keys()].at(-1) ?? '');
      return [{ kind: 'transacted', now: nowIn(changed), answer }];
    };
  if (!applies) return [{ label: 'conflict', act: send({ kind: 'conflict', found }, false) }];
  const applied = { label: 'applied', act: send({ kind: 'applied' }, true) };
  if (world.faults === MAX_FAULTS) return [applied];
  return [
    applied,
    { label: 'lost-after', act: send({ kind: 'ambiguous' }, true, 1) },
    { label: 'lost-before', act: send({ kind: 'ambiguous' }, false, 1) },
  ];
}

/** Takes the choices of this path, and then the first one each time; answers how many there were. */
async function play(path: readonly number[]): Promise<readonly number[]> {
  const world: World = {
    claim: fakeClaim(SEAL),
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
    trace: '',
  };
  const widths: number[] = [];
  let call: Call | undefined = { kind: 'queue' };
  while (call !== undefined) {
    const choices = choicesFor(world, call);
    const choice = choices[path[widths.length] ?? 0];
    assert.ok(choice !== undefined);
    widths.push(choices.length);
    world.trace += ` ${choice.label}`;
    const events = choice.act(world);
    const calls = await world.claim.send(...events);
    check(world);
    if (events.length === 0 || events[0]?.kind === 'deadline') continue;
    for (const one of calls) takeNote(world, one);
    call = calls.findLast(({ kind }) => kind in WAITED);
  }
  count(world);
  return widths;
}

const WAITED = { queue: 0, wait: 0, read: 0, refresh: 0, transact: 0, append: 0 };

function takeNote(world: World, call: Call): void {
  if (call.kind === 'remember') Object.assign(world, { cached: call.held, memory: call.held });
  if (call.kind === 'learn') world.memory = world.store;
}

test('in every order of events a grant has a durable entry that its claim wrote', async () => {
  let path: number[] | null = [];
  while (path !== null) {
    const widths: readonly number[] = await play(path);
    const chosen: readonly number[] = widths.map((_, index) => path?.[index] ?? 0);
    const last = chosen.findLastIndex((choice, index) => choice + 1 < (widths[index] ?? 0));
    path = last < 0 ? null : [...chosen.slice(0, last), (chosen[last] ?? 0) + 1];
  }
  assert.ok(seen.ends > 1_000, `${seen.ends} ends`);
  assert.ok(seen.granted > 0 && seen.foundByNonce > 0 && seen.refused > 0, JSON.stringify(seen));
});
