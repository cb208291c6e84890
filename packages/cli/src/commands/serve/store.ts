import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '@watchbill/permit';
import { createMemoryStore, openEtcdStore, openSqliteStore, type Store } from '@watchbill/store';
import { readSecret } from '../../config/files.ts';
import type { Config } from '../../config/schema.ts';
import type { Io } from '../../io.ts';

/**
 * Opens the store that the configuration names. `onWentBack` hears of a store that answers from the past or is
 * another one. Rejects with a StoreFault.
 */
export async function openStore(
  { store }: Config,
  { clock, random }: Io,
  log: Log,
  onWentBack: (detail: string) => void,
): Promise<Store> {
  if (store.kind === 'memory') {
    log.warn({ event: 'store-forgets' }, 'the memory store forgets every grant when this process ends');
    return createMemoryStore({ clock });
  }
  if (store.kind === 'sqlite') {
    mkdirSync(dirname(store.path), { recursive: true, mode: 0o700 });
    return openSqliteStore({ path: store.path, clock, random });
  }
  const { user, passwordFile } = store.auth;
  const tls = pemTexts(store.tls);
  return openEtcdStore({
    endpoints: store.endpoints,
    prefix: store.prefix,
    clock,
    random,
    callTimeoutMs: store.timeoutMs,
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { auth: { user, password: readSecret(passwordFile, 'store.auth.passwordFile').secret } }),
    log: (message) => log.warn({ event: 'store' }, message),
    onWentBack: ({ endpoint, before, now }) =>
      onWentBack(`${endpoint} answered as ${placeOf(now)} after ${placeOf(before)} was seen`),
  });
}

function placeOf(state: { readonly clusterId: string; readonly revision: bigint }): string {
  return `revision ${state.revision} of cluster ${state.clusterId}`;
}

/** The PEM texts of the named files, for those that are named. */
export function pemTexts(files: {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}): { ca?: string; cert?: string; key?: string } {
  return {
    ...(files.caFile === undefined ? {} : { ca: readFileSync(files.caFile, 'utf8') }),
    ...(files.certFile === undefined ? {} : { cert: readFileSync(files.certFile, 'utf8') }),
    ...(files.keyFile === undefined ? {} : { key: readFileSync(files.keyFile, 'utf8') }),
  };
}
