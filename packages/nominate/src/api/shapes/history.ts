import { z } from 'zod';
import { JOB_STATES, SEVERITIES } from '../../storage/port.ts';
import { earlierView, faultView, periodView } from './candidate.ts';
import { eraNumber, key, momentMs, pageOf, planck, standingsOf } from './parts.ts';

export const faultList = pageOf(faultView.extend({ stashKey: key }));

export const historyView = z.object({
  stashKey: key,
  faults: z.array(faultView),
  periods: z.array(periodView),
  earlier: earlierView,
});

export const scoreList = z.object({
  stashKey: key,
  rows: z.array(
    z.object({
      snapshot: z.string(),
      takenAtMs: momentMs,
      session: z.int().nullable(),
      total: z.number(),
      position: z.int(),
    }),
  ),
});

export const pointList = z.object({
  stashKey: key,
  rows: z.array(z.object({ era: eraNumber, points: z.int() })),
});

export const eraList = z.object({
  rows: z.array(z.object({ era: eraNumber, total: z.number(), validators: z.int(), median: z.number() })),
});

export const payoutRow = z.object({
  stashKey: key,
  era: eraNumber,
  page: z.int(),
  state: z.enum(['unclaimed', 'claimed']),
  amount: planck
    .nullable()
    .describe(
      'Rewards of the page, paid or unpaid, for the validator and its nominators, in planck; null while unknown.',
    ),
  amountWhy: z
    .string()
    .nullable()
    .describe('Why the amount cannot be known; null if it is known, or was not read yet.'),
  expiresEra: eraNumber.describe('The first era in which it can no longer be claimed.'),
});
export const payoutList = z.object({ stashKey: key, rows: z.array(payoutRow) });
export const unclaimedList = pageOf(payoutRow);

const tally = z.array(z.object({ name: z.string(), count: z.int() }));
export const placeView = z.object({
  located: z.int().describe('Candidates with a known place.'),
  declared: z.int().describe('Candidates with a part that only the operator declared.'),
  lookedUp: z.int().describe('Candidates with a part that was looked up by the address of the node.'),
  countries: tally,
  regions: tally,
  cities: tally,
  providers: tally,
});

export const releaseList = z.object({
  rows: z.array(z.object({ client: z.string(), version: z.string(), publishedAtMs: momentMs })),
});

export const jobList = z.object({
  rows: z.array(
    z.object({
      name: z.string(),
      state: z.enum(JOB_STATES),
      progress: z.number().nullable().describe('0 to 1, of the run under way.'),
      detail: z.string(),
      runCount: z.int(),
      failureCount: z.int(),
      startedMs: momentMs.nullable(),
      endedMs: momentMs.nullable(),
      nextMs: momentMs.nullable(),
      error: z.string().nullable(),
    }),
  ),
});

export const noticeList = pageOf(
  z.object({
    key: z.string(),
    severity: z.enum(SEVERITIES),
    text: z.string(),
    openSinceMs: momentMs,
    lastSentMs: momentMs.nullable(),
    closedMs: momentMs.nullable(),
    count: z.int(),
  }),
);

export const statisticsView = z.object({
  of: standingsOf,
  counts: z.record(z.string(), z.int()).describe('`all`, by verdict, `active`, `kyc`.'),
  eras: z
    .object({
      active: eraNumber.nullable(),
      current: eraNumber.nullable(),
      session: z.int().nullable(),
      activeSinceMs: momentMs.nullable(),
    })
    .nullable(),
  round: z
    .object({
      id: z.string(),
      era: eraNumber,
      spread: z
        .record(z.string(), z.record(z.string(), z.number()))
        .describe(
          'The distribution of the points of each component, and of the totals, over all scored candidates.',
        ),
    })
    .nullable(),
});

export const healthView = z.object({
  healthy: z.boolean(),
  /** For a page that links to that of the programme. */
  said: z.object({ isWell: z.boolean(), sentence: z.string() }),
  version: z.string(),
  upSinceMs: momentMs,
  nowMs: momentMs,
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  snapshot: z.object({ digest: z.string(), takenAtMs: momentMs, ageMs: z.int() }).nullable(),
  round: z.object({ id: z.string(), era: eraNumber, madeAtMs: momentMs }).nullable(),
  /** The finalised blocks of the newest snapshot; the time is null if the block has none. */
  heads: z.array(
    z.object({
      role: z.string(),
      height: z.string(),
      atMs: momentMs.nullable(),
      ageMs: z.int().nullable(),
    }),
  ),
  endpoints: z.array(
    z.object({
      role: z.string(),
      name: z.string(),
      connected: z.boolean(),
      height: z.string().nullable(),
      atMs: momentMs.nullable(),
    }),
  ),
  telemetry: z.array(z.object({ name: z.string(), connected: z.boolean(), sinceMs: momentMs.nullable() })),
});
