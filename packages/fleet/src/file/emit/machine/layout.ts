import { createHash } from 'node:crypto';
import type { FleetNode, Network } from '../../normalise/network.ts';

/**
 * Group of all nodes of a network on a machine. It only gives them access to the shared files of the network.
 * At most 23 characters, because names of networks have at most 20. A user of that name exists too, but no
 * process runs as it.
 */
export function sharedGroupOf({ name }: Pick<Network, 'name'>): string {
  return `wb-${name}`;
}

/** systemd and utmp take no more. */
const LONGEST_USER = 31;
const DIGEST_LENGTH = 10;

/**
 * User and group of one node: the end of its name, for people, and a digest of network and node. Names alone
 * would be too long, and the same for node `b-c-0` of the network `a` as for `c-0` of `a-b`.
 */
export function userOf({ name }: Pick<Network, 'name'>, node: Pick<FleetNode, 'name'>): string {
  const digest = createHash('sha256').update(`${name}/${node.name}`).digest('hex').slice(0, DIGEST_LENGTH);
  const room = LONGEST_USER - 'wb--'.length - DIGEST_LENGTH;
  return `wb-${node.name.slice(-room).replace(/^-+/, '')}-${digest}`;
}

/** The parent of the writable folders of all nodes. */
export function homeOf({ name }: Pick<Network, 'name'>): string {
  return `/var/lib/watchbill/${name}`;
}

/** The writable base folder of one node, closed to other nodes. */
export function nodeFolder(network: Pick<Network, 'name'>, node: Pick<FleetNode, 'name'>): string {
  return `${homeOf(network)}/${node.name}`;
}

/** The folder of files that nodes read. */
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
