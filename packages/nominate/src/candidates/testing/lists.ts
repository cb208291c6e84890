import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The text of one of the two real lists; see fixtures/README.md. */
export function realList(network: 'kusama' | 'polkadot'): string {
  const file = new URL(`../../../fixtures/${network}.json.gz`, import.meta.url);
  return gunzipSync(readFileSync(file)).toString('utf8');
}
