import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { known, unknown } from '../../facts/fact.ts';
import type { CalendarFacts } from '../calendar-facts.ts';
import type { SessionClock } from '../relay/session-clock.ts';
import { deadlinesOf, firstReachable } from './announce.ts';
import { type ElectionCalendar, electionCalendar, UPCOMING_ELECTIONS } from './calendar.ts';
import { eraPace } from './stalled.ts';

const SLOTS = 2_400;
const START = 290_000_000;
/** No slot stays empty, so that heights are easy to tell. */
const FULL = { emptySlotsPerThousand: 0 };

interface Where {
  /** Sessions since the active era began. */
  readonly session: number;
  readonly slotInSession?: number;
  readonly planned?: boolean;
  readonly electing?: boolean;
  readonly forcing?: string;
  readonly perEra?: number;
}

const FIRST = 1_200;

function facts(form: 'ahead' | 'late', where: Where, phaseSlots: number | null = 1_200): CalendarFacts {
  const session = FIRST + where.session;
  const startSlot = START + where.session * SLOTS;
  const clock: SessionClock = {
    session,
    slot: startSlot + (where.slotInSession ?? 0),
    startSlot,
    slotsPerSession: SLOTS,
    slotMs: 6_000,
  };
  return {
    active: known(50, 'staking'),
    current: known(where.planned === true ? 51 : 50, 'staking'),
    firstSession: known(FIRST, 'staking'),
    sessionsPerEra: known(where.perEra ?? 6, 'staking'),
    form: known(form === 'ahead' ? { form, offsetSessions: 6 } : { form, phaseSlots }, 'staking'),
    forcing: known(where.forcing ?? 'NotForcing', 'staking'),
    electing: known(where.electing ?? false, 'staking'),
    clock: known(clock, 'relay'),
    relayHeight: 1_000_000n,
  };
}

function calendar(given: CalendarFacts): ElectionCalendar {
  const read = electionCalendar(given, FULL);
  assert.ok(read.known, read.known ? '' : read.reason);
  return read.value;
}

const dates = ({ upcoming }: ElectionCalendar) =>
  upcoming.slice(0, 2).map(({ era, snapshot }) => [era, (snapshot.slot - START) / SLOTS]);

describe('staking on Asset Hub: the next era is planned as soon as the active one begins', () => {
  test('in the middle of era N the voters of N+1 are read already: a nomination counts for N+2', () => {
    const read = calendar(facts('ahead', { session: 3, planned: true }));
    assert.equal(read.decided, 51);
    assert.deepEqual(dates(read), [
      [52, 6],
      [53, 12],
    ]);
    assert.equal(read.upcoming[0].snapshot.relayHeight, 1_000_000n + 3n * 2_400n);
    assert.equal(read.eraEnds.slot, START + 6 * SLOTS);
  });

  test('before it is planned, the reading may begin with any block', () => {
    const read = calendar(facts('ahead', { session: 0, slotInSession: 10 }));
    assert.equal(read.decided, null);
    assert.deepEqual(
      read.upcoming.map(({ era }) => era),
      Array.from({ length: UPCOMING_ELECTIONS }, (_, at) => 51 + at),
    );
    assert.equal(read.upcoming[0].snapshot.slot, read.now.slot);
  });

  test('an era that is overdue may be followed with the next session', () => {
    const read = calendar(facts('ahead', { session: 8, planned: true }));
    assert.deepEqual(dates(read)[0], [52, 9]);
  });

  test('a forced era is planned with the next session report', () => {
    const given = {
      ...facts('ahead', { session: 0, forcing: 'ForceNew' }),
      form: known({ form: 'ahead', offsetSessions: 1 } as const, 'staking'),
    };
    assert.deepEqual(dates(calendar(given))[0], [51, 1]);
  });
});

describe('staking on the relay: voters are read before the last session of the era', () => {
  test('while the election is under way, and after it, a nomination counts for the era after the next', () => {
    for (const where of [
      { session: 4, slotInSession: 2_000, electing: true },
      { session: 5, planned: true },
    ])
      assert.deepEqual(dates(calendar(facts('late', where)))[0], [52, 10.5]);
  });

  test('for a runtime without the length of its phases, a whole session is assumed', () => {
    assert.deepEqual(dates(calendar(facts('late', { session: 2 }, null)))[0], [51, 4]);
  });

  test('forced with every session, every session elects', () => {
    const read = calendar(facts('late', { session: 3, forcing: 'ForceAlways' }, 0));
    assert.deepEqual(dates(read)[0], [51, 4]);
  });
});

describe('unknown facts', () => {
  test('any unknown fact leaves the calendar unknown, with its reason', () => {
    const given = facts('ahead', { session: 1 });
    for (const name of [
      'active',
      'current',
      'firstSession',
      'sessionsPerEra',
      'form',
      'forcing',
      'electing',
      'clock',
    ] as const) {
      const read = electionCalendar({ ...given, [name]: unknown(`no ${name}`, 'relay') });
      assert.deepEqual(read, { known: false, reason: `no ${name}`, from: 'relay' });
    }
    assert.equal(electionCalendar({ ...given, relayHeight: null }).known, false);
  });

  test('a chain that changes no era, and eras that make no sense, have no calendar', () => {
    assert.equal(electionCalendar(facts('late', { session: 1, forcing: 'ForceNone' })).known, false);
    const given = facts('late', { session: 1 });
    for (const current of [49, 52])
      assert.equal(electionCalendar({ ...given, current: known(current, 'staking') }).known, false);
  });
});

