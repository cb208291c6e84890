import { usageFault } from '@watchbill/kit';
import { flag } from '@watchbill/kit/command/command';
import { text } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import type { KeyWords, Policy } from '../rule/index.ts';
import type { MarkView } from '../service/index.ts';
import type { Api } from './api.ts';

const HOW = 'its name, its last six digits or more, or all of it';

/** `--key`, of one key. */
export const keyFlag = flag(text('key'), `the key: ${HOW}`, { complete: 'keys' });
/** `--key`, where a command takes all keys without it. */
export const onlyKey = flag(text('key').optional(), `only this key: ${HOW}`, { complete: 'keys' });
/** `--chain`, for a key that signs on several. */
export const chainFlag = flag(
  text('hash').optional(),
  'genesis hash of the chain, or its end; needed only if the key signs on several',
);

/** The policies of the key and chain that are named; of all without. The service finds the key. */
export async function policiesOf(api: Api, { key, chain }: KeyWords): Promise<readonly Policy[]> {
  return (await api.get<{ policies: Policy[] }>('/v1/policies', { key, chain })).policies;
}

/** The one policy that is meant. Throws a usage fault if the key signs on several chains. */
export async function policyOf(api: Api, words: KeyWords & { readonly key: string }): Promise<Policy> {
  const [policy, ...others] = await policiesOf(api, words);
  if (policy !== undefined && others.length === 0) return policy;
  const chains = [policy, ...others].flatMap((one) => one?.chain ?? []).join(', ');
  throw usageFault(`the key signs on several chains: ${chains}`, 'add --chain', 'flag --key');
}

/** Key and chain in full. The service is asked only if one is not. */
export async function wholeKey(api: Api, words: KeyWords & { readonly key: string }) {
  // Loaded here, so that `watchbill status` starts without the rule.
  const { wholeHex } = await import('../rule/index.ts');
  const [key, chain] = [wholeHex(words.key), words.chain === undefined ? null : wholeHex(words.chain)];
  return key !== null && chain !== null ? { key, chain } : policyOf(api, words);
}

/** For example `alpha (0xd43593c7…5ac67d)`; without a name only the digits. */
export function shownKey({ name, key }: Pick<Policy, 'name' | 'key'>): string {
  return name === undefined ? shortHex(key) : `${name} (${shortHex(key)})`;
}

/** For example `by ada since 2026-11-23T04:10:00.000Z: a copy of the disk is missing`. */
export function freezeText({ freeze }: Policy): string {
  if (freeze === undefined) return 'its policy no longer names who froze it';
  return `by ${freeze.by} since ${new Date(freeze.atMs).toISOString()}: ${freeze.reason}`;
}

/** For each duty whose floor, or a granted slot of which, lies in the future. */
export function silencedTexts(marks: readonly MarkView[]): readonly string[] {
  return marks.flatMap(({ duty, deniedUntil }) =>
    deniedUntil === undefined
      ? []
      : [`DENIED ${duty} until ${deniedUntil}: its floor or a granted slot lies ahead`],
  );
}
