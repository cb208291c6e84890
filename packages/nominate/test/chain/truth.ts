import assert from 'node:assert/strict';
import { hexOf } from '@watchbill/chain';
import { accountOfText, blake2Hash, blockBody, type Json, jsonMember } from '@watchbill/chain/extrinsics';
import { isRecord } from '@watchbill/kit';
import type { Intent } from '@watchbill/nominate/transactions';
import { type Asked, stored } from './eras.ts';
import type { TransactionFile } from './programme.ts';

/** The nomination on the chain, read without the code under test. Null if there is none. */
export async function nominatedBy(chain: Asked, stash: string): Promise<readonly string[] | null> {
  const nomination = await stored(chain, 'Staking', 'Nominators', [stash]);
  if (nomination === null) return null;
  const targets = jsonMember(nomination, 'targets');
  assert.ok(Array.isArray(targets));
  return targets.map((target: Json) => hexOf(accountOfText(String(target)) ?? new Uint8Array()));
}

/** Announcements that an account has on chain. */
export async function announcementsOf(chain: Asked, account: string): Promise<readonly Json[]> {
  const announced = await stored(chain, 'Proxy', 'Announcements', [account]);
  const [list] = Array.isArray(announced) ? (announced as readonly Json[]) : [];
  return Array.isArray(list) ? list.filter((each: Json) => isRecord(each)) : [];
}

/** Reasons of the journal that say that a block has an extrinsic. */
const SAYS_IT_LANDED = new Set(['landed', 'announced']);

/** Whatever the journal says of blocks is so, and who is said to have nominated has. */
export async function assertTrue(
  chain: Asked,
  store: Pick<TransactionFile, 'journal' | 'load'>,
  intent: Intent,
): Promise<void> {
  const lines = await store.journal(intent.id);
  for (const { reason, extrinsic, block } of lines) {
    if (!SAYS_IT_LANDED.has(reason) && reason !== 'withdrawn') continue;
    assert.ok(extrinsic !== null && block !== null, `${reason} names extrinsic and block`);
    const { extrinsics } = await blockBody(chain.node, block);
    assert.ok(
      extrinsics.some((bytes) => blake2Hash(bytes) === extrinsic),
      `${reason}: ${extrinsic} is in ${block}`,
    );
  }
  const kept = await store.load(intent.id);
  const ending = kept?.state.ending ?? null;
  const targets = await nominatedBy(chain, intent.nominator);
  if (ending?.reason === 'verified')
    assert.deepEqual(targets?.toSorted(), [...(kept?.state.targets ?? [])].sort());
  if (ending !== null) assert.deepEqual(await announcementsOf(chain, intent.signer), []);
}

/** The backers of a validator in an era, from its first page. */
export async function backersOf(chain: Asked, era: number, validator: string): Promise<readonly string[]> {
  const page = await stored(chain, 'Staking', 'ErasStakersPaged', [era, validator, 0]);
  const others = jsonMember(page, 'others');
  return (Array.isArray(others) ? others : []).map((each: Json) =>
    hexOf(accountOfText(String(jsonMember(each, 'who'))) ?? new Uint8Array()),
  );
}
