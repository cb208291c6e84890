import type { Policy } from '../../client/views.ts';
import { usageFault } from '../../process/fault.ts';

/** The policy of the key that is meant: the only one, or the one whose key ends as given. */
export function chooseKey(
  policies: readonly Policy[],
  { chain, key }: { readonly chain?: string | undefined; readonly key?: string | undefined },
): Policy {
  const end = (key ?? '').replace(/^0x/, '').toLowerCase();
  const found = policies.filter((policy) => (chain ?? policy.chain) === chain || chain === undefined);
  const [one, ...others] = found.filter((policy) => policy.key.endsWith(end));
  if (one !== undefined && others.length === 0) return one;
  const listed = policies.map((policy) => `${policy.key} on ${policy.chain}`).join('; ');
  if (policies.length === 0)
    throw usageFault('no key has a policy yet', 'apply one first: `watchbill policy apply FILE`');
  if (one === undefined)
    throw usageFault(`no key of a policy ends with ${end}`, `name one of: ${listed}`, 'flag --key');
  throw usageFault(
    'several keys are meant',
    `name one by --key, and --chain if needed: ${listed}`,
    'flag --key',
  );
}
