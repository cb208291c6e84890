import { type KeyWords, wholeHex } from '../../../rule/index.ts';
import type { Permit } from '../../contract.ts';
import { meantKey, meantKeys } from '../../policy/meant-keys.ts';

type Policies = Pick<Permit, 'policies'>;

/**
 * The request of an operator or reader with all of the key and the chain that it names. Those that are whole
 * already are taken as they are, so that a key without a policy can be asked for. Throws a PermitFault.
 */
export async function withKeys<Request extends KeyWords>(
  { policies }: Policies,
  request: Request,
): Promise<Request> {
  const of = (text: string | undefined) => (text === undefined ? undefined : wholeHex(text));
  const [key, chain] = [of(request.key), of(request.chain)];
  const [first] = key === null || chain === null ? meantKeys(await policies(), request) : [];
  return {
    ...request,
    ...(key === undefined ? {} : { key: key ?? first?.key }),
    ...(chain === undefined ? {} : { chain: chain ?? first?.chain }),
  };
}

/** The same for one key: its chain is filled in, unless it signs on several. */
export async function withOneKey<Request extends KeyWords & { readonly key: string }>(
  permit: Policies,
  request: Request,
): Promise<Request & { readonly chain: string }> {
  const found = await withKeys(permit, request);
  return { ...found, chain: found.chain ?? meantKey(await permit.policies(), found).chain };
}
