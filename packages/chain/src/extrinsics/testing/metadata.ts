import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ChainMetadata, readMetadata } from '../metadata.ts';

/** Metadata (version 15) of the runtime of substrate/devnet-runtime, as its node gave it. */
export const METADATA_BYTES = Uint8Array.from(
  gunzipSync(readFileSync(new URL('./devnet-metadata.scale.gz', import.meta.url))),
);

export const DEVNET: ChainMetadata = readMetadata(METADATA_BYTES);

/** `//Alice` of the development accounts. */
export const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
