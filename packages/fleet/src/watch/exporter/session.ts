import {
  auraAuthorities,
  babeAuthorities,
  grandpaAuthorities,
  type Head,
  hexOf,
  type NodeRpc,
  sessionIndex,
} from '@watchbill/chain';
import { nextSessionKeys, type RuntimeViews } from '@watchbill/chain/extrinsics';
import { ask, type Known, known, unknown } from './known.ts';
import { queuedKeys, sessionAccounts } from './roster.ts';

/** One key that signs in this session, under the name by which keystores keep it. */
export interface CurrentKey {
  readonly type: 'babe' | 'aura' | 'gran';
  readonly key: string;
}

/** The session of a chain at a final block. */
export interface SessionFacts {
  readonly index: number;
  readonly accounts: Known<readonly string[]>;
  /** Keys of the next session by account. */
  readonly queued: Known<ReadonlyMap<string, string>>;
  readonly authors: Known<{ readonly type: 'babe' | 'aura'; readonly keys: readonly string[] }>;
  readonly voters: Known<readonly string[]>;
}

/** The chain's data about one account and its keys. */
export interface StashFacts {
  readonly inSet: Known<boolean>;
  readonly inNextSet: Known<boolean>;
  /** The keys with which it signs in this session; null: none, because it is not in the set. */
  readonly current: Known<readonly CurrentKey[] | null>;
  readonly queued: Known<string | null>;
  readonly next: Known<string | null>;
  /** How many sessions must begin until the registered keys are those that sign. */
  readonly sessionsLeft: Known<number>;
}

/**
 * The session of a final block. It does not change until the next session begins, so a complete read is kept
 * until then. Throws a NodeFault.
 */
export async function readSession(
  node: NodeRpc,
  { hash }: Head,
  before: SessionFacts | null,
): Promise<SessionFacts> {
  const index = Number((await sessionIndex(node, hash)) ?? 0n);
  if (before?.index === index && isWhole(before)) return before;
  const [accounts, queued, babe, aura, voters] = await Promise.all([
    ask(() => sessionAccounts(node, hash)),
    ask(() => queuedKeys(node, hash)),
    ask(async () => (await babeAuthorities(node, hash)).map(({ key }) => key)),
    ask(() => auraAuthorities(node, hash)),
    ask(async () => (await grandpaAuthorities(node, hash)).map(({ key }) => key)),
  ]);
  const authors = babe.known
    ? known({ type: 'babe' as const, keys: babe.value })
    : aura.known
      ? known({ type: 'aura' as const, keys: aura.value })
      : unknown('neither BABE nor Aura names its authorities');
  return {
    index,
    accounts: present(accounts, 'the chain keeps no list of validators that can be read'),
    queued: present(queued, 'the chain keeps no queued keys that can be read'),
    authors,
    voters,
  };
}

function isWhole({ accounts, queued, authors, voters }: SessionFacts): boolean {
  return [accounts, queued, authors, voters].every((fact) => fact.known);
}

function present<Value>(fact: Known<Value | null>, why: string): Known<Value> {
  if (!fact.known) return fact;
  return fact.value === null ? unknown(why) : known(fact.value);
}

/** The facts about one account (32 bytes). Each unreadable fact is unknown by itself. */
export async function readStash(
  node: NodeRpc,
  views: RuntimeViews,
  { hash }: Head,
  session: SessionFacts,
  stash: Uint8Array,
): Promise<StashFacts> {
  const account = hexOf(stash);
  const next = await ask(async () => {
    const { metadata } = await views.at(node, hash);
    const found = await nextSessionKeys(node, metadata, stash, hash);
    return found === null ? null : hexOf(found);
  });
  const queued = session.queued.known ? known(session.queued.value.get(account) ?? null) : session.queued;
  const current = currentKeys(session, account);
  return {
    inSet: session.accounts.known ? known(session.accounts.value.includes(account)) : session.accounts,
    inNextSet: session.queued.known ? known(session.queued.value.has(account)) : session.queued,
    current,
    queued,
    next,
    sessionsLeft: sessionsLeft(next, queued, current),
  };
}

/**
 * Authorities have the order of `Session.Validators`, because pallet-session passes its validators to every
 * handler in turn. If the lengths differ, this does not hold, and the keys are unknown.
 */
export function currentKeys(
  { accounts, authors, voters }: Pick<SessionFacts, 'accounts' | 'authors' | 'voters'>,
  account: string,
): Known<readonly CurrentKey[] | null> {
  if (!accounts.known) return accounts;
  if (!authors.known) return authors;
  const at = accounts.value.indexOf(account);
  if (at < 0) return known(null);
  const { type, keys } = authors.value;
  const votes = voters.known ? voters.value : null;
  const counts = [keys.length, votes?.length ?? keys.length];
  if (counts.some((count) => count !== accounts.value.length))
    return unknown('there are not as many authorities as validators');
  const author = keys[at];
  const voter = votes?.[at];
  if (author === undefined) return unknown('there is no authority at its place');
  return known([
    { type, key: author },
    ...(voter === undefined ? [] : [{ type: 'gran' as const, key: voter }]),
  ]);
}

/**
 * pallet-session: keys that are registered in a session are queued when the next one begins, and sign from
 * the one after that. So 2 if they are not queued, 1 if they are and others sign, 0 if they sign. An account
 * that is not queued has no number.
 */
export function sessionsLeft(
  next: Known<string | null>,
  queued: Known<string | null>,
  current: Known<readonly CurrentKey[] | null>,
): Known<number> {
  if (!next.known) return next;
  if (!queued.known) return queued;
  if (next.value === null) return unknown('no keys are registered');
  if (queued.value === null) return unknown('it is not in the next set');
  if (queued.value !== next.value) return known(2);
  if (!current.known) return current;
  return known(current.value?.every(({ key }) => holdsKey(queued.value ?? '', key)) ? 0 : 1);
}

/** Whether a key of 32 bytes is one of those of a session. */
export function holdsKey(sessionKeys: string, key: string): boolean {
  for (let at = sessionKeys.indexOf(key.slice(2), 2); at >= 0; at = sessionKeys.indexOf(key.slice(2), at + 1))
    if (at % 2 === 0) return true;
  return false;
}
