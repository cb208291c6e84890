import type { Journal } from './journal.ts';
import type { OwnerSeen } from './records.ts';

/** One validator: its account and all session keys that it has or had. */
export interface Identity {
  readonly account: string;
  /** Label that the test gave; null without one. */
  readonly name: string | null;
  readonly keys: readonly { readonly type: string; readonly key: string }[];
}

/** Every account with session keys. A key that signed without a known owner counts as a separate account. */
export function identitiesOf(journal: Journal, names: Readonly<Record<string, string>>): readonly Identity[] {
  const owners = [...journal.owners.values(), ...strangers(journal)];
  return [...Map.groupBy(owners, ({ account }) => account)].map(([account, keys]) => ({
    account,
    name: names[account] ?? null,
    keys: keys.map(({ type, key }) => ({ type, key })),
  }));
}

function strangers(journal: Journal): readonly OwnerSeen[] {
  const signed = [
    ...[...journal.headers.values()].map(({ authority }) => ({ type: 'block', key: authority })),
    ...[...journal.votes.values()].map(({ authority }) => ({ type: 'gran', key: authority })),
  ];
  const owned = new Set([...journal.owners.values()].map(({ key }) => key));
  const unknown = new Map(signed.filter(({ key }) => !owned.has(key)).map((each) => [each.key, each]));
  return [...unknown.values()].map((each) => ({ ...each, account: each.key }));
}
