import { z } from 'zod';
import { FAULT_KINDS } from '../snapshot/history-shapes.ts';
import { label } from '../snapshot/shapes.ts';

/** How events change a rank: data with a version. */
export const rankRulesShape = z.strictObject({
  version: label,
  /** Length of a period in eras: 4 on Kusama, 1 on Polkadot. */
  periodEras: z.int().min(1).max(1_000),
  /** Points for a period in which it was active in at least one era. */
  activePoints: z.number().min(0).max(1_000),
  /** Additional points for a period in which it was nominated, was active, and committed no fault. */
  cleanNominationPoints: z.number().min(0).max(1_000),
  /** The share of the rank that each kind of fault costs, 0 to 1; absent kinds cost 0. */
  docks: z.partialRecord(z.enum(FAULT_KINDS), z.number().min(0).max(1)),
});

export type RankRules = Readonly<z.output<typeof rankRulesShape>>;

/** A sixth of the rank, as the programme deducted since 2022; half of it for slashed faults. */
const DOCKS: RankRules['docks'] = {
  'missed-era-points': 1 / 6,
  'missed-para-votes': 0,
  offence: 1 / 2,
  slashed: 1 / 2,
  chilled: 1 / 6,
  'commission-raised': 1 / 6,
  offline: 1 / 6,
};

export const KUSAMA_RANK_RULES: RankRules = {
  version: 'kusama-rank-1',
  periodEras: 4,
  activePoints: 1,
  cleanNominationPoints: 1,
  docks: DOCKS,
};

export const POLKADOT_RANK_RULES: RankRules = {
  ...KUSAMA_RANK_RULES,
  version: 'polkadot-rank-1',
  periodEras: 1,
};
