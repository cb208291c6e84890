import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import { count } from '../snapshot/shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';
import { chargedMs } from './offline-time.ts';
import { shownSighting } from './online.ts';
import { shownTime } from './show.ts';

export const WEEK_MS = 7 * 24 * 3_600_000;

export const accumulatedOfflineTime = defineCheck({
  id: 'accumulated-offline-time',
  formerly: 'ACCUMULATED_OFFLINE_TIME',
  about:
    'Passes while the node was away for at most `maximumShare` of the last `windowMs`. Outages of the feed are not ' +
    'charged. Unknown while telemetry could not be read.',
  parameters: z.strictObject({
    windowMs: count.min(1).default(WEEK_MS),
    maximumShare: z.number().min(0).max(1).default(0.02),
  }),
  run: ({ snapshot, record }, { windowMs, maximumShare }) => {
    const evidence = evidenceOf(snapshot, 'sighting', record.sighting, shownSighting);
    const away = offlineMs(snapshot, record, windowMs);
    if (away === null) return notKnown('telemetry could not be read', evidence);
    const allowedMs = windowMs * maximumShare;
    const text = `the node was offline for ${shownTime(away)} within ${shownTime(windowMs)}, ${shownTime(allowedMs)} are allowed`;
    if (away <= allowedMs) return pass(text, evidence);
    return fail(text, 'keep the node running; the time falls out of the window by itself', evidence);
  },
});

/**
 * How long the node was away within the window before the snapshot, without outages of the feed; null if
 * telemetry is unknown.
 */
export function offlineMs(
  snapshot: Snapshot,
  { sighting }: CandidateRecord,
  windowMs: number,
): number | null {
  if (!sighting.known) return null;
  if (sighting.value === null) return 0;
  const { online, sinceMs, offline } = sighting.value;
  const window = { fromMs: snapshot.takenAtMs - windowMs, toMs: snapshot.takenAtMs };
  const current = online ? [] : [{ fromMs: sinceMs, toMs: snapshot.takenAtMs }];
  return chargedMs([...offline, ...current], snapshot.telemetry.outages, window);
}
