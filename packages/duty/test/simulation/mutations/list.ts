import type { Feature } from '../plan/features.ts';
import type { Sabotage } from '../plan/plan.ts';

/** A rule, broken on purpose. A simulation that never notices it is blind to the rule. */
interface Broken {
  /** What the code does with the patch. */
  readonly what: string;
  /** Sentence of the claim protocol that the patch removes: `4.2b` is rule 2b of section 4. */
  readonly rule: string;
  /** The features of its runs, and no others. */
  readonly features: readonly Feature[];
  /** Judge the liveness phase too. */
  readonly liveness?: true;
  /** Another rule covers this one, so that no run can notice it alone. */
  readonly redundant?: string;
}

export interface Mutation extends Broken {
  readonly name: string;
  /** Names of patches in this folder; all but the first must not show the same violation at that seed. */
  readonly patches: readonly string[];
}

const RESTORES: readonly Feature[] = ['restore-store', 'restore-disks', 'dense', 'probes'];
const SURVIVING: readonly Feature[] = ['restore-store', 'sessions-survive', 'dense', 'probes'];
const WORDS: readonly Feature[] = ['restore-store', 'restore-disks', 'dense', 'probes'];

/** By the name of the patch, without `.patch`; the names after `with` are of others in the same runs. */
const BROKEN: Readonly<Record<string, Broken>> = {
  'm1-mark-not-compared': {
    what: 'a grant does not compare the mark',
    rule: '4, compare of the mark',
    features: ['second-key', 'probes'],
  },
  'm2-entry-not-appended': {
    what: 'the ledger entry is not written',
    rule: '2, disk of a service',
    features: [],
  },
  'm3-reply-before-durable': {
    what: 'the reply does not wait for the disk',
    rule: '4, append before reply',
    features: [],
  },
  'm4-epoch-ignored': {
    what: 'marks and grants ignore the epoch',
    rule: '4.1, 6 recovery',
    features: ['new-epochs'],
  },
  'm5-other-digest-repeated': {
    what: 'another digest of a granted part is a repeat',
    rule: '4.4, repeat',
    features: ['probes'],
  },
  'm6-report-forgotten': {
    what: 'a rollback report holds no key',
    rule: '6, a word that the store does not explain',
    features: WORDS,
  },
  'm7-policy-not-compared': {
    what: 'a grant does not compare the policy',
    rule: '4, compare of the policy',
    features: ['policy-changes', 'dense', 'third-service', 'lossy-store', 'cuts'],
  },
  'm8-session-not-compared': {
    what: 'a grant does not compare the session',
    rule: '4, compare of the session',
    features: SURVIVING,
  },
  'm9-last-entry-not-learned': {
    what: 'the last entry is not appended first',
    rule: '2, an entry that is not known',
    features: ['failpoints', 'crashes'],
  },
  'm10-watch-not-compared': {
    what: 'an enter does not compare the watch',
    rule: '4.4, enter under a term',
    features: ['pauses', 'dense', 'lossy-network', 'third-service', 'slow-disks'],
  },
  'm11-unsure-counts-as-applied': {
    what: 'a transaction without a certain answer counts as applied',
    rule: '4, ambiguous transaction',
    features: ['ambiguous-store', 'probes'],
  },
  'm12-memory-does-not-cancel': {
    what: 'a service that is asked for its memory goes on telling its work',
    rule: '6, sessions: an asked service cancels',
    features: ['crashes', 'dense', 'slow-disks', 'third-service'],
  },
  'm13-floor-not-raised': {
    what: 'units that leave a mark raise no floor',
    rule: '4.5, floor',
    features: ['policy-changes', 'probes'],
  },
  'm14-generation-not-checked': {
    what: 'the service answers granted although the session was lost meanwhile',
    rule: '6, sessions: undelivered work is dropped',
    features: ['restore-store', 'sessions-survive', 'dense', 'slow-disks', 'cuts'],
  },
  'm17-own-memory-ignored': {
    what: 'a claim is not judged by the memory of the service',
    rule: '4.2b',
    features: [...SURVIVING, 'third-service'],
    redundant:
      'a restore ends every session, and the comparison before the next one finds the same contradiction',
  },
  'm17-own-memory-ignored with m8-session-not-compared and c2-counter-not-raised': {
    what: 'the same, and a grant does not compare the session',
    rule: '4.2b with the compare of the session',
    features: [...SURVIVING, 'third-service'],
  },
  'm18-repeat-without-transaction': {
    what: 'a repeat does not compare with the store',
    rule: '4, a repeat runs a transaction',
    features: ['policy-changes', 'dense', 'cuts', 'resends'],
  },
  'c1-no-base': { what: 'a session has no base', rule: '4.2, base', features: [...RESTORES, 'words-lost'] },
  'c2-counter-not-raised': {
    what: 'a renewal does not raise the counter',
    rule: '2, session record',
    features: [...SURVIVING, 'words-lost'],
  },
  'c3-stale-reports-count': {
    what: 'reports from before the opening count',
    rule: '4.2, reports after the opening',
    features: [...RESTORES, 'words-lost', 'lossy-network', 'observer-faults'],
    redundant:
      'restores of the simulator go back nine rounds, and the base reaches 16 above a report; the first fresh report also raises it. The model `observers.pml` fails without the rule: `control: stored reports count`',
  },
  'c4-parts-of-old-units': {
    what: 'a part of an entered unit at or below the base goes to any start of the owner',
    rule: '4.2, parts below the base',
    // Rare restores: amid dense ones the base denies most rounds.
    features: [
      'restore-store',
      'restore-disks',
      'restore-nodes',
      'words-lost',
      'late-votes',
      'lossy-network',
      'crashes',
      'probes',
    ],
  },
  'c5-bounds-on-parts': {
    what: 'the base applies to parts of the start that entered',
    rule: '4.2, no bounds on parts',
    features: ['late-votes', 'crashes'],
  },
  'c6-meaning-ignored': {
    what: 'a policy that changes the meaning of units is applied, and marks do not mind',
    rule: '4.2a, 6 change of policy',
    features: ['scope-changes', 'probes'],
  },
  'c7-clock-steps-ignored': {
    what: 'a step of the wall clock ends no session',
    rule: '4.2, clock against the monotonic one',
    features: ['clock-steps', 'dense'],
  },
  'c29-arrivals-ignored': {
    what: 'the clock of the service alone bounds slots',
    rule: '4.2, second clock',
    features: ['wrong-clocks', 'third-service'],
  },
  'c8-peer-base-not-taken': {
    what: 'a service does not take over the base of a peer',
    rule: "4.2, peer's base",
    features: ['rolling-restarts', 'third-service'],
  },
  'c9-trust-ignored': {
    what: 'a policy that trusts returns has a base and needs fresh reports',
    rule: '4.2, return: trust',
    features: ['rolling-restarts', 'trusted-returns'],
  },
  'c10-no-lower-bound': {
    what: 'units that are long past are granted',
    rule: '4.2, lower bound',
    features: ['sleepers'],
  },
  'c11-unsure-renewal-counts': {
    what: 'a service grants before it has read an unsure renewal back',
    rule: '2, ambiguous renewal',
    features: ['ambiguous-store', 'dense'],
    redundant: 'each grant compares the whole session record, so it meets a conflict and decides again',
  },
  'c11-unsure-renewal-counts with m8-session-not-compared': {
    what: 'the same, and a grant does not compare the session',
    rule: '2, ambiguous renewal with the compare of the session',
    features: [...SURVIVING, 'ambiguous-store', 'third-service'],
  },
  'c12-numbers-instead-of-lineage': {
    what: 'words and memories are compared by number',
    rule: '2, explains: lineage',
    redundant:
      'while sessions notice that the store went back, counter and base alone are enough. The model `sessions-and-base.pml` fails without this rule and rule 2b: `control: numbers, no own ledger`',
    features: [...WORDS, 'words-lost', 'pauses', 'crashes'],
  },
  'c13-own-ledger-not-for-repeats': {
    what: 'the ledger of the service is not asked for repeats',
    rule: '4.2b, repeats',
    features: [...SURVIVING, 'third-service'],
    redundant:
      'lineage: a mark that repeats another digest does not hold the entry that the service remembers. The model `sessions-and-base.pml` fails without both: `control: numbers, no own ledger`',
  },
  'c14-looking-again-releases': {
    what: 'a look at the mark releases a word, whatever it finds',
    rule: '6, a word is never released by comparing',
    features: ['restore-store', 'restore-disks', 'words-lost', 'second-key', 'probes'],
  },
  'c15-word-only-in-memory': {
    what: 'a service that starts does not raise the words on its disk',
    rule: '6, words on the disk',
    features: [...WORDS, 'crashes-when-behind'],
  },
  'c16-record-tried-once': {
    what: 'the record of a report is written once and never again',
    rule: '6, tried again until it is in the store',
    features: ['restore-store', 'restore-disks', 'refused-records'],
    liveness: true,
  },
  'c17-proof-of-word-not-checked': {
    what: 'the HMAC of a word is not checked',
    rule: '6, a wrong HMAC',
    features: ['forged-words'],
  },
  'c18-released-by-node': {
    what: 'a release counts for every later word of the same node',
    rule: '6, a release is of one word',
    features: [...WORDS, 'words-lost', 'vouches'],
  },
  'c19-record-put-blindly': {
    what: 'a write of a rollback report does not compare the text that was read',
    rule: '2, record of a rollback report: each write compares',
    features: [
      'restore-store',
      'restore-disks',
      'words-lost',
      'vouches',
      'adoptions',
      'lossy-store',
      'third-service',
      'second-key',
      'probes',
    ],
    redundant:
      'each writer reads the record just before, and an overwritten release holds a key for longer, which is safe. The unit test `a write that compared an older text changes nothing` fails without the compare',
  },
  'c20-low-floor-accepted': {
    what: 'an adoption below a held word is accepted',
    rule: '6, adopt: floors above held words',
    features: ['restore-store', 'restore-disks', 'adoptions', 'probes'],
  },
  'c21-fork-only-logged': {
    what: 'a fork in the own ledger ends no session',
    rule: '7, a fork in its own append',
    features: [...WORDS, 'adoptions'],
  },
  'c22-freeze-ignored': {
    what: 'a key that its policy freezes is granted',
    rule: '4, a frozen key',
    features: ['freezes', 'probes'],
  },
  'c23-seal-repeated-to-any-start': {
    what: 'a seal is repeated to another start with the same payload',
    rule: '4.4, repeat to the same incarnation',
    features: ['twins'],
  },
  'c24-parts-to-any-node': {
    what: 'a part of an entered round goes to any node',
    rule: '4.4, a part that is not granted yet',
    features: ['twins', 'late-votes'],
  },
  'c25-adoption-forgets-units': {
    what: 'an adoption forgets the units above its floor',
    rule: '6, adopt: it only raises a floor',
    features: ['low-adoptions', 'probes', 'dense'],
  },
  'c26-one-first-report': {
    what: 'the first report of one observer counts, whatever the others report',
    rule: '4.2, the highest first report',
    features: [...RESTORES, 'words-lost', 'observer-behind'],
  },
  'c27-seal-repeated-while-frozen': {
    what: 'a seal of a frozen key is repeated',
    rule: '4, a frozen key: a seal is not repeated',
    features: ['freezes', 'resends', 'dense'],
  },
  'c28-held-enters-read': {
    what: 'a held `enter` reads the watch at each look, and a read wakes the other claims',
    rule: '5, a held `enter` reads no more until its mirror differs',
    features: ['held-enters'],
  },
};

