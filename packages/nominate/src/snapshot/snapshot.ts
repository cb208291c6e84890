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
  /** The block has no time, so its age is unknown; absent if the block has a time. */
  timeless: z.literal(true).optional(),
});

const releaseShape = z.strictObject({
  /** The implementation to which the release belongs, by its name in telemetry. */
  client: label,
  version: label,
  publishedAtMs: momentMs,
});

/**
 * The input of an election: seats, targets, and voters with their stakes. Indices into `targets` keep it
 * small.
 */
const electionShape = z.strictObject({
  seats: z.int().min(1),
  targets: z.array(publicKey).max(MOST.candidates),
  voters: z
    .array(z.strictObject({ who: publicKey, stake: wide, votes: z.array(count).max(1_000) }))
    .max(MOST.voters),
});

/**
 * The complete input of a decision, at one moment. Immutable: the same snapshot always gives the same
 * decision. Facts are three-valued, money is planck, accounts are public keys, times are Unix milliseconds.
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
  /** The version of the configuration that was in use. */
  configVersion: label,
  sources: z.record(label, sourceShape),
  eras: z.strictObject({
    active: factOf(era),
    /** Since when it has been the active one. */
    activeSinceMs: factOf(momentMs),
    /** Ahead of `active` during an election; nominations carry this one. */
    current: factOf(era),
    session: factOf(count),
    /**
     * The first block of the relay chain in the active era. The person who takes a snapshot cannot influence
     * it.
     */
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
    /** Since when the feed has been watched; null for never. */
    watchedSinceMs: momentMs.nullable(),
    /** When the feed was unavailable, so that this time is not charged to operators. */
    outages: z.array(interval).max(MOST.eras),
  }),
  election: factOf(electionShape),
  candidates: z.array(recordShape).max(MOST.candidates),
  nominators: z.array(nominatorShape).max(MOST.nominators),
  notes: z.array(words).max(64),
});

export type Snapshot = Readonly<z.output<typeof snapshotShape>>;
/** A snapshot without its large parts. */
export type SnapshotHead = Omit<Snapshot, 'candidates' | 'election'>;
export type Release = Readonly<z.output<typeof releaseShape>>;
export type ElectionInput = Readonly<z.output<typeof electionShape>>;
