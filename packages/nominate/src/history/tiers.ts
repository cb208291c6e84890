import { z } from 'zod';
import { FAULT_KINDS, type History } from '../snapshot/history-shapes.ts';
import { label } from '../snapshot/shapes.ts';

/** A reliability tier. Nominators that name the tier may back its members. */
export const tierShape = z.strictObject({
  name: label,
  minimumRank: z.number().min(0).default(0),
  /** Periods in which it was active and nominated by the programme. */
  minimumNominatedPeriods: z.int().min(0).default(0),
  /** No fault of these kinds … */
  withoutFaults: z.array(z.enum(FAULT_KINDS)).default([]),
  /** … in the last so many eras. */
  faultEras: z.int().min(0).default(84),
});

export type Tier = Readonly<z.output<typeof tierShape>>;

/** Stake that grows with reliability: all candidates start in `entry`. The last tier that fits applies. */
export const EXAMPLE_TIERS: readonly Tier[] = [
  { name: 'entry', minimumRank: 0, minimumNominatedPeriods: 0, withoutFaults: [], faultEras: 84 },
  {
    name: 'proven',
    minimumRank: 10,
    minimumNominatedPeriods: 4,
    withoutFaults: ['offence', 'slashed'],
    faultEras: 28,
  },
  {
    name: 'trusted',
    minimumRank: 40,
    minimumNominatedPeriods: 16,
    withoutFaults: [...FAULT_KINDS],
    faultEras: 84,
  },
];

/** The last tier whose conditions a history meets; null if it meets none. */
export function tierOf(
  tiers: readonly Tier[],
  history: History,
  rank: number,
  activeEra: number,
): string | null {
  const recent = history.periods.filter(({ nominated, activeEras }) => nominated && activeEras.length > 0);
  const nominated = recent.length + (history.earlier?.nominatedPeriods ?? 0);
  const fits = (tier: Tier) =>
    rank >= tier.minimumRank &&
    nominated >= tier.minimumNominatedPeriods &&
    !history.faults.some(
      ({ kind, era }) => tier.withoutFaults.includes(kind) && era > activeEra - tier.faultEras,
    );
  return tiers.findLast(fits)?.name ?? null;
}
