import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ChainMetadata, readMetadata } from '../extrinsics/metadata.ts';

/**
 * Real runtimes whose metadata is here, trimmed to the parts that readers use; `packages/nominate/test/chain` compares
 * them with the runtimes themselves.
 */
export const METADATA_FIXTURES = [
  'kusama-1000000',
  'westend-1015000',
  'asset-hub-2026',
  'relay-2026',
  'people-2026',
] as const;
export type MetadataFixture = (typeof METADATA_FIXTURES)[number];

/** The bytes of metadata of version 15, as `trimMetadata` makes them. */
export function metadataBytes(name: MetadataFixture): Uint8Array {
  return Uint8Array.from(gunzipSync(readFileSync(new URL(`metadata/${name}.scale.gz`, import.meta.url))));
}

const read = new Map<MetadataFixture, ChainMetadata>();

export function metadataFixture(name: MetadataFixture): ChainMetadata {
  const known = read.get(name) ?? readMetadata(metadataBytes(name));
  read.set(name, known);
  return known;
}
