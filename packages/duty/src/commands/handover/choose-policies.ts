import { usageFault } from '@watchbill/kit';
import type { Api } from '../../client/api.ts';
import { policiesOf, policyOf } from '../../client/keys.ts';
import type { KeyWords, Policy } from '../../rule/index.ts';

/**
 * The policies that are meant: that of the key, or all that list the node. A validator has a key for each
 * duty, and an upgrade needs all of them on the other machine.
 */
export async function choosePolicies(
  api: Api,
  { to, key, chain }: KeyWords & { readonly to: string },
): Promise<readonly Policy[]> {
  const policies =
    key === undefined ? await policiesOf(api, { chain }) : [await policyOf(api, { key, chain })];
  const found = policies.filter(({ roster }) => roster.some(({ name }) => name === to));
  if (found.length > 0) return found;
  if (policies.length === 0)
    throw usageFault('no key has a policy yet', 'apply one first: `watchbill policy apply FILE`');
  const nodes = [...new Set(policies.flatMap(({ roster }) => roster.map(({ name }) => name)))];
  const what = `no policy ${key === undefined ? '' : 'of this key '}lists the node ${to}`;
  throw usageFault(what, `the nodes are: ${nodes.join(', ')}`, 'flag --to');
}
