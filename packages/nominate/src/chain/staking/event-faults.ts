import {
  bytes32Of,
  countOf,
  hasMember,
  listOf,
  memberOf,
  type Plain,
  ShapeFault,
  textOf,
  variantOf,
} from '@watchbill/chain/reading';
import { shownPerbill } from '../../checks/show.ts';
import type { Fault, FaultKind } from '../../snapshot/history-shapes.ts';
import type { Role } from '../roles/fact-of-reading.ts';

/** A fault that an event reports, and the validator that committed it. */
export interface EventFault {
  readonly stashKey: string;
  readonly fault: Fault;
}

/** The block of an event. */
export interface EventPlace {
  readonly role: Role;
  readonly height: bigint;
  readonly atMs: number;
  /** The active era; null if unknown. */
  readonly era: number | null;
}

interface Told {
  readonly who: string;
  readonly kind: FaultKind;
  readonly reason: string;
  /** The era that the event itself names. */
  readonly era?: number;
}

/** The faults of validators in each kind of event. */
const READERS: Readonly<Record<string, (value: Plain) => readonly Told[]>> = {
  'ImOnline.SomeOffline': (value) =>
    listOf(memberOf(value, 'offline')).map((each) => ({
      who: bytes32Of(listOf(each)[0]),
      kind: 'offline',
      reason: 'it sent no heartbeat in a session (imOnline.SomeOffline)',
    })),
  'Staking.SlashReported': (value) => [
    {
      who: bytes32Of(memberOf(value, 'validator')),
      kind: 'offence',
      reason: `an offence was reported, of ${shownPerbill(countOf(memberOf(value, 'fraction')))} (staking.SlashReported)`,
      era: countOf(memberOf(value, 'slash_era')),
    },
  ],
  'Staking.OffenceReported': (value) => [
    {
      who: bytes32Of(memberOf(value, 'validator')),
      kind: 'offence',
      reason: `an offence was reported, of ${shownPerbill(countOf(memberOf(value, 'fraction')))} (staking.OffenceReported)`,
      era: countOf(memberOf(value, 'offence_era')),
    },
  ],
  'Staking.Slashed': (value) => [
    {
      who: bytes32Of(memberOf(value, 'staker')),
      kind: 'slashed',
      reason: `${String(memberOf(value, 'amount'))} planck of its own stake were slashed (staking.Slashed)`,
    },
  ],
  'Staking.Chilled': (value) => [
    {
      who: bytes32Of(memberOf(value, 'stash')),
      kind: 'chilled',
      reason: 'its validate intention was taken back (staking.Chilled)',
    },
  ],
  'Session.ValidatorDisabled': (value) => [
    {
      who: bytes32Of(memberOf(value, 'validator')),
      kind: 'offence',
      reason: 'it was disabled for the rest of an era (session.ValidatorDisabled)',
    },
  ],
};

export interface BlockFaults {
  readonly faults: readonly EventFault[];
  /** Known events with an unexpected shape or without an era. */
  readonly unread: readonly string[];
}

/**
 * The faults of candidates among the events of one block. Each event and each validator is read separately:
 * an event of another validator, or an unreadable one, does not affect the others. Pure.
 */
export function faultsOfEvents(
  events: readonly Plain[],
  place: EventPlace,
  candidates: ReadonlySet<string>,
): BlockFaults {
  const faults: EventFault[] = [];
  const unread: string[] = [];
  for (const event of events) {
    const told = toldBy(event);
    if ('why' in told) unread.push(told.why);
    else for (const each of told.told) if (candidates.has(each.who)) note(each, place, faults, unread);
  }
  return { faults, unread };
}

function toldBy(event: Plain): { readonly told: readonly Told[] } | { readonly why: string } {
  let name = 'an event';
  try {
    const outer = memberOf(event, 'event');
    const inner = memberOf(outer, 'value');
    if (!hasMember(inner, 'type')) return { told: [] };
    name = `${variantOf(outer)}.${variantOf(inner)}`;
    return { told: READERS[name]?.(memberOf(inner, 'value')) ?? [] };
  } catch (error) {
    if (error instanceof ShapeFault) return { why: `${name} has another shape: ${error.message}` };
    throw error;
  }
}

function note(told: Told, place: EventPlace, faults: EventFault[], unread: string[]): void {
  const era = told.era ?? place.era;
  if (era === null) {
    unread.push(`${told.kind} of ${told.who}: its era is not known`);
    return;
  }
  const { role, height, atMs } = place;
  const evidence = [{ fact: 'system.events', value: `block ${height}: ${told.reason}`, source: role }];
  faults.push({
    stashKey: told.who,
    fault: { kind: told.kind, era, atMs, reason: textOf(told.reason), evidence },
  });
}
