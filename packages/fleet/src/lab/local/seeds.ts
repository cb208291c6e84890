import { existsSync, readFileSync } from 'node:fs';
import { isDevelopmentSeed } from '../../run/secrets/index.ts';
import type { LocalNode } from './layout.ts';
import { LocalFault } from './local-fault.ts';

/**
 * Refuses seeds that are not those of development accounts: a node here with a seed of a real validator could
 * sign while that one signs elsewhere. Missing files are reported later. Throws a LocalFault `keys`; no seed
 * is in it.
 */
export function refuseRealSeeds(nodes: readonly LocalNode[]): void {
  for (const { name, seeds } of nodes)
    for (const { type, file } of seeds) {
      if (!existsSync(file) || isDevelopmentSeed(readFileSync(file))) continue;
      throw new LocalFault(
        'keys',
        `the ${type} seed of ${name} is not a development seed: ${file}`,
        'put a seed there that everyone knows, for example //Alice; a network on this machine takes no others',
      );
    }
}
