/** Drawn apart, so that the plans of older seeds stay the same. */
const APART = [
  'crashes-when-behind',
  'freezes',
  'resends',
  'twins',
  'low-adoptions',
  'observer-behind',
  'held-enters',
  'wrong-clocks',
] as const;

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
  ...APART,
] as const;

export type Feature = (typeof FEATURES)[number];
export const DRAWN_APART: readonly Feature[] = APART;

/** Features that rule out others, and why. */
const RULED_OUT: readonly { readonly by: readonly Feature[]; readonly out: readonly Feature[] }[] = [
  // What a policy with `return: trust` assumes: one service, whose machine is never rolled back.
  {
    by: ['trusted-returns'],
    out: [
      'third-service',
      'removals',
      'restore-store',
      'restore-disks',
      'restore-nodes',
      'sessions-survive',
      'words-lost',
    ],
  },
  // The questions of the original wire protocol name no set, so its second way of voting stays in one.
  { by: ['original-wire', 'scope-changes'], out: ['set-changes'] },
  // An adoption replaces the base by its floors. Low ones are right only while the store holds every mark.
  { by: ['restore-store', 'restore-disks', 'new-epochs', 'scope-changes'], out: ['low-adoptions'] },
  // The highest first report must come soon after the opening: from the observer that is not behind.
  {
    by: ['lossy-network', 'cuts', 'crashes', 'pauses', 'observer-faults', 'clock-steps', 'sleepers'],
    out: ['observer-behind'],
  },
  // A service that starts anew knows of no block, and one that hears of none has its clock alone.
  ...(
    [
      ['crashes', 'failpoints', 'pauses', 'cuts', 'refused-records', 'lossy-network', 'lossy-store'],
      ['ambiguous-store', 'observer-faults', 'observer-behind', 'rolling-restarts', 'full-disks'],
      ['restore-store', 'restore-disks', 'crashes-when-behind', 'new-epochs', 'clock-steps'],
    ] as const
  ).map((by) => ({ by, out: ['wrong-clocks'] as const })),
];

/** The features without those that another one of them rules out. */
export function compatible(features: readonly Feature[]): ReadonlySet<Feature> {
  const rules = RULED_OUT.filter(({ by }) => by.some((feature) => features.includes(feature)));
  return new Set(features.filter((feature) => !rules.some(({ out }) => out.includes(feature))));
}
