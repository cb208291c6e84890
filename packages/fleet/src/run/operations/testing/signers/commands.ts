import fc from 'fast-check';
import {
  BORN,
  CLUSTERS,
  type ClusterName,
  MACHINES,
  type MachineName,
  POOLS,
  type PoolName,
  type Signer,
} from './file.ts';
import type { Move } from './moves.ts';

/** The seed of a pool's signer is put: in a cluster as a Secret, on a machine by `secrets put`. */
export interface Seed {
  readonly do: 'seed';
  readonly pool: PoolName;
  readonly seed: number;
  readonly replace: boolean;
  readonly isCutShort: boolean;
}

export interface Look {
  readonly do: 'plan';
  readonly operator: number;
  /** The person makes every claim that is true. */
  readonly isClaiming: boolean;
}

/** `fleet backup restore` of the node of a pool, with an older database. */
export interface Restore {
  readonly do: 'restore';
  readonly operator: number;
  readonly pool: PoolName;
  /** A person says that the signer has no keys. */
  readonly withoutKeys: boolean;
}

/** `fleet up --local` with the file of the network. */
export interface Up {
  readonly do: 'up';
  readonly operator: number;
  readonly seeds: 'real' | 'development';
}

export interface Scale {
  readonly do: 'scale';
  readonly operator: number;
  readonly pool: PoolName;
  readonly count: number;
}

/** A person inserts a key by RPC into the running signer of a pool. No file and no Secret shows it. */
export interface Insert {
  readonly do: 'insert';
  readonly pool: PoolName;
  readonly seed: number;
}

/** A signer that this network file does not know starts with the seed of a pool. */
export interface Theirs {
  readonly do: 'theirs';
  readonly pool: PoolName;
  /** The same network, from another folder and in another namespace; otherwise another tool. */
  readonly isTwin: boolean;
}

/** The claim of a pool's keystore has a copy of another keystore, before its signer is made. */
export interface CopiedVolume {
  readonly do: 'volume';
  readonly pool: PoolName;
  readonly source: 'claim' | 'snapshot' | 'chosen' | 'disk';
}

/** Something that a person, a machine or a controller does. */
export type Command =
  | Seed
  | Look
  | Restore
  | Up
  | Scale
  | Insert
  | Theirs
  | CopiedVolume
  /** Networks on computers of operators end. */
  | { readonly do: 'down' }
  | { readonly do: 'edit'; readonly pool: PoolName; readonly signer: Signer | null }
  | { readonly do: 'move'; readonly machine: MachineName; readonly how: Move }
  | { readonly do: 'cut'; readonly machine: MachineName; readonly isCut: boolean }
  | { readonly do: 'scrap' }
  | {
      readonly do: 'apply';
      readonly operator: number;
      /** Plans before the last one. */
      readonly back: number;
      /** Calls of places until the process is killed. */
      readonly killAt: number | null;
    }
  | { readonly do: 'render'; readonly isRunning: boolean }
  | { readonly do: 'deliver'; readonly cluster: ClusterName }
  /** From now on pods end this long after the request. */
  | { readonly do: 'late'; readonly ms: number }
  | { readonly do: 'wait'; readonly ms: number };

const SECRETS = ['s0', 's1'] as const;
const SEEDS = 2;
const MOST_KILLED_AT = 14;
const LATE_MS = [0, 20_000, 3_600_000];
const COUNTS = [0, 2];

const place = fc.constantFrom(...CLUSTERS, ...MACHINES);
const machine = fc.constantFrom(...MACHINES);
const seldom = fc.nat(5).map((drawn) => drawn === 0);
const operator = fc.nat(6).map((drawn) => (drawn === 0 ? 1 : 0));
const secret = fc.constantFrom(...SECRETS);
const pool = fc.constantFrom(...POOLS);

const seed: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('seed' as const), pool, seed: fc.nat(SEEDS - 1) },
  ...{ replace: fc.boolean(), isCutShort: seldom },
});

function signerAt(where: fc.Arbitrary<Signer['place']>): fc.Arbitrary<Signer> {
  const set = fc.option(fc.constant('k'), { freq: 2, nil: null });
  return fc.record({ place: where, secret, set });
}

function edit(where: fc.Arbitrary<Signer['place']>): fc.Arbitrary<Command> {
  const signer = fc.option(signerAt(where), { freq: 4, nil: null });
  return fc.record({ do: fc.constant('edit' as const), pool, signer });
}

/**
 * The file gets a signer, and it is brought into force by `rest`. Commands about a pool are about that of
 * the signer.
 */
function bring(
  where: fc.Arbitrary<Signer['place']>,
  rest: fc.Arbitrary<readonly Command[]>,
): fc.Arbitrary<readonly Command[]> {
  return fc
    .tuple(pool, signerAt(where), fc.nat(SEEDS - 1), rest)
    .map(([one, signer, number, last]): readonly Command[] => [
      { do: 'edit', pool: one, signer },
      { do: 'seed', pool: one, seed: number, replace: false, isCutShort: false },
      ...last.map((command) => ('pool' in command ? { ...command, pool: one } : command)),
    ]);
}

