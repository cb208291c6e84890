import { readAddress } from '@watchbill/chain/address';
import type { NodeDetails } from '../feed/actions.ts';
import type { MatchedBy, Person } from './person.ts';

/** Why a node with the name of a candidate is not matched to it. */
export type ImpostorReason = 'not-a-declared-network-id' | 'key-of-another' | 'too-many-of-the-name';

/** Matches a node to a candidate: by network id or key before name. */
export type Match =
  | { readonly kind: 'of'; readonly person: Person; readonly by: MatchedBy }
  | { readonly kind: 'impostor'; readonly person: Person; readonly reason: ImpostorReason }
  | { readonly kind: 'stranger' };

/** Finds candidates by the reported details of a node. */
export interface Register {
  match(details: Pick<NodeDetails, 'name' | 'networkId' | 'validatorAddress'>): Match;
}

/**
 * Builds the tables. A network id or key that two candidates claim matches neither; they are matched by name.
 */
export function registerOf(people: Iterable<Person>): Register {
  const all = [...people];
  const byNetworkId = uniqueIndex(all, ({ watched }) => watched.networkIds ?? []);
  const byKey = uniqueIndex(all, ({ watched }) => watched.validatorKeys ?? []);
  const byName = uniqueIndex(all, ({ watched }) => [watched.name]);
  return {
    match: ({ name, networkId, validatorAddress }) => {
      const ofNetworkId = networkId === null ? undefined : byNetworkId.get(networkId);
      if (ofNetworkId !== undefined) return { kind: 'of', person: ofNetworkId, by: 'network-id' };
      const key = validatorAddress === null ? null : (readAddress(validatorAddress)?.publicKey ?? null);
      const ofKey = key === null ? undefined : byKey.get(key);
      const named = byName.get(name);
      // A key is public, but a network id was declared, so the declaration has precedence.
      if (ofKey !== undefined && !hasDeclared(ofKey)) {
        return { kind: 'of', person: ofKey, by: 'validator-address' };
      }
      if (named === undefined) return { kind: 'stranger' };
      return byNameOnly(named, key);
    },
  };
}

function byNameOnly(person: Person, key: string | null): Match {
  if (hasDeclared(person)) return { kind: 'impostor', person, reason: 'not-a-declared-network-id' };
  const keys = person.watched.validatorKeys ?? [];
  // Most nodes report no key, which is not a mismatch.
  if (key !== null && keys.length > 0 && !keys.includes(key))
    return { kind: 'impostor', person, reason: 'key-of-another' };
  return { kind: 'of', person, by: 'name' };
}

function hasDeclared({ watched }: Person): boolean {
  return (watched.networkIds ?? []).length > 0;
}

function uniqueIndex(
  people: readonly Person[],
  valuesOf: (person: Person) => readonly string[],
): ReadonlyMap<string, Person> {
  const found = new Map<string, Person>();
  const twice = new Set<string>();
  for (const person of people) {
    for (const value of new Set(valuesOf(person))) {
      if (found.has(value)) twice.add(value);
      else found.set(value, person);
    }
  }
  for (const value of twice) found.delete(value);
  return found;
}
