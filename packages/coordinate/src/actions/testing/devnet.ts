import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ChainMetadata, readMetadata } from '@watchbill/chain/extrinsics';

/** Metadata of the development chain, as its node gave it. */
export const METADATA = Uint8Array.from(
  gunzipSync(
    readFileSync(
      new URL('../../../../chain/src/extrinsics/testing/devnet-metadata.scale.gz', import.meta.url),
    ),
  ),
);

export const DEVNET: ChainMetadata = readMetadata(METADATA);

/** The metadata of a chain that also has staking: `Staking.Bonded`, from stash to controller. */
export function withStaking(): ChainMetadata {
  const account = DEVNET.unified.pallets
    .find(({ name }) => name === 'System')
    ?.storage?.items.find(({ name }) => name === 'Account');
  const session = DEVNET.unified.pallets.find(({ name }) => name === 'Session');
  if (account?.type.tag !== 'map' || session === undefined) throw new Error('the metadata is another one');
  const { key } = account.type.value;
  const type = { tag: 'map' as const, value: { hashers: account.type.value.hashers, key, value: key } };
  const bonded = { ...account, name: 'Bonded', modifier: 0, type };
  const staking = {
    ...session,
    name: 'Staking',
    index: 200,
    storage: { prefix: 'Staking', items: [bonded] },
  };
  const unified = { ...DEVNET.unified, pallets: [...DEVNET.unified.pallets, staking] };
  return { ...DEVNET, unified };
}
