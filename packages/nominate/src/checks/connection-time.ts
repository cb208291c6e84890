import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { count } from '../snapshot/shapes.ts';
import { WEEK_MS } from './accumulated-offline-time.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';
import { shownMoment, shownTime } from './show.ts';

export const connectionTime = defineCheck({
  id: 'connection-time',
  formerly: 'CONNECTION_TIME',
  about:
    'Passes when the node was first seen at least `minimumMs` ago. With `provenOnly`, a node that was recognised by its name alone does not ' +
    'count, because any node can take a name. Unknown while telemetry could not be read.',
  parameters: z.strictObject({ minimumMs: count.default(WEEK_MS), provenOnly: z.boolean().default(false) }),
  run: ({ snapshot, record }, { minimumMs, provenOnly }) => {
    const { sighting } = record;
    const evidence = evidenceOf(snapshot, 'sighting.firstSeenMs', sighting, (value) =>
      value === null ? 'never seen' : `${shownMoment(value.firstSeenMs)}, recognised by ${value.matchedBy}`,
    );
    if (!sighting.known) return notKnown('telemetry could not be read', evidence);
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
    const seenMs = snapshot.takenAtMs - sighting.value.firstSeenMs;
    if (seenMs >= minimumMs) return pass(`the node is known for ${shownTime(seenMs)}`, evidence);
    return fail(
      `the node is known for ${shownTime(seenMs)} only`,
      `wait ${shownTime(minimumMs - seenMs)} more`,
      evidence,
    );
  },
});