export const MUTATIONS = Object.entries(BROKEN).map(
  ([name, broken]): Mutation => ({ ...broken, name, patches: name.split(/ with | and /) }),
);

/** Promises that the surroundings break instead of the code. */
export const SABOTAGES: readonly (Broken & {
  readonly sabotage: Sabotage;
  /** Why the rule is needed, though no run of the simulator breaks without it. */
  readonly beyond?: string;
})[] = [
  {
    sabotage: 'ignore-compares',
    what: 'the store applies every transaction',
    rule: '1, serialisable transactions',
    features: ['second-key', 'probes', 'crashes'],
  },
  {
    sabotage: 'lying-disk',
    what: 'a disk says that it synced before it did',
    rule: '1, durable fsync',
    features: ['second-key'],
  },
  {
    sabotage: 'late-requests',
    what: 'a request that was sent before a restore arrives after it',
    rule: '1, no request outlives a restore',
    features: ['restore-store', 'restore-disks', 'dense', 'lossy-store', 'ambiguous-store'],
    beyond:
      'the restored store applies such a request only if session record, mark and policy are those of the backup, so it was sent within one renewal (300 ms) of the backup; it does harm only if another node signed the unit since, every disk that knows so went back, and the first node still waits for its answer. A slot of the simulator is claimed for 1.3 s, and a restore with new sessions takes longer. The model `sessions-and-base.pml` fails without the rule',
  },
  {
    sabotage: 'highest-word',
    what: 'a gate keeps the word with the highest number, whatever the service answers',
    rule: '2, a reply replaces the word that the claim carried',
    features: ['restore-store', 'restore-disks', 'dense', 'adoptions'],
    redundant:
      'the models let a node send any word that it ever received, and hold; the rule lets the node notice a second restore',
  },
];
