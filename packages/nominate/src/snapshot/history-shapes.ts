import { z } from 'zod';
import { count, era, label, MOST, momentMs, words } from './shapes.ts';

/**
 * What can go wrong with a validator, as far as chain and telemetry show it. Nothing reports `missed-para-votes` yet: they show in
 * the points of an era, of which they are the greater part. Rules of rank name the kind, so it stays.
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

/** A fault with its time, its reason and what shows it. */
export const faultShape = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  era,
  atMs: momentMs,
  reason: words,
  evidence: z.array(z.strictObject({ fact: label, value: words, source: label })).max(32),
});

/** A period of the programme, with the eras of it in which the validator was active. */
export const periodShape = z.strictObject({
  firstEra: era,
  lastEra: era,
  activeEras: z.array(era).max(1_000),
  /** Whether the programme nominated it for this period. */
  nominated: z.boolean(),
});

export const historyShape = z.strictObject({
  periods: z.array(periodShape).max(MOST.eras),
  faults: z.array(faultShape).max(MOST.eras),
  /** The era in which the programme nominated it last; null for never. */
  lastNominatedEra: era.nullable(),
  /** How often the programme nominated it. */
  nominationCount: count,
});

export type FaultKind = (typeof FAULT_KINDS)[number];
export type Fault = Readonly<z.output<typeof faultShape>>;
export type Period = Readonly<z.output<typeof periodShape>>;
export type History = Readonly<z.output<typeof historyShape>>;
