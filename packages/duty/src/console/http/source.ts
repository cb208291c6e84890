import type { Clock } from '@watchbill/kit';
import type { Permit } from '../../service/index.ts';
import type { ConsoleSource } from '../view/facts.ts';
import { unitReader } from '../view/unit-reader.ts';

/** A source of facts that reads a permit of this process. */
export function permitSource(permit: Permit, clock: Pick<Clock, 'monotonicMs'>): ConsoleSource {
  return {
    health: () => permit.health(),
    services: () => permit.services(),
    policies: () => permit.policies(),
    watches: () => permit.watches({}),
    marks: () => permit.marks({}),
    standbys: () => permit.standbys({}),
    rollbackReports: () => permit.rollbackReports(),
    upkeep: async () => permit.upkeep(),
    decisions: async (query) => permit.decisions(query),
    readUnits: unitReader(async (query) => (await permit.units(query)).units, clock),
  };
}
