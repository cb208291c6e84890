import { readNetworkText } from '../../network-file/read.ts';
import type { Declared } from '../plan.ts';

/** Text of a network `net` at a cluster `ams` in the namespace `nodes`. `pools` is YAML, a pool a line. */
export function networkText(pools: readonly string[], image = 'a'): string {
  const digest = image.repeat(64);
  return `format: watchbill/network/1
name: net
chain: {name: westend}
clusters:
  ams: {namespace: nodes}
defaults:
  software: {image: "docker.io/parity/polkadot@sha256:${digest}", command: polkadot, sdk: stable2509}
pools:
${pools.map((pool) => `  ${pool}\n`).join('')}`;
}

export function declaredNetwork(pools: readonly string[], image = 'a'): Declared {
  return readNetworkText('network.yaml', '/nowhere/network.yaml', networkText(pools, image), 'place');
}
