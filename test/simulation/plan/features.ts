/**
 * What a run may contain besides services, nodes and claims. Each seed turns a random subset on (swarm
 * testing), because a run with everything hides what a run with little shows.
 */
export const FEATURES = [
  'third-service',
  'second-key',
  'original-wire',
  'beefy',
  'lossy-store',
  'ambiguous-store',
  'lossy-network',
  'failpoints',
  'crashes',
  'pauses',
  'cuts',
  'full-disks',
  'refused-records',
  'clock-steps',
  'observer-faults',
  'late-votes',
  'probes',
  'old-gate',
  'policy-changes',
  'adoptions',
  'removals',
  'vouches',
  'new-epochs',
  'scope-changes',
  'restore-store',
  'restore-disks',
  'restore-nodes',
  'sessions-survive',
  'words-lost',
] as const;

export type Feature = (typeof FEATURES)[number];

/**
 * Features that show findings which the service does not withstand yet. A drawn plan leaves them out unless
 * it is asked for all of them. Remove an entry when its finding is mended.
 *
 * | feature | finding of 2026-11-22 |
 * |---|---|
 * | `restore-disks` | A1, A1b, G1: a service restored together with its store grants lost units again |
 * | `restore-nodes` | A1, G1: the same, and the node that could warn went back too |
 * | `sessions-survive` | A2, B34: a restore under running services is not noticed |
 * | `scope-changes` | A3: a change of the round scope gives a granted round a second number |
 * | `new-epochs` | S3-4: after a recovery began, older memories still count, so no key can be adopted |
 * | `vouches` | S2-1: a released word silences the later words of its node |
 */
export const EXPECTED_FINDINGS: ReadonlySet<Feature> = new Set<Feature>([
  'restore-disks',
  'restore-nodes',
  'sessions-survive',
  'scope-changes',
  'vouches',
  'new-epochs',
]);
