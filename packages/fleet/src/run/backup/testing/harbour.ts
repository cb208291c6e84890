import type { Network } from '../../../file/index.ts';
import { headText, ON_DISKS, readFixture } from '../../../file/testing/index.ts';

/** The network `harbour` of one machine. `pool` is a line of YAML, such as `one: {role: rpc, count: 1}`. */
export function harbour(pool: string): Network {
  const head = headText({ places: 'machines: {iron: {host: 192.0.2.7}}', software: ON_DISKS });
  return readFixture(`${head}pools:\n  ${pool}\n`).network;
}
