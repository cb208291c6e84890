import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { readSecret } from '@watchbill/kit/command/read-secret';
import { openSqliteStore, type Store } from './index.ts';
import type { StoreSettings } from './shape.ts';

/** Observes every call that a store makes to a server of its cluster. */
export interface EngineMeter {
  engineCall(method: string, outcome: string, tookMs: number): void;
}

/** The log to which a store reports what it survives. */
export interface WarningLog {
  warn(event: Record<string, unknown>, message: string): void;
}

/** True if the store lives in the file of the ledger, which opens it. */
export function isInLedger({ kind, path }: Pick<StoreSettings, 'kind' | 'path'>): boolean {
  return kind === 'sqlite' && path === undefined;
}

/**
 * Opens the store that the configuration names, if it has a separate place. `onWentBack` hears of a store
 * that answers from the past or is another one. Rejects with a StoreFault.
 */
export async function openStore(
  store: StoreSettings,
  io: Io,
  log: WarningLog,
  meter: EngineMeter,
  onWentBack: (detail: string) => void,
): Promise<Store> {
  const { clock, random } = io;
  if (store.kind === 'sqlite') {
    if (store.path === undefined) throw new Error('the ledger opens the store in its file');
    mkdirSync(dirname(store.path), { recursive: true, mode: 0o700 });
    return openSqliteStore({ path: store.path, clock, random });
  }
  const { endpoints, prefix, timeoutMs: callTimeoutMs, auth, lockTtlMs } = store;
  const tls = pemTexts(store.tls);
  const shared = {
    endpoints,
    prefix,
    clock,
    random,
    callTimeoutMs,
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    log: (message: string) => log.warn({ event: 'store' }, message),
  };
  // The clients of the clusters are loaded here, so that a service with its own file does not hold them.
  if (store.kind === 'tikv') {
    const { openTikvStore } = await import('./tikv/index.ts');
    return openTikvStore({
      ...shared,
      lockTtlMs,
      onCall: ({ method, outcome, tookMs }) => meter.engineCall(method, outcome, tookMs),
      onWentBack: ({ endpoint, before, now }) =>
        onWentBack(
          `PD at ${endpoint} answered as cluster ${now.clusterId} after ${before.clusterId} was seen`,
        ),
    });
  }
  const { openEtcdStore } = await import('./etcd/index.ts');
  const { user, passwordFile } = auth;
  return openEtcdStore({
    ...shared,
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { auth: { user, password: readSecret(passwordFile, 'store.auth.passwordFile').secret } }),
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
