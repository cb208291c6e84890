import { createHash } from 'node:crypto';
import type { FleetNode, Network } from '../../normalise/network.ts';

/**
 * Group of all nodes of a network on a machine: they read what the network shares by it, and nothing else is of this group. At most 23
 * characters, as names of networks are at most 20. There is a user of that name too, as whom nothing runs.
 */
export function sharedGroupOf({ name }: Pick<Network, 'name'>): string {
  return `wb-${name}`;
}

/** systemd and utmp take no more. */
const LONGEST_USER = 31;
const DIGEST_LENGTH = 10;

/**
 * User and group of one node: the end of its name, for people, and a digest of network and node. Names alone would be too long, and the
 * same for node `b-c-0` of the network `a` as for `c-0` of `a-b`.
 */
export function userOf({ name }: Pick<Network, 'name'>, node: Pick<FleetNode, 'name'>): string {
  const digest = createHash('sha256').update(`${name}/${node.name}`).digest('hex').slice(0, DIGEST_LENGTH);
  const room = LONGEST_USER - 'wb--'.length - DIGEST_LENGTH;
  return `wb-${node.name.slice(-room).replace(/^-+/, '')}-${digest}`;
}

/** What nodes write to: a folder for each. */
export function homeOf({ name }: Pick<Network, 'name'>): string {
  return `/var/lib/watchbill/${name}`;
}

/** What one node writes to: its base folder, which no other node gets into. */
export function nodeFolder(network: Pick<Network, 'name'>, node: Pick<FleetNode, 'name'>): string {
  return `${homeOf(network)}/${node.name}`;
}

/** What nodes read. */
export function configOf({ name }: Network): string {
  return `/etc/watchbill/${name}`;
}

/** Executables. */
export function programsOf({ name }: Network): string {
  return `/opt/watchbill/${name}`;
}

/** `watchbill-NETWORK-NODE.service`. */
export function unitName(network: string, node: string): string {
  return `watchbill-${network}-${node}.service`;
}
