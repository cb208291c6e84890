import { bigOf, countOf, listOf, type PinnedReader, type Reading } from '@watchbill/chain/reading';
import { type Fact, known } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';

/** Where the relay chain is within its sessions. Slots are numbered from the beginning of 1970. */
export interface SessionClock {
  readonly session: number;
  readonly slot: number;
  /** The slot that the session began with. */
  readonly startSlot: number;
  readonly slotsPerSession: number;
  readonly slotMs: number;
}

/** In this order, for {@link sessionClockOf}. */
export const CLOCK_REQUESTS = [
  { pallet: 'Session', item: 'CurrentIndex' },
  { pallet: 'Babe', item: 'CurrentSlot' },
  { pallet: 'Babe', item: 'GenesisSlot' },
  { pallet: 'Babe', item: 'EpochIndex' },
];

export function sessionClockOf(
  reader: PinnedReader,
  readings: readonly (Reading | undefined)[],
): Fact<SessionClock> {
  const names = ['Session.CurrentIndex', 'Babe.CurrentSlot', 'Babe.GenesisSlot', 'Babe.EpochIndex'];
  const facts = names.map((name, index) =>
    factOfReading(readings[index], 'relay', name, { take: countOf, empty: { value: 0 } }),
  );
  const constants = ['EpochDuration', 'ExpectedBlockTime'].map((name) =>
    factOfReading(reader.constant('Babe', name), 'relay', `Babe.${name}`, {
      take: (value) => Number(bigOf(value)),
      empty: { unknown: 'it is empty' },
    }),
  );
  const missing = [...facts, ...constants].find((fact) => !fact.known);
  if (missing?.known === false) return missing;
  const [session = 0, slot = 0, genesis = 0, epoch = 0] = facts.map((fact) => (fact.known ? fact.value : 0));
  const [slotsPerSession = 0, slotMs = 0] = constants.map((fact) => (fact.known ? fact.value : 0));
  return known(
    { session, slot, startSlot: genesis + epoch * slotsPerSession, slotsPerSession, slotMs },
    'relay',
  );
}

/** A list of accounts, as sessions keep it. */
export function accountsOf(
  reading: Reading | undefined,
  what: string,
  take: (value: Parameters<typeof listOf>[0]) => string,
): Fact<readonly string[]> {
  return factOfReading(reading, 'relay', what, {
    take: (value) => listOf(value).map(take),
    empty: { value: [] },
  });
}
