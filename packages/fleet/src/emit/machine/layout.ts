import type { Network } from '../../normalise/network.ts';

/** `wb-NETWORK`: at most 23 characters, as names of networks are at most 20. */
export function userOf({ name }: Network): string {
  return `wb-${name}`;
}

/** What nodes write to: a folder for each. */
export function homeOf({ name }: Network): string {
  return `/var/lib/watchbill/${name}`;
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
