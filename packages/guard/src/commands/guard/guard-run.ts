import { resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { openLog } from '@watchbill/kit/command/log';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { supervisorOf } from '@watchbill/kit/command/supervisor';
import { bootId, makeFoldersSync } from '@watchbill/kit/files';
import { recipientOf } from '../../custody/age.ts';
import { openFolder } from '../../custody/open-folder.ts';
import { addSealed, openSealed } from '../../custody/sealed-folder.ts';
import { guardFailpoint } from '../../failpoints.ts';
import { startNode } from '../../node/process.ts';
import { chainFile } from '../../run/chain-file.ts';
import { runGuard } from '../../run/guard.ts';
import { latchFile } from '../../run/latch.ts';
import { LEASE_MS } from '../../run/lease.ts';
import { lockFolders } from '../../run/lock.ts';
import { folderIdentity, markFile, tokenFile, uptimeMs } from '../../run/memory.ts';
import type { GuardEvents, GuardParts, RotationState } from '../../run/parts.ts';
import { allEvents } from '../../run/parts.ts';
import { makeKeystore, type RuntimeFolder, runtimeFolder } from '../../run/runtime-folder.ts';
import { DEFAULT_RULES, type Verdict } from '../../run/verdict.ts';
import type { Flags } from './flags.ts';
import { identityOf, openNodes } from './inputs.ts';
import { guardLog } from './log.ts';

type RunFlags = Flags<
  'sealed' | 'identity' | 'database' | 'rpc' | 'witness' | 'runtime' | 'state',
  'passphraseFile' | 'validator' | 'metricsPort' | 'pair'
>;

/** Runs the node until SIGTERM. At the end the node is gone and no key is placed. */
export async function runUnderGuard(io: Io, command: readonly string[], options: RunFlags): Promise<void> {
  const { parts, runtime, pairName, close } = await open(io, options);
  const log = openLog(io, { level: 'info', format: io.outIsTerminal ? 'text' : 'json' });
  const supervisor = supervisorOf(io, (reason) =>
    log.warn({ event: 'not-notified', reason }, 'systemd was not notified'),
  );
  const stop = stopOnSignal(io, log, 0);
  const stopping = new AbortController();
  const asked = stop.asked.then(async () => {
    stopping.abort();
    await supervisor.stopping();
  });
  const pulse = pulseOf();
  const kinds = parts.keys.map(({ name }) => name.kind);
  const metrics = await metricsOf(options, kinds, pairName);
  if (metrics !== null) log.info({ event: 'metrics', url: metrics.url }, 'metrics are served');
  const events = allEvents(guardLog(log), statusWriter(runtime, io), pulse.events, metrics?.events ?? {});
  try {
    await supervisor.ready(pulse.isAlive);
    const rpcPort = Number(new URL(options.rpc).port) || null;
    const start = () => startNode(command, io.clock, rpcPort);
    await runGuard({ ...parts, events, start }, stopping.signal);
    await asked;
  } finally {
    stop.forget();
    await metrics?.close();
    await close();
  }
}

/** Metrics with their server; null without a port: then their code is not loaded. */
async function metricsOf({ metricsPort }: RunFlags, kinds: readonly string[], pairName: string | null) {
  if (metricsPort === undefined) return null;
  const { guardMetrics } = await import('../../metrics/metrics.ts');
  const { serveMetrics } = await import('../../metrics/http.ts');
  const metrics = guardMetrics(kinds, uptimeMs, pairName);
  return { ...(await serveMetrics(metricsPort, metrics)), events: metrics.events };
}

/** Opens the parts of a run. `pairName`: prefix of the pair in its store; null without a pair. */
async function open(io: Io, options: RunFlags) {
  const at = (path: string): string => resolve(io.cwd, path);
  const { nodes, close: closeNodes } = await openNodes(options);
  const runtime = runtimeFolder(at(options.runtime));
  const identity = await identityOf(io, options);
  const sealed = at(options.sealed);
  const keys = await openSealed(sealed, identity);
  makeFoldersSync(at(options.state), 0o700);
  makeKeystore(runtime);
  const lock = await lockFolders([runtime.path, sealed, at(options.state)]);
  // Only tests of crashes set it; see CONTRIBUTING.
  const failpoint = guardFailpoint(process.env.WATCHBILL_FAILPOINT);
  const folder = await openFolder(runtime.keystore, failpoint);
  const recipient = await recipientOf(identity);
  // Stores take 30 MB of code, which a machine without a pair does not need.
  const pair =
    options.pair === undefined
      ? null
      : await (await import('./pair/open.ts')).openPair(io, options.pair, at(options.state));
  const parts = {
    ...{ role: pair?.role ?? null, fence: pair?.fence ?? null },
    ...{ ...nodes, clock: io.clock, keys, folder, keystore: runtime.keystore, uptimeMs },
    rules: DEFAULT_RULES,
    marks: markFile(at(options.state)),
    chain: chainFile(at(options.state)),
    latch: latchFile(at(options.state)),
    token: tokenFile(runtime.path),
    allowed: runtime.takeAllowance,
    announced: runtime.takeAnnouncement,
    seal: (key: GuardParts['keys'][number]) => addSealed(sealed, key, recipient),
    boot: bootId(),
    database: () => folderIdentity(at(options.database)),
    failpoint,
  };
  const close = async (): Promise<void> => {
    closeNodes();
    await pair?.close();
    await lock.release();
  };
  return { parts, runtime, pairName: pair?.prefix ?? null, close };
}

/** Whether the guard still decides while its node runs: a guard that hangs is not fed for. */
function pulseOf(): { readonly events: Partial<GuardEvents>; readonly isAlive: () => boolean } {
  let decidedMs: number | null = null;
  const beat = (): void => {
    decidedMs = uptimeMs();
  };
  const rest = (): void => {
    decidedMs = null;
  };
  return {
    events: { started: beat, verdicts: beat, ended: rest },
    isAlive: () => decidedMs === null || uptimeMs() - decidedMs <= LEASE_MS,
  };
}

/** Between two status files while no key moves. */
const STATUS_MS = 1_000;

/** Writes the status file when a key moves, and once a second. */
function statusWriter(runtime: RuntimeFolder, { clock }: Io): Partial<GuardEvents> {
  let node: number | null = null;
  let written = { text: '', atMs: 0 };
  let rotation: RotationState = { state: 'none' };
  return {
    started: (pid) => {
      node = pid;
    },
    ended: () => {
      node = null;
    },
    rotation: (state) => {
      rotation = state;
    },
    verdicts: (all) => {
      const text = `${node} ${rotation.state} ${all.map(({ name, state }) => `${name.file} ${state}`).join()}`;
      const atMs = clock.nowMs();
      if (text === written.text && Math.abs(atMs - written.atMs) < STATUS_MS) return;
      written = { text, atMs };
      runtime.writeStatus({ pid: process.pid, node, atMs, rotation, keys: all.map(statusOf) });
    },
  };
}

function statusOf({ name: { kind, publicKey }, state, say }: Verdict) {
  return { kind, publicKey, state, say };
}
