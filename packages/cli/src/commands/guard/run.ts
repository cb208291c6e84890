import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeFoldersSync } from '@watchbill/base/files';
import {
  bootId,
  DEFAULT_RULES,
  folderIdentity,
  type GuardEvents,
  makeKeystore,
  markFile,
  openFolder,
  openSealed,
  type RuntimeFolder,
  readIdentity,
  runGuard,
  runtimeFolder,
  startNode,
  tokenFile,
  uptimeMs,
  type Verdict,
  type Witness,
} from '@watchbill/guard';
import type { Logger } from 'pino';
import { openNode } from '../../client/node.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { openLog } from '../serve/log.ts';
import { stopOnSignal } from '../serve/stop.ts';
import { guardLog } from './log.ts';

export interface RunOptions {
  readonly sealed: string;
  readonly identity: string;
  readonly database: string;
  readonly rpc: string;
  readonly witness: readonly string[];
  readonly runtime: string;
  readonly state: string;
}

const RPC_TIMEOUT_MS = 2_000;

/** Runs the node until SIGTERM. At the end the node is gone and no key lies open. */
export async function runUnderGuard(io: Io, command: readonly string[], options: RunOptions): Promise<void> {
  const { clock } = io;
  const at = (path: string): string => resolve(io.cwd, path);
  const witnesses = await openWitnesses(options.witness);
  const runtime = runtimeFolder(at(options.runtime));
  const identity = await readIdentity(await readFile(at(options.identity), 'utf8'), options.identity);
  const keys = await openSealed(at(options.sealed), identity);
  makeFoldersSync(at(options.state), 0o700);
  makeKeystore(runtime);
  const folder = await openFolder(
    runtime.keystore,
    keys.map(({ name }) => name),
  );
  const log = openLog(io, { level: 'info', format: io.outIsTerminal ? 'text' : 'json' });
  const stop = stopOnSignal(io, log, 0);
  const stopping = new AbortController();
  const asked = stop.asked.then(() => stopping.abort());
  const own = await openNode(options.rpc, RPC_TIMEOUT_MS, 'flag --rpc');
  try {
    await runGuard(
      {
        ...{ clock, keys, folder, own, witnesses },
        rules: DEFAULT_RULES,
        marks: markFile(at(options.state)),
        token: tokenFile(runtime.path),
        allowed: runtime.takeAllowance,
        start: () => startNode(command, clock),
        boot: bootId(),
        uptimeMs,
        database: () => folderIdentity(at(options.database)),
        events: eventsFor(log, runtime, io),
      },
      stopping.signal,
    );
    await asked;
  } finally {
    stop.forget();
    for (const rpc of [own, ...witnesses.map((witness) => witness.rpc)]) rpc.close();
  }
}

async function openWitnesses(urls: readonly string[]): Promise<readonly Witness[]> {
  const named = [...new Set(urls)];
  if (named.length < DEFAULT_RULES.votes.witnesses) {
    const what = 'one independent node is too few: a node alone could lag or lie';
    throw usageFault(what, 'name two nodes of different operators', 'flag --witness');
  }
  const clients = await Promise.all(named.map((url) => openNode(url, RPC_TIMEOUT_MS, 'flag --witness')));
  return clients.map((rpc) => ({ name: rpc.address, rpc }));
}

/** Log lines, and the status file after each decision. */
function eventsFor(log: Logger, runtime: RuntimeFolder, { clock }: Io): GuardEvents {
  const lines = guardLog(log);
  let node: number | null = null;
  return {
    ...lines,
    started: (pid) => {
      node = pid;
      lines.started(pid);
    },
    ended: (end) => {
      node = null;
      lines.ended(end);
    },
    verdicts: (all) => {
      lines.verdicts(all);
      runtime.writeStatus({ pid: process.pid, node, atMs: clock.nowMs(), keys: all.map(statusOf) });
    },
  };
}

function statusOf({ name: { kind, publicKey }, state, say }: Verdict) {
  return { kind, publicKey, state, say };
}
