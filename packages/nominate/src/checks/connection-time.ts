import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { count } from '../snapshot/shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { WEEK_MS } from './accumulated-offline-time.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';
import { shownMoment, shownTime } from './show.ts';

export const connectionTime = defineCheck({
  id: 'connection-time',
  formerly: 'CONNECTION_TIME',
  about:
    'Passes when a node of the candidate was first seen at least `minimumMs` ago. With `provenOnly`, a node that was recognised by its name ' +
    'alone does not count, because any node can take a name. Unknown while telemetry could not be read, and if it was watched for less ' +
    'than `minimumMs` and the node was there within 16 hours of the beginning: it may be older. The same after an outage of the feed.',
  parameters: z.strictObject({ minimumMs: count.default(WEEK_MS), provenOnly: z.boolean().default(false) }),
  run: ({ snapshot, record }, { minimumMs, provenOnly }) => {
    const { sighting } = record;
    const evidence = evidenceOf(snapshot, 'sighting.firstSeenMs', sighting, (value) =>
      value === null ? 'never seen' : `${shownMoment(value.firstSeenMs)}, recognised by ${value.matchedBy}`,
    );
    if (!sighting.known) return notKnown('telemetry could not be read', evidence);
    const now = snapshot.takenAtMs;
    const seenMs = now - (sighting.value?.firstSeenMs ?? now);
    if (seenMs < minimumMs && now - mayBeSince(now - seenMs, snapshot.telemetry) >= minimumMs)
      return notKnown(
        `the node is known for ${shownTime(seenMs)}, and telemetry was not watched before`,
        evidence,
      );
    if (sighting.value === null) {
      return fail(
        'the node was never seen in telemetry',
        'start it with --telemetry-url and the name of the list',
        evidence,
      );
    }
    if (provenOnly && sighting.value.matchedBy === 'name') {
      return fail(
        'the node was recognised by its name alone',
        'let it report its network id or validator address',
        evidence,
      );
    }
    if (seenMs >= minimumMs) return pass(`the node is known for ${shownTime(seenMs)}`, evidence);
    return fail(
      `the node is known for ${shownTime(seenMs)} only`,
      `wait ${shownTime(minimumMs - seenMs)} more`,
      evidence,
    );
  },
});

/** A node that is away for so long when watching begins is still the one that was there before. */
const AWAY_MS = 16 * 3_600_000;

/** The earliest time since which a node may be there: the time before the watch, and outages, hide it. */
function mayBeSince(seenMs: number, { watchedSinceMs, outages }: Snapshot['telemetry']): number {
  const hidden = [{ fromMs: 0, toMs: watchedSinceMs ?? seenMs }, ...outages];
  return hidden
    .toSorted((a, b) => b.toMs - a.toMs)
    .reduce((since, { fromMs, toMs }) => (since - toMs <= AWAY_MS ? Math.min(since, fromMs) : since), seenMs);
}