const late: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('late' as const), ms: fc.constantFrom(...LATE_MS) },
});
const wait: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('wait' as const), ms: fc.constantFrom(30_000, 7_200_000) },
});
const plan: fc.Arbitrary<Look> = fc.record({
  ...{ do: fc.constant('plan' as const), operator, isClaiming: seldom.map((one) => !one) },
});
const killAt = fc.option(fc.nat(MOST_KILLED_AT), { freq: 2, nil: null });
const apply: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('apply' as const), operator, back: seldom.map(Number), killAt },
});
/** As a person does it most often. */
const both: fc.Arbitrary<readonly Command[]> = operator.map((one) => [
  { do: 'plan', operator: one, isClaiming: true },
  { do: 'apply', operator: one, back: 0, killAt: null },
]);

const restore: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('restore' as const), operator, pool, withoutKeys: seldom.map((one) => !one) },
});
const up: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('up' as const), operator, seeds: fc.constantFrom('real', 'development') },
});
const scale: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('scale' as const), operator, pool, count: fc.constantFrom(...COUNTS) },
});
const insert: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('insert' as const), pool, seed: fc.nat(SEEDS - 1) },
});
const theirs: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('theirs' as const), pool, isTwin: fc.boolean() },
});
const theirsAndBoth = fc.tuple(theirs, both).map(([first, rest]): readonly Command[] => [first, ...rest]);
const cluster = fc.constantFrom(...CLUSTERS);
const born = (one: PoolName, where: ClusterName): Command => ({
  ...{ do: 'edit', pool: one, signer: { place: where, secret: BORN, set: null } },
});
const volume = fc.record({
  ...{ do: fc.constant('volume' as const), pool },
  source: fc.constantFrom('claim', 'snapshot', 'chosen', 'disk'),
});
/** Two signers with keystores. One keystore is copied for the other, before the plan or after it. */
const keystores = fc
  .tuple(cluster, both, plan, volume, fc.boolean())
  .map(([where, first, last, copy, isLate]): readonly Command[] => [
    ...[born(copy.pool === 'a' ? 'b' : 'a', where), ...first, born(copy.pool, where)],
    ...(isLate ? [last, copy] : [copy, last]),
    { do: 'apply', operator: last.operator, back: 0, killAt: null },
  ]);
/** Commands that find a network in force. */
const door = fc.oneof({ weight: 2, arbitrary: restore }, up, scale, { weight: 2, arbitrary: insert });
const bothAndDoor = fc.tuple(both, door).map(([first, last]): readonly Command[] => [...first, last]);

/** A network that `plan` and `apply` manage. */
const applied: fc.Arbitrary<Command | readonly Command[]> = fc.oneof(
  { weight: 4, arbitrary: seed },
  { weight: 5, arbitrary: edit(place) },
  { weight: 5, arbitrary: bring(place, both) },
  { weight: 2, arbitrary: bring(place, bothAndDoor) },
  { weight: 2, arbitrary: bring(place, theirsAndBoth) },
  { weight: 1, arbitrary: theirs },
  { weight: 1, arbitrary: volume },
  { weight: 2, arbitrary: keystores },
  { weight: 4, arbitrary: both },
  { weight: 3, arbitrary: plan },
  { weight: 3, arbitrary: apply },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{
        do: fc.constant('move' as const),
        machine,
        how: fc.constantFrom('both', 'only', 'clone', 'replaced'),
      },
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), machine, isCut: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Command>({ do: 'scrap' }) },
  { weight: 1, arbitrary: late },
  { weight: 1, arbitrary: wait },
  { weight: 2, arbitrary: door },
  { weight: 1, arbitrary: fc.constant<Command>({ do: 'down' }) },
);

const render: fc.Arbitrary<Command> = fc.record({
  ...{ do: fc.constant('render' as const), isRunning: seldom.map((one) => !one) },
});
const deliver: fc.Arbitrary<Command> = fc.record({ do: fc.constant('deliver' as const), cluster });
const ship: fc.Arbitrary<readonly Command[]> = cluster.map((one) => [
  { do: 'render', isRunning: true },
  { do: 'deliver', cluster: one },
]);

/** A network that controllers apply from a rendered folder. */
const rendered: fc.Arbitrary<Command | readonly Command[]> = fc.oneof(
  { weight: 4, arbitrary: bring(cluster, ship) },
  { weight: 2, arbitrary: edit(cluster) },
  { weight: 3, arbitrary: render },
  { weight: 4, arbitrary: deliver },
  { weight: 1, arbitrary: late },
  { weight: 1, arbitrary: wait },
);

/** Some of them are several commands. */
const MOST_COMMANDS = 12;

/** Commands about one network. One of four networks is rendered for other tools. */
export const sequences: fc.Arbitrary<readonly Command[]> = fc.noBias(
  fc.oneof({ weight: 3, arbitrary: several(applied) }, { weight: 1, arbitrary: several(rendered) }),
);

function several(one: fc.Arbitrary<Command | readonly Command[]>): fc.Arbitrary<readonly Command[]> {
  return fc.array(one, { maxLength: MOST_COMMANDS, minLength: 4, size: 'max' }).map((all) => all.flat());
}
