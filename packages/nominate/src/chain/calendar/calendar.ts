import { type Fact, known, unknown } from '../../facts/fact.ts';
import type { CalendarFacts, ElectionForm } from '../calendar-facts.ts';
import type { SessionClock } from '../relay/session-clock.ts';

/** A future or past moment, as a slot, a time and a height of the relay chain. */
export interface Moment {
  readonly slot: number;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** Empty slots have no block. This is the lowest height that the chain may have then. */
  readonly relayHeight: bigint;
}

/**
 * When the voters of an era are read. A nomination in a block before it counts for the era; a later one for
 * the next.
 */
export interface ElectionDate {
  readonly era: number;
  readonly snapshot: Moment;
}

/**
 * How many elections ahead the calendar looks: a nomination with a long proxy delay counts for a later one.
 * Twelve are three days of Kusama, whose programme waited 10,850 blocks (18 hours, three eras).
 */
export const UPCOMING_ELECTIONS = 12;

export interface ElectionCalendar {
  readonly now: Moment;
  readonly active: number;
  /** The era whose voters were read, and which has not begun; null if there is none. */
  readonly decided: number | null;
  /** The next `UPCOMING_ELECTIONS`, in their order. */
  readonly upcoming: readonly [ElectionDate, ElectionDate, ...ElectionDate[]];
  /** The earliest end of the active era. */
  readonly eraEnds: Moment;
}

export interface CalendarRules {
  /** The assumed number of empty slots in a thousand. It makes deadlines earlier. */
  readonly emptySlotsPerThousand: number;
}

export const CALENDAR_RULES: CalendarRules = { emptySlotsPerThousand: 50 };

interface Known {
  readonly active: number;
  readonly current: number;
  readonly firstSession: number;
  readonly sessionsPerEra: number;
  readonly form: ElectionForm;
  readonly forcing: string;
  readonly electing: boolean;
  readonly clock: SessionClock;
  readonly relayHeight: bigint;
}

/**
 * The calendar of elections, from the position of the relay chain within its sessions. Pure. An unknown fact
 * makes the deadlines that depend on it unknown; they are not guessed.
 */
export function electionCalendar(
  facts: CalendarFacts,
  rules: CalendarRules = CALENDAR_RULES,
): Fact<ElectionCalendar> {
  const all = knownFacts(facts);
  if (!all.known) return all;
  const given = all.value;
  if (given.forcing === 'ForceNone')
    return unknown('the chain is set to change no era (ForceNone)', 'staking');
  if (given.current < given.active || given.current > given.active + 1)
    return unknown(
      `era ${given.active} is active and ${given.current} is planned, which has no meaning`,
      'staking',
    );
  const moment = momentsOf(given, rules);
  const taken = given.current > given.active || given.electing;
  const firstEra = taken ? given.active + 2 : given.active + 1;
  const date = (era: number): ElectionDate => ({ era, snapshot: moment(snapshotSlot(given, era)) });
  return known(
    {
      now: moment(given.clock.slot),
      active: given.active,
      decided: taken ? given.active + 1 : null,
      upcoming: [
        date(firstEra),
        date(firstEra + 1),
        ...Array.from({ length: UPCOMING_ELECTIONS - 2 }, (_, at) => date(firstEra + 2 + at)),
      ],
      eraEnds: moment(slotOfSession(given.clock, eraStart(given, given.active + 1))),
    },
    'staking',
  );
}

function knownFacts(facts: CalendarFacts): Fact<Known> {
  const { active, current, firstSession, sessionsPerEra, form, forcing, electing, clock, relayHeight } =
    facts;
  for (const fact of [active, current, firstSession, sessionsPerEra, form, forcing, electing, clock])
    if (!fact.known) return fact;
  if (
    !active.known ||
    !current.known ||
    !firstSession.known ||
    !sessionsPerEra.known ||
    !form.known ||
    !forcing.known ||
    !electing.known ||
    !clock.known ||
    relayHeight === null
  )
    return unknown('the height of the relay chain is not known', 'relay');
  return known(
    {
      active: active.value,
      current: current.value,
      firstSession: firstSession.value,
      // An election with every session is an era with every session.
      sessionsPerEra: forcing.value === 'ForceAlways' ? 1 : Math.max(1, sessionsPerEra.value),
      form: form.value,
      forcing: forcing.value,
      electing: electing.value,
      clock: clock.value,
      relayHeight,
    },
    'staking',
  );
}

/** The first session of an era: as planned, or the next session if the era is overdue. */
function eraStart({ active, firstSession, sessionsPerEra, clock }: Known, era: number): number {
  const next = Math.max(firstSession + sessionsPerEra, clock.session + 1);
  return next + (era - active - 1) * sessionsPerEra;
}

/**
 * The slot from which the voters of an era are read. If it is overdue, the reading may start with any block,
 * so the slot is now.
 */
function snapshotSlot(given: Known, era: number): number {
  const { form, clock, sessionsPerEra, forcing, active } = given;
  const before = era === active + 1 ? given.firstSession : eraStart(given, era - 1);
  const forced = forcing === 'ForceNew' && era === active + 1;
  if (form.form === 'ahead') {
    const planned = before + sessionsPerEra - Math.min(form.offsetSessions, sessionsPerEra);
    const session = forced ? Math.min(planned, clock.session + 1) : planned;
    return Math.max(clock.slot, slotOfSession(clock, session));
  }
  const last = before + sessionsPerEra - 1;
  // The election of an overdue era takes place at the end of this session.
  const held = forced || last <= clock.session ? clock.session + 1 : last;
  // If the runtime does not state the length of its phases, one session is assumed: an early deadline is
  // safe.
  const phaseSlots = form.phaseSlots ?? clock.slotsPerSession;
  return Math.max(clock.slot, slotOfSession(clock, held) - phaseSlots);
}

function slotOfSession({ session, startSlot, slotsPerSession }: SessionClock, wanted: number): number {
  return startSlot + (wanted - session) * slotsPerSession;
}

function momentsOf({ clock, relayHeight }: Known, rules: CalendarRules): (slot: number) => Moment {
  return (slot) => {
    const slots = slot - clock.slot;
    const blocks = Math.floor((slots * (1_000 - rules.emptySlotsPerThousand)) / 1_000);
    return { slot, atMs: slot * clock.slotMs, relayHeight: relayHeight + BigInt(Math.max(0, blocks)) };
  };
}
