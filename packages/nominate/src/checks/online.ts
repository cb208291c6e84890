import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import type { Sighting } from '../snapshot/record-shapes.ts';
import { count } from '../snapshot/shapes.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';
import { chargedMs } from './offline-time.ts';
import { shownMoment, shownTime } from './show.ts';

const HOUR_MS = 3_600_000;

export const online = defineCheck({
  id: 'online',
  formerly: 'ONLINE',
  about:
    'Passes while telemetry sees the node, no matter when it connected, and for `graceMs` after it was last seen. An outage of the feed ' +
    'is not charged. With `provenOnly`, a node that was recognised by its name alone does not count, because any node can ' +
    'take a name. Unknown while the feed is not connected, or was not watched long enough.',
  parameters: z.strictObject({
    graceMs: count.default(16 * HOUR_MS),
    provenOnly: z.boolean().default(false),
  }),
  run: ({ snapshot, record }, { graceMs, provenOnly }) => {
    const { sighting } = record;
    const { outages, watchedSinceMs } = snapshot.telemetry;
    const now = snapshot.takenAtMs;
    const evidence = evidenceOf(snapshot, 'sighting', sighting, shownSighting);
    if (!sighting.known) return notKnown('telemetry could not be read', evidence);
    if (provenOnly && sighting.value?.matchedBy === 'name')
      return fail(
        'the node was recognised by its name alone',
        'let it report its network id or validator address',
        evidence,
      );
    if (sighting.value?.online === true) return pass('the node is online', evidence);
    const deaf = outages.some(({ fromMs, toMs }) => fromMs <= now && now <= toMs);
    if (deaf) return notKnown('the telemetry feed itself is not heard right now', evidence);
    const sinceMs = sighting.value?.sinceMs ?? watchedSinceMs;
    if (sinceMs === null) return notKnown('telemetry was never watched', evidence);
    const awayMs = chargedMs([{ fromMs: sinceMs, toMs: now }], outages, { fromMs: sinceMs, toMs: now });
    if (sighting.value === null) {
      if (awayMs <= graceMs)
        return notKnown(
          'the node was not seen yet, and telemetry is watched only for a short time',
          evidence,
        );
      return fail(
        'the node was never seen in telemetry',
        'start it with --telemetry-url and the name of the list',
        evidence,
      );
    }
    if (awayMs <= graceMs)
      return pass(`the node is offline for ${shownTime(awayMs)}, which is within the grace`, evidence);
    return fail(
      `the node is offline for ${shownTime(awayMs)}, since ${shownMoment(sinceMs)}`,
      'start the node, or its telemetry',
      evidence,
    );
  },
});

/** A sighting as evidence. */
export function shownSighting(sighting: Sighting | null): string {
  if (sighting === null) return 'never seen';
  const { online: up, sinceMs, matchedBy } = sighting;
  return `${up ? 'online' : 'offline'} since ${shownMoment(sinceMs)}, recognised by ${matchedBy}`;
}
