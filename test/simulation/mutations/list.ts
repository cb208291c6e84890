import type { Feature } from '../plan/features.ts';
import type { Sabotage } from '../plan/plan.ts';

/** Something broken on purpose. A simulation that does not notice it within 200 seeds is blind to it. */
export interface Mutation {
  /** Name of the patch in this folder, without `.patch`. */
  readonly name: string;
  readonly what: string;
  /** The features that it needs; other features are drawn as usual if this is empty. */
  readonly features: readonly Feature[];
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'm1-mark-not-compared',
    what: 'a grant does not compare the mark',
    features: ['second-key', 'probes'],
  },
  { name: 'm2-entry-not-appended', what: 'the ledger entry is not written', features: [] },
  { name: 'm3-reply-before-durable', what: 'the reply does not wait for the disk', features: [] },
  { name: 'm4-epoch-ignored', what: 'marks and grants ignore the epoch', features: ['new-epochs'] },
  {
    name: 'm5-other-digest-repeated',
    what: 'another digest of a granted part is a repeat',
    features: ['probes'],
  },
  {
    name: 'm6-report-forgotten',
    what: 'a rollback report holds no key',
    features: ['restore-store', 'restore-disks', 'old-gate'],
  },
  {
    name: 'm7-policy-not-compared',
    what: 'a grant does not compare the policy',
    features: ['policy-changes', 'third-service', 'lossy-store', 'cuts'],
  },
  {
    name: 'm8-session-not-compared',
    what: 'a grant does not compare the session',
    features: ['restore-store', 'sessions-survive', 'probes', 'third-service'],
  },
  {
    name: 'm9-last-entry-not-learned',
    what: 'the last entry is not appended first',
    features: ['failpoints', 'crashes'],
  },
  {
    name: 'm10-watch-not-compared',
    what: 'an enter does not compare the watch',
    features: ['pauses', 'lossy-network'],
  },
  {
    name: 'm12-memory-does-not-cancel',
    what: 'a service that is asked for its memory goes on telling its work',
    features: ['restore-store', 'sessions-survive', 'ambiguous-store'],
  },
  {
    name: 'm13-floor-not-raised',
    what: 'units that leave a mark raise no floor',
    features: ['policy-changes'],
  },
  {
    name: 'm14-generation-not-checked',
    what: 'a grant is told though the session was lost meanwhile',
    features: ['restore-store', 'sessions-survive', 'pauses'],
  },
  {
    name: 'm17-own-memory-ignored',
    what: 'a claim is not judged by the memory of the service',
    features: ['restore-store', 'sessions-survive', 'third-service', 'probes'],
  },
  {
    name: 'm18-repeat-without-transaction',
    what: 'a repeat compares nothing in the store',
    features: ['policy-changes', 'cuts', 'lossy-store'],
  },
  {
    name: 'c1-no-base',
    what: 'a session has no base',
    features: ['restore-store', 'restore-disks', 'restore-nodes', 'words-lost', 'probes'],
  },
  {
    name: 'c2-counter-not-raised',
    what: 'a renewal does not raise the counter',
    features: ['restore-store', 'restore-disks', 'sessions-survive', 'words-lost', 'probes'],
  },
  {
    name: 'c3-stale-reports-count',
    what: 'reports from before the opening count',
    features: ['restore-store', 'restore-disks', 'restore-nodes', 'words-lost', 'probes'],
  },
  {
    name: 'c4-parts-of-old-units',
    what: 'a part of an entered unit at or below the base goes to any start of the owner',
    features: ['restore-store', 'restore-disks', 'restore-nodes', 'words-lost', 'late-votes', 'crashes'],
  },
  {
    name: 'c5-bounds-on-parts',
    what: 'the base applies to parts of the start that entered',
    features: ['late-votes', 'crashes'],
  },
  {
    name: 'c6-meaning-ignored',
    what: 'a policy that changes the meaning of units is applied, and marks do not mind',
    features: ['scope-changes', 'probes'],
  },
];

/** Promises that the surroundings break instead of the code. */
export const SABOTAGES: readonly { readonly sabotage: Sabotage; readonly features: readonly Feature[] }[] = [
  { sabotage: 'ignore-compares', features: ['second-key', 'probes', 'crashes'] },
  { sabotage: 'lying-disk', features: ['second-key'] },
];
