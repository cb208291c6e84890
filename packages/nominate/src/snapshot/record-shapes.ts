import { z } from 'zod';
import { PLACE_KEYS } from '../candidates/candidate.ts';
import { NETWORK_KINDS, systemNumber } from '../places/port.ts';
import { historyShape } from './history-shapes.ts';
import {
  count,
  era,
  factOf,
  interval,
  label,
  MOST,
  momentMs,
  perbill,
  publicKey,
  wide,
  words,
} from './shapes.ts';

export const candidateShape = z.strictObject({
  slotId: count,
  name: label,
  stash: label,
  stashKey: publicKey,
  kusamaStash: label.nullable(),
  kusamaStashKey: publicKey.nullable(),
  handles: z.array(label).min(1).max(64),
  kyc: z.boolean(),
  skipSelfStake: z.boolean(),
  /** Declared peer ids; absent if there are none, like `declared`. */
  networkIds: z.array(label).min(1).max(16).optional(),
  /** The declared place of its node. */
  declared: z
    .strictObject({
      city: label.optional(),
      region: label.optional(),
      country: label.optional(),
      provider: label.optional(),
    })
    .optional(),
});

/** An identity is the account that holds it. The display name is chosen freely. */
export const identityShape = z.strictObject({
  account: publicKey,
  display: words,
  isSub: z.boolean(),
  /** Judgements of registrars, for example `Reasonable`, `OutOfDate`, `Erroneous`. */
  judgements: z.array(label).max(256),
});

/** Telemetry data about the node of a candidate. */
export const sightingShape = z.strictObject({
  /** The evidence that the node belongs to the candidate. Any node can take a name. */
  matchedBy: z.enum(['network-id', 'validator-address', 'name']),
  online: z.boolean(),
  /** Since when `online` has had its value. */
  sinceMs: momentMs,
  firstSeenMs: momentMs,
  /** When it was away, while the feed was available. */
  offline: z.array(interval).max(MOST.eras),
  implementation: words,
  version: words,
});

/** The place of a node; unknown parts are empty. */
export const placeShape = z.strictObject({
  city: words,
  region: words,
  country: words,
  provider: words,
  /** In degrees, as telemetry located the node; absent if it did not. */
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
  /** The parts that only the operator stated; absent if there are none. */
  declared: z.array(z.enum(PLACE_KEYS)).min(1).max(PLACE_KEYS.length).optional(),
  /** The parts that come from a lookup of the node's address; absent if there are none. */
  lookedUp: z.array(z.enum(PLACE_KEYS)).min(1).max(PLACE_KEYS.length).optional(),
  /** The autonomous system of that address, and the kind of its network, if known. */
  asn: systemNumber.optional(),
  kind: z.enum(NETWORK_KINDS).optional(),
  /**
   * When the node was last known to be there; the older time if parts differ. Absent if only the operator
   * stated the place.
   */
  atMs: momentMs.optional(),
});

const backer = z.strictObject({ who: publicKey, bonded: wide });

/** A candidate with all facts at the moment of the snapshot. */
export const recordShape = z.strictObject({
  candidate: candidateShape,
  /** The last verdict that was not `undecided`; null if there is none. */
  lastSettled: z.enum(['valid', 'invalid']).nullable(),
  /** Whether it has a validate intention. */
  validating: factOf(z.boolean()),
  prefs: factOf(z.strictObject({ commissionPerbill: perbill, blocked: z.boolean() })),
  /** The active part of the stash's own bond, in planck. */
  selfStake: factOf(wide),
  identity: factOf(identityShape.nullable()),
  /**
   * If the identity is unknown: the account that held it when it was last read, within a week; null if there
   * is none. Absent if the identity is known.
   */
  lastIdentity: z.strictObject({ account: publicKey, atMs: momentMs }).nullable().optional(),
  /** Its next session keys by name, as hex; null if it has set none. */
  sessionKeys: factOf(z.record(label, words).nullable()),
  sighting: factOf(sightingShape.nullable()),
  place: factOf(placeShape.nullable()),
  unclaimedEras: factOf(z.array(era).max(MOST.eras)),
  /** The eras with points, among the eras in `eras.read`. */
  erasWithPoints: factOf(z.array(era).max(MOST.eras)),
  /**
   * Its standing in the Kusama programme: rank, reasons why it is invalid there, and its stash there; null if
   * it is not in that programme.
   */
  kusama: factOf(
    z
      .strictObject({
        rank: z.number(),
        invalidReasons: z.array(words),
        /** Undecided checks there, if no check failed; absent if it is valid or invalid there. */
        undecided: z.array(words).min(1).optional(),
        identity: z.strictObject({ account: publicKey, display: words }).nullable(),
      })
      .nullable(),
  ),
  /** Its nominators with their bonds. */
  backing: factOf(
    z.strictObject({
      active: z.array(backer).max(MOST.perCandidate),
      inactive: z.array(backer).max(MOST.perCandidate),
    }),
  ),
  history: historyShape,
});

/** One of the programme's nominators, according to the chain. */
export const nominatorShape = z.strictObject({
  name: label,
  stashKey: publicKey,
  /** The active bond of its ledger, in planck; null if the stash is not bonded. */
  active: factOf(wide.nullable()),
  /** Free and reserved balance of the stash, in planck. Only the profile `1kv` uses it. */
  balance: factOf(wide),
  /** The era of its last nomination; null if there is none. */
  submittedIn: factOf(era.nullable()),
  /** Whether it has an open transaction. */
  pending: factOf(z.boolean()),
  /** Its current targets, null if it has none. */
  targets: factOf(z.array(publicKey).max(MOST.nominators).nullable()),
  /** Its targets after the open transaction; absent if there is none. */
  coming: z.array(publicKey).min(1).max(MOST.nominators).optional(),
});

export type CandidateRecord = Readonly<z.output<typeof recordShape>>;
export type NominatorRecord = Readonly<z.output<typeof nominatorShape>>;
export type Identity = Readonly<z.output<typeof identityShape>>;
export type Sighting = Readonly<z.output<typeof sightingShape>>;
export type Place = Readonly<z.output<typeof placeShape>>;
