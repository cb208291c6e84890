import { z } from 'zod';
import { nominatorShape, recordShape } from './record-shapes.ts';
import {
  count,
  era,
  factOf,
  hash,
  interval,
  label,
  MOST,
  momentMs,
  publicKey,
  wide,
  words,
} from './shapes.ts';

const sourceShape = z.strictObject({
  role: z.enum(['staking', 'relay', 'identity', 'telemetry', 'programme', 'releases', 'places', 'kusama']),
  block: z.strictObject({ number: wide, hash }).nullable(),
  atMs: momentMs,
  /** The block says no time, and its age is not known; left out where it does. */
  timeless: z.literal(true).optional(),
});

const releaseShape = z.strictObject({
  /** The implementation that it is a release of, as telemetry names it. */
  client: label,
  version: label,
  publishedAtMs: momentMs,
});

/** All that an election reads: seats, who stands, who votes with what. Indices of `targets` keep it small. */
const electionShape = z.strictObject({
  seats: z.int().min(1),
  targets: z.array(publicKey).max(MOST.candidates),
  voters: z
    .array(z.strictObject({ who: publicKey, stake: wide, votes: z.array(count).max(1_000) }))
    .max(MOST.voters),
});

/**
 * All that a decision reads, at one moment. Immutable: whoever has it decides the same. Facts are three-valued, money
 * is planck, accounts are public keys, times are Unix milliseconds.
 */
export const snapshotShape = z.strictObject({
  version: z.literal(1),
  takenAtMs: momentMs,
  network: z.strictObject({
    name: label,
    prefix: z.int().min(0).max(16_383),
    decimals: z.int().min(0).max(30),
    symbol: label,
  }),
  /** The version of the configuration under which it was taken. */
  configVersion: label,
  sources: z.record(label, sourceShape),
  eras: z.strictObject({
    active: factOf(era),
    /** Since when it is the active one. */
    activeSinceMs: factOf(momentMs),
    /** Ahead of `active` while an election runs; nominations carry this one. */
    current: factOf(era),
    session: factOf(count),
    /** The first block of the relay chain in the active era: nobody who takes a snapshot can choose it. */
    firstBlock: factOf(z.strictObject({ number: wide, hash })),
    /** The eras whose points were read. An era that was not read is unknown, not empty. */
    read: factOf(z.array(era).max(MOST.eras)),
    /** Total stakes of the elected validators, in planck. */
    electedTotals: factOf(z.array(wide).max(MOST.candidates)),
  }),
  constants: z.strictObject({
    maxNominations: factOf(z.int().min(1).max(1_000)),
    historyDepth: factOf(count),
  }),
  releases: factOf(z.array(releaseShape).max(MOST.nominators)),
  telemetry: z.strictObject({
    /** Since when the feed is watched; null for never. */
    watchedSinceMs: momentMs.nullable(),
    /** When the feed could not be heard, so that nobody is charged for it. */
    outages: z.array(interval).max(MOST.eras),
  }),
  election: factOf(electionShape),
  candidates: z.array(recordShape).max(MOST.candidates),
  nominators: z.array(nominatorShape).max(MOST.nominators),
  notes: z.array(words).max(64),
});

export type Snapshot = Readonly<z.output<typeof snapshotShape>>;
export type Release = Readonly<z.output<typeof releaseShape>>;
export type ElectionInput = Readonly<z.output<typeof electionShape>>;