describe('by when to begin', () => {
  const read = calendar(facts('ahead', { session: 5, slotInSession: 1_400, planned: true }));

  test('a delay has to be over before the voters are read', () => {
    const [next, later] = deadlinesOf(read, 600, { inclusionBlocks: 10 });
    assert.deepEqual([next?.era, next?.nominateBefore, next?.beginBy], [52, 1_001_000n, 1_000_380n]);
    assert.equal(later?.beginBy, 1_000_380n + 14_400n);
  });

  test('without a delay only the inclusion counts', () => {
    assert.equal(deadlinesOf(read, 0, { inclusionBlocks: 10 })[0]?.beginBy, 1_000_990n);
  });

  test('a delay of 18 hours that begins in the middle of an era misses the next election', () => {
    const deadlines = deadlinesOf(read, 10_850, { inclusionBlocks: 10 });
    assert.equal(firstReachable(deadlines, 1_000_000n)?.era, 53);
    assert.equal(firstReachable(deadlinesOf(read, 100, { inclusionBlocks: 10 }), 1_000_000n)?.era, 52);
    assert.equal(firstReachable(deadlines, 2_000_000n), null);
  });

  test('empty slots make a deadline earlier, never later', () => {
    const careful = electionCalendar(facts('late', { session: 0 }), { emptySlotsPerThousand: 100 });
    assert.ok(careful.known);
    assert.equal(careful.value.upcoming[0].snapshot.relayHeight, 1_000_000n + (10_800n * 9n) / 10n);
  });
});

test('at any time of an era, the next two elections are of consecutive later eras, and a nomination before the first is in time', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<'ahead' | 'late'>('ahead', 'late'),
      fc.record({
        session: fc.nat(20),
        slotInSession: fc.nat(SLOTS - 1),
        planned: fc.boolean(),
        electing: fc.boolean(),
        perEra: fc.integer({ min: 1, max: 8 }),
        forcing: fc.constantFrom('NotForcing', 'ForceNew', 'ForceAlways'),
      }),
      fc.option(fc.nat(2 * SLOTS), { nil: null }),
      (form, where, phaseSlots) => {
        const { now, upcoming, active, decided } = calendar(facts(form, where, phaseSlots));
        const [first] = upcoming;
        assert.equal(upcoming.length, UPCOMING_ELECTIONS);
        assert.equal(first.era, (decided ?? active) + 1);
        assert.ok(first.snapshot.slot >= now.slot);
        for (const [at, { era, snapshot }] of upcoming.entries()) {
          const before = upcoming[at - 1] ?? { era: first.era - 1, snapshot: first.snapshot };
          assert.equal(era, before.era + 1);
          assert.ok(snapshot.slot >= before.snapshot.slot);
          assert.ok(snapshot.relayHeight >= before.snapshot.relayHeight);
        }
      },
    ),
  );
});

test('a proxy that waits longer than two eras of Kusama reaches an election at every moment', () => {
  const kusama = { slotsPerSession: 600, delay: 10_850 };
  for (const form of ['ahead', 'late'] as const)
    for (let slot = 0; slot < 6 * kusama.slotsPerSession; slot += 50) {
      const [session, slotInSession] = [
        Math.floor(slot / kusama.slotsPerSession),
        slot % kusama.slotsPerSession,
      ];
      const given = facts(form, { session, slotInSession, planned: form === 'ahead' });
      assert.ok(given.clock.known);
      const start = given.clock.value.slot - slotInSession;
      const clock = { ...given.clock.value, startSlot: start, slotsPerSession: kusama.slotsPerSession };
      const read = calendar({ ...given, clock: known(clock, 'relay') });
      const reached = firstReachable(deadlinesOf(read, kusama.delay), read.now.relayHeight);
      assert.ok(reached !== null && reached.beginBy + BigInt(kusama.delay) < reached.nominateBefore);
      assert.ok(reached.era > read.active + 2, 'a later one than the two that come next');
    }
});

describe('a stalled era', () => {
  const pace = (where: Where) => {
    const read = eraPace(facts('ahead', where));
    assert.ok(read.known);
    return read.value;
  };

  test('differs from one that is only late', () => {
    assert.equal(pace({ session: 5 }).stalled, false);
    assert.equal(pace({ session: 8, planned: true }).stalled, false);
    assert.deepEqual(pace({ session: 9, slotInSession: 50 }), {
      sessions: 9,
      due: 6,
      overdueMs: (3 * SLOTS + 50) * 6_000,
      stalled: true,
    });
  });

  test('is never reported before two sessions', () => {
    assert.equal(pace({ session: 2, perEra: 1 }).stalled, false);
    assert.equal(pace({ session: 3, perEra: 1 }).stalled, true);
  });

  test('is unknown if the clock is', () => {
    assert.equal(
      eraPace({ ...facts('late', { session: 1 }), clock: unknown('no clock', 'relay') }).known,
      false,
    );
  });
});
