import type { World } from '../world/world.ts';
import type { Violation } from './oracle.ts';

/** Most runs read about once for each request; the busiest of a hundred seeds read twice. */
const READS_PER_REQUEST = 3;

/** H: what the services read grows with the requests that came, not with the claims that they hold. */
export function readsTooOften({ load: { reads, requests } }: World): Violation | null {
  if (reads <= READS_PER_REQUEST * requests) return null;
  return {
    promise: 'H',
    what: `the services read the store ${reads} times for ${requests} requests`,
    events: [],
  };
}
