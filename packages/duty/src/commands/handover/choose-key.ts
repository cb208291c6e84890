import { usageFault } from '@watchbill/kit';
import type { Policy } from '../../client/views.ts';

/**
 * The policies that are meant: those of the key that ends as given, or all that list the node. A validator
 * has a key for each duty, and an upgrade needs all of them on the other machine.
 */
export function choosePolicies(
  policies: readonly Policy[],
  {
    to,
    chain,
    key,
  }: { readonly to: string; readonly chain?: string | undefined; readonly key?: string | undefined },
): readonly Policy[] {
  const end = (key ?? '').replace(/^0x/, '').toLowerCase();
  const onChain = policies.filter((policy) => chain === undefined || policy.chain === chain);
  const found = onChain.filter((policy) =>
    key === undefined ? policy.roster.some(({ name }) => name === to) : policy.key.endsWith(end),
  );
  if (found.length === 1 || (found.length > 1 && key === undefined)) return found;
  const listed = policies.map((policy) => `${policy.key} on ${policy.chain}`).join('; ');
  if (policies.length === 0)
    throw usageFault('no key has a policy yet', 'apply one first: `watchbill policy apply FILE`');
  if (found.length > 1)
    throw usageFault(`several keys end with ${end}`, `name one of: ${listed}`, 'flag --key');
  const what = key === undefined ? `no policy lists the node ${to}` : `no key of a policy ends with ${end}`;
  throw usageFault(what, `the keys are: ${listed}`, key === undefined ? 'flag --to' : 'flag --key');
}
