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
  /** Peer ids that it declared; left out for none, as `declared` is. */
  networkIds: z.array(label).min(1).max(16).optional(),
  /** Where it says that its node runs. */
  declared: z
    .strictObject({
      city: label.optional(),
      region: label.optional(),
      country: label.optional(),
      provider: label.optional(),
    })
    .optional(),
});

/** An identity is the account that holds it; the display name is only what it says of itself. */
export const identityShape = z.strictObject({
  account: publicKey,
  display: words,
  isSub: z.boolean(),
  /** As the registrars gave them, for example `Reasonable`, `OutOfDate`, `Erroneous`. */
  judgements: z.array(label).max(256),
});

/** What telemetry saw of the node of a candidate. */
export const sightingShape = z.strictObject({
  /** By what the node was taken for the candidate's; a name alone can be taken by anybody. */
  matchedBy: z.enum(['network-id', 'validator-address', 'name']),
  online: z.boolean(),
  /** Since when it is as `online` says. */
  sinceMs: momentMs,
  firstSeenMs: momentMs,
  /** When it was away, as far as the feed was heard. */
  offline: z.array(interval).max(MOST.eras),
  implementation: words,
  version: words,
});

/** Where a node runs: empty text for what is not known. */
export const placeShape = z.strictObject({
  city: words,
  region: words,
  country: words,
  provider: words,
  /** In degrees, as telemetry located the node; left out where it did not. */
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
  /** Which parts only the operator says; left out for none. */
  declared: z.array(z.enum(PLACE_KEYS)).min(1).max(PLACE_KEYS.length).optional(),
  /** Which parts were looked up by the address of the node; left out for none. */
  lookedUp: z.array(z.enum(PLACE_KEYS)).min(1).max(PLACE_KEYS.length).optional(),
  /** The autonomous system of that address, and what its network is for, where that is known. */
  asn: systemNumber.optional(),
  kind: z.enum(NETWORK_KINDS).optional(),
  /** When it was last known to stand there: the older moment where parts are of two. Left out where only the operator says it. */
  atMs: momentMs.optional(),
});

const backer = z.strictObject({ who: publicKey, bonded: wide });

/** A candidate with all that is known of it at the moment of the snapshot. */
export const recordShape = z.strictObject({
  candidate: candidateShape,
  /** The last verdict that was not `undecided`; null for none. */
  lastSettled: z.enum(['valid', 'invalid']).nullable(),
  /** Whether it has a validate intention. */
  validating: factOf(z.boolean()),
  prefs: factOf(z.strictObject({ commissionPerbill: perbill, blocked: z.boolean() })),
  /** The active part of its own ledger, in planck. */
  selfStake: factOf(wide),
  identity: factOf(identityShape.nullable()),
  /** Its next session keys by name, as hex; null where it has set none. */
  sessionKeys: factOf(z.record(label, words).nullable()),
  sighting: factOf(sightingShape.nullable()),
  place: factOf(placeShape.nullable()),
  unclaimedEras: factOf(z.array(era).max(MOST.eras)),
  /** The eras with points; of the eras that were read, see `eras.read`. */
  erasWithPoints: factOf(z.array(era).max(MOST.eras)),
  /**
   * Its standing in the Kusama programme: rank, why it is invalid there, and who it is there; null where it is not in
   * that programme. Older releases named it as from `programme`.
   */
  kusama: factOf(
    z
      .strictObject({
        rank: z.number(),
        invalidReasons: z.array(words),
        /** What is not decided there, where nothing is known against it; left out where it is valid or invalid there. */
        undecided: z.array(words).min(1).optional(),
        identity: z.strictObject({ account: publicKey, display: words }).nullable(),
      })
      .nullable(),
  ),
  /** Who nominates it, with what they have bonded. */
  backing: factOf(
    z.strictObject({
      active: z.array(backer).max(MOST.perCandidate),
      inactive: z.array(backer).max(MOST.perCandidate),
    }),
  ),
  history: historyShape,
});

/** One of the programme's own nominators, as the chain shows it. */
export const nominatorShape = z.strictObject({
  name: label,
  stashKey: publicKey,
  /** The active part of its ledger, in planck; null where the stash is not bonded. */
  active: factOf(wide.nullable()),
  /** Free and reserved of the stash account, in planck. Only the profile `1kv` counts it. */
  balance: factOf(wide),
  /** The era of its last nomination; null for none. */
  submittedIn: factOf(era.nullable()),
  /** Whether a transaction of it is under way. */
  pending: factOf(z.boolean()),
  /** What it nominates now, null for nothing; left out in snapshots of older releases, whose rounds knew of no others. */
  targets: factOf(z.array(publicKey).max(MOST.nominators).nullable()).optional(),
  /** What it will nominate once that transaction landed; left out for none. */
  coming: z.array(publicKey).min(1).max(MOST.nominators).optional(),
});

export type CandidateRecord = Readonly<z.output<typeof recordShape>>;
export type NominatorRecord = Readonly<z.output<typeof nominatorShape>>;
export type Identity = Readonly<z.output<typeof identityShape>>;
export type Sighting = Readonly<z.output<typeof sightingShape>>;
export type Place = Readonly<z.output<typeof placeShape>>;
