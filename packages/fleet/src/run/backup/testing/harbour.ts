import assert from 'node:assert/strict';
import { type Network, readNetwork } from '../../../file/index.ts';

/** The network `harbour` of one machine. `pool` is a line of YAML, such as `one: {role: rpc, count: 1}`. */
export function harbour(pool: string): Network {
  const read = readNetwork(`format: watchbill/network/1
name: harbour
chain: {name: westend}
machines: {iron: {host: 192.0.2.7}}
defaults:
  software: {binary: {source: /node, sha256: ${'ab'.repeat(32)}}, sdk: stable2509}
pools:
  ${pool}
`);
  assert.ok(read.ok, JSON.stringify(read));
  return read.network;
}
