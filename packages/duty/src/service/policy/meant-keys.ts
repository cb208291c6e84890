import { findKeys, type KeyWords, type NamedKey } from '../../rule/index.ts';
import { PermitFault } from '../contract.ts';

/** The keys that the words mean. Throws a PermitFault `key-unknown` or `key-ambiguous`, which lists keys. */
export function meantKeys<One extends NamedKey>(all: readonly One[], words: KeyWords): readonly One[] {
  const answer = findKeys(all, words);
  if (answer.ok) return answer.found;
  const { code, what, remedy } = answer;
  if (code === 'key-unknown') throw new PermitFault('key-unknown', 404, what, remedy);
  throw new PermitFault('key-ambiguous', 409, what, remedy);
}

/** The one that the words mean. A key that signs on several chains needs the chain too. */
export function meantKey<One extends NamedKey>(all: readonly One[], words: KeyWords): One {
  const [first, ...others] = meantKeys(all, words);
  if (first !== undefined && others.length === 0) return first;
  const chains = [first, ...others].map((one) => one?.chain).join(', ');
  const message = `the key signs on ${others.length + 1} chains: ${chains}`;
  throw new PermitFault('key-ambiguous', 409, message, 'Name the chain too.');
}
