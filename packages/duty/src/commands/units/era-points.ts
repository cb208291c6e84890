import { hexOf } from '@watchbill/chain';
import { accountOfAddress } from '@watchbill/chain/command/account';
import { openNode } from '@watchbill/chain/command/node';
import { readEraPoints } from '@watchbill/chain/reading';
import type { Io } from '@watchbill/kit/command/io';
import { DEFAULT_TIMEOUT_MS } from '../../client/target.ts';

/** The era points of a validator, by a node of the chain with the stakes. */
export async function readPoints({ clock }: Io, validator: string, staking: string) {
  const stash = hexOf(accountOfAddress(validator, 'flag --validator'));
  const node = await openNode(staking, DEFAULT_TIMEOUT_MS, 'flag --staking');
  return readEraPoints(node, clock, stash).finally(() => node.close());
}
