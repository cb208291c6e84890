import { isList, isRecord, type Json } from '@watchbill/base';
import { excludes, keysOf } from '../graph/key-set.ts';
import type { LiveResource } from '../live/port.ts';
import type { PlanProblem, Step } from './change.ts';
import { planProblem } from './steps.ts';

type Live = ReadonlyMap<string, LiveResource>;

/**
 * Users of a network's keys that no step of it can end: a signer of another network; and one set of keys
 * under two names, which the order of steps does not consider.
 */
export function keysElsewhere(steps: readonly Step[], live: Live): readonly PlanProblem[] {
  return [...otherNetworks(steps, live), ...seedsTwice(live)];
}

interface Signer {
  readonly id: string;
  readonly network: string | null;
  readonly use: string;
}

function otherNetworks(steps: readonly Step[], live: Live): readonly PlanProblem[] {
  const touched = new Set(steps.map(({ resourceId }) => resourceId));
  const kept = [...live.values()].flatMap(({ id, network, subject }): readonly Signer[] =>
    network === null || subject.keySet === null || touched.has(id)
      ? []
      : [{ id, network, use: subject.keySet }],
  );
  const begun = steps.flatMap(({ resourceId, resource }): readonly Signer[] => {
    const use = resource?.subject.keySet ?? null;
    return use === null ? [] : [{ id: resourceId, network: null, use }];
  });
  return kept.flatMap((other, index) =>
    // Users in another network that no step touches; two users of this network are refused before.
    [...begun, ...kept.slice(0, index)]
      .filter((own) => own.network !== other.network && excludes(own.use, other.use))
      .map((own) => ofAnother(own, other)),
  );
}

function ofAnother(own: Signer, other: Signer): PlanProblem {
  const whose = own.network === null ? 'its keys' : `the keys of this one of the network ${own.network}`;
  return {
    ...planProblem(
      'two-signers',
      own.id,
      `${other.id} of the network ${other.network} has ${whose} (${own.use}), and no plan of this network stops it`,
    ),
    remedy: `remove that node from the file of the network ${other.network}, apply that, and plan again; if these are other keys of the same name, give them a new name: \`keys: {session: {set: NAME}}\``,
  };
}

interface SeedUser {
  readonly secret: string;
  readonly id: string;
  readonly use: string;
  readonly declared: boolean;
  readonly seeds: Readonly<Record<string, Json>>;
}

function seedsTwice(live: Live): readonly PlanProblem[] {
  const users = [...live.values()].flatMap(usersOf);
  const byPrint = new Map<string, SeedUser[]>();
  for (const user of users)
    for (const [type, print] of Object.entries(user.seeds)) {
      const key = `${type} ${String(print)}`;
      byPrint.set(key, [...(byPrint.get(key) ?? []), user]);
    }
  const said = new Set<string>();
  return [...byPrint].flatMap(([key, all]) =>
    all
      .filter(({ declared }) => declared)
      .flatMap((user): readonly PlanProblem[] => {
        const other = all.find(({ id, use }) => id !== user.id && keysOf(use) !== keysOf(user.use));
        if (other === undefined || said.has(user.id)) return [];
        said.add(user.id);
        return [underTwoNames(user, other, key.slice(0, 4))];
      }),
  );
}

function underTwoNames(user: SeedUser, other: SeedUser, type: string): PlanProblem {
  return {
    ...planProblem(
      'two-signers',
      user.id,
      `the seed ${type} of its Secret ${user.secret} is that of ${other.id} in the Secret ${other.secret}: one set of keys under the names ${keysOf(user.use)} and ${keysOf(other.use)}`,
    ),
    remedy:
      'give each node separate seeds; if they are meant to have the same keys, or to get them one after the other, say so: `keys: {session: {set: NAME}}`, the same name for both',
  };
}

function usersOf({ id, kind, body }: LiveResource): readonly SeedUser[] {
  if (kind !== 'Secret' || !isRecord(body) || !isRecord(body.seeds) || !isList(body.users)) return [];
  const { seeds } = body;
  return body.users.filter(isRecord).map((user) => ({
    secret: id,
    id: String(user.id),
    use: String(user.use),
    declared: user.declared === true,
    seeds,
  }));
}
