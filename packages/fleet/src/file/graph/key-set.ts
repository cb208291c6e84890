import { posix } from 'node:path';
import { digestOf } from '@watchbill/kit';

/**
 * The use of session keys by a process, as one text: `born.NETWORK.NODE`, `set.NAME`, or
 * `gated.NAME@SERVICES` for the keys of `set.NAME` in a process that asks permission services before each
 * signature. `SERVICES` identifies those services.
 */
export type KeyUse = string;

const GATED = 'gated.';

/** Length of the digest of the services: enough to distinguish all lists that a person may write. */
const MARK_CHARACTERS = 12;

/**
 * The use of the named keys; `services` is the result of `servicesMark`, null if the process does not ask.
 */
export function useOf(name: string, services: string | null): KeyUse {
  return services === null ? `set.${name}` : `${GATED}${name}@${services}`;
}

/** The keys of a use: the same text for all uses of them. */
export function keysOf(use: KeyUse): string {
  return isGatedUse(use) ? `set.${use.slice(GATED.length).replace(/@.*$/, '')}` : use;
}

export function isGatedUse(use: KeyUse): boolean {
  return use.startsWith(GATED);
}

/** The same use by a process that asks these services; a use that does not ask stays what it is. */
export function askingUse(use: KeyUse, services: string): KeyUse {
  return isGatedUse(use) ? useOf(keysOf(use).replace(/^set\./, ''), services) : use;
}

/** The services that a gated use asks, as `servicesMark` identifies them. */
export function servicesOfUse(use: KeyUse): string {
  return use.slice(use.lastIndexOf('@') + 1);
}

/** Identifies the services that a process at a place asks, in any order: equal for the same services. */
export function servicesMark(services: readonly string[], place: string): string {
  const all = new Set(services.map((service) => knownAs(service, place)));
  return digestOf([...all].sort()).slice(0, MARK_CHARACTERS);
}

/** A socket or a loopback address is another service at each place. */
export function isLocalService(service: string): boolean {
  return /^(unix:|http:)/.test(service);
}

function knownAs(service: string, place: string): string {
  if (service.startsWith('unix:')) return `${place} unix:${posix.normalize(service.slice('unix:'.length))}`;
  if (!URL.canParse(service)) return service;
  const { origin } = new URL(service);
  return isLocalService(service) ? `${place} ${origin}` : origin;
}
