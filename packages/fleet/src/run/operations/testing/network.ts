import { headText, ON_DISKS } from '../../../file/testing/index.ts';
import { readNetworkText } from '../../network-file/read.ts';
import type { Declared } from '../plan.ts';

/** Text of a network `net` at a cluster `ams` in the namespace `nodes`. `pools` is YAML, a pool a line. */
export function networkText(pools: readonly string[], image = 'a'): string {
  const software = `image: "docker.io/parity/polkadot@sha256:${image.repeat(64)}"`;
  const head = headText({ name: 'net', places: 'clusters: {ams: {namespace: nodes}}', software });
  return `${head}pools:\n${pools.map((pool) => `  ${pool}\n`).join('')}`;
}

export function declaredNetwork(pools: readonly string[], image = 'a'): Declared {
  return declaredText(networkText(pools, image));
}

/** Reads the text of a network file that is to be applied at its places. */
export function declaredText(text: string): Declared {
  return readNetworkText('network.yaml', '/nowhere/network.yaml', text, 'place');
}

/** A network `net` on these machines. `pools` is YAML. */
export function onMachines(machines: string, pools: string): Declared {
  const head = headText({ name: 'net', places: `machines: {${machines}}`, software: ON_DISKS });
  return declaredText(`${head}pools:\n${pools}`);
}
