import { z } from 'zod';
import { chainText, keyText, nameText } from '../../rule/index.ts';
import { type Of, ofKey, reasonText, textOf } from './texts.ts';

const keyLeaseView = z.object({
  name: z.string(),
  state: z.enum(['held', 'free', 'unknown']),
  node: z.string().nullable(),
  sinceMs: z.int().nullable(),
  askedBy: z.array(z.string()),
});
/**
 * Which machine may have the secret of the parachain key `name`, and since when. `unknown`: the store gave no
 * answer. `askedBy`: listed nodes that ask this service for it.
 */
export type KeyLeaseView = Of<typeof keyLeaseView>;

export const watchState = z.object({
  ...ofKey,
  holder: z.string().nullable(),
  live: z.boolean(),
  term: z.string(),
  ready: z.array(z.string()),
  unfit: z.array(z.object({ node: z.string(), why: z.string() })).optional(),
  movingTo: z.string().nullable().optional(),
  keyLeases: z.array(keyLeaseView).optional(),
});

export const watchStates = z.object({ watch: z.array(watchState) });

const keyLease = z.object({ name: z.string(), lease: z.string().nullable() });
/** `lease`: that of the node that reported; null if the secret must not be on its machine. */
export type KeyLease = Of<typeof keyLease>;

export const readinessAnswer = watchStates.extend({ leases: z.array(keyLease).optional() });

/**
 * `live` is false if the presence of the holder has lapsed. `ready`: listed nodes whose last report was fit,
 * best rank first. `unfit`: nodes that are skipped if readiness is required. `movingTo`: the target of a
 * handover under way. `keyLeases`: in the answer to `GET /v1/watch` only.
 */
export type WatchState = Of<typeof watchState>;

export const drillRequest = z.strictObject({ chain: chainText, key: keyText, to: nameText });

export const handoverRequest = drillRequest.extend({
  force: reasonText
    .optional()
    .describe('Why the handover must not wait for the open units of the old node. Kept in the log.'),
});

const checkState = z.enum(['ok', 'fail', 'unknown']);

export type CheckName =
  | 'service'
  | 'store'
  | 'listed'
  | 'ready'
  | 'shadow'
  | 'units'
  | 'peers'
  | 'finality'
  | 'clock'
  | 'version'
  | 'keys'
  | 'due';

const shadowSummary = z.object({
  due: z.int(),
  granted: z.int(),
  asked: z.int(),
  recentDenied: z.int(),
  p99Ms: z.number().nullable(),
  why: z.string().nullable(),
});
/**
 * The last shadow claims of a standby, at most 120. `asked`: those that the standby asked itself.
 * `recentDenied`: of the newest ten. `p99Ms`: time to read the store and apply the rule. `why`: the reason of
 * the newest one that would not have been granted, for example `not-ready`.
 */
export type ShadowSummary = Of<typeof shadowSummary>;

export const drillView = z.object({
  ...ofKey,
  from: z.string().nullable(),
  to: z.string(),
  state: checkState,
  checks: z.array(
    z.object({
      name: textOf<CheckName>(),
      state: checkState,
      needed: z.boolean(),
      detail: z.string(),
      remedy: z.string().nullable(),
      tookMs: z.number(),
    }),
  ),
  shadow: shadowSummary,
  tookMs: z.number(),
});
/** `fail` if a needed check fails, else `unknown` if one is unknown, else `ok`. */
export type Drill = Of<typeof drillView>;
/** One line of the checklist. A needed check that is not `ok` refuses a handover. */
export type DrillCheck = Drill['checks'][number];

export const lastDrill = z.object({
  atMs: z.number(),
  by: z.string(),
  state: checkState,
  due: z.int(),
  granted: z.int(),
});
/** A drill of one standby, as the service that led it remembers it. */
export type LastDrill = Of<typeof lastDrill>;

export const lastHandover = z.object({
  atMs: z.number(),
  by: z.string().nullable(),
  from: z.string().nullable(),
  term: z.string(),
  tookMs: z.number(),
  force: z.string().nullable(),
});
/** A handover that this service led, or a take-over, which no person asked for (`by` is null). */
export type LastHandover = Of<typeof lastHandover>;

export const standbyViews = z.object({
  standbys: z.array(
    z.object({
      ...ofKey,
      node: z.string(),
      onWatch: z.boolean(),
      shadow: shadowSummary,
      lastDrill: lastDrill.nullable(),
      lastHandover: lastHandover.nullable(),
      seen: z.object({
        setId: z.string().nullable(),
        round: z.string().nullable(),
        finalizedBlock: z.string().nullable(),
      }),
    }),
  ),
});
/** A listed node of a key. `seen`: the highest numbers that other observers reported. */
export type StandbyView = Of<typeof standbyViews>['standbys'][number];
