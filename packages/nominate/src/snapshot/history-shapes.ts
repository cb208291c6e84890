import { z } from 'zod';
import { count, era, label, MOST, momentMs, words } from './shapes.ts';

/**
 * Kinds of faults of validators, as far as chain and telemetry show them. `missed-para-votes` is not reported
 * yet: missed votes reduce the points of an era, of which they are the greater part. Rank rules name the
 * kind, so it stays.
 */
export const FAULT_KINDS = [
  'missed-era-points',
  'missed-para-votes',
  'offence',
  'slashed',
  'chilled',
  'commission-raised',
  'offline',
] as const;

/** A fault with its time, its reason and its evidence. */
export const faultShape = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  era,
  atMs: momentMs,
  reason: words,
  evidence: z.array(z.strictObject({ fact: label, value: words, source: label })).max(32),
});

/** A period of the programme, with those of its eras in which the validator was active. */
export const periodShape = z.strictObject({
  firstEra: era,
  lastEra: era,
  activeEras: z.array(era).max(1_000),
  /** Whether the programme nominated it for this period. */
  nominated: z.boolean(),
});

/** A digest of periods that are not kept one by one. */
export const earlierShape = z.strictObject({
  /** The last era of these periods. */
  untilEra: era,
  periodCount: count,
  /** Periods in which it was active and nominated by the programme. */
  nominatedPeriods: count,
  /** The rank after this era; not whole if the points of a period are not. */
  rank: z.number().min(0),
  /** The version of the rules of that rank. */
  rules: label,
});

export const historyShape = z.strictObject({
  periods: z.array(periodShape).max(MOST.eras),
  /** A digest of the periods before those; absent if there are none. */
  earlier: earlierShape.optional(),
  faults: z.array(faultShape).max(MOST.eras),
  /** The last era in which the programme nominated it; null for never. */
  lastNominatedEra: era.nullable(),
  /** How often the programme nominated it. */
  nominationCount: count,
});

export type FaultKind = (typeof FAULT_KINDS)[number];
export type Fault = Readonly<z.output<typeof faultShape>>;
export type Earlier = Readonly<z.output<typeof earlierShape>>;
export type Period = Readonly<z.output<typeof periodShape>>;
export type History = Readonly<z.output<typeof historyShape>>;
