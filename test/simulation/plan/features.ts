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
  'slow-disks',
  'dense',
  'forged-words',
  'sleepers',
  'rolling-restarts',
  'trusted-returns',
  'set-changes',
  'crashes-when-behind',
  'freezes',
  'resends',
] as const;

/** Drawn apart, so that the plans of older seeds stay the same. */
export const DRAWN_APART: readonly Feature[] = ['crashes-when-behind', 'freezes', 'resends'];

export type Feature = (typeof FEATURES)[number];

/** What a policy with `return: trust` assumes: one service, whose machine is never rolled back. */
const NOT_WITH_TRUST: ReadonlySet<Feature> = new Set<Feature>([
  'third-service',
  'removals',
  'restore-store',
  'restore-disks',
  'restore-nodes',
  'sessions-survive',
  'words-lost',
]);

/** The questions of the original wire protocol name no set, so its second way of voting stays in one. */
const NOT_WITH_ORIGINAL: ReadonlySet<Feature> = new Set<Feature>(['set-changes']);

/** The features without those that another one of them rules out. */
export function compatible(features: readonly Feature[]): ReadonlySet<Feature> {
  const trusts = features.includes('trusted-returns');
  const asks = features.includes('original-wire') || features.includes('scope-changes');
  const without = (feature: Feature): boolean =>
    (trusts && NOT_WITH_TRUST.has(feature)) || (asks && NOT_WITH_ORIGINAL.has(feature));
  return new Set(features.filter((feature) => !without(feature)));
}
