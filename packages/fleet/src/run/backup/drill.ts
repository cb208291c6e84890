import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Clock, messageOf } from '@watchbill/kit';
import { freePort } from '@watchbill/kit/ports';
import { withDeadline } from '../../file/live/index.ts';
import type { RunScript } from '../machines/ssh.ts';
import { ALONE } from './alone.ts';
import { BackupFault } from './backup-fault.ts';
import { withRpc } from './control/with-rpc.ts';
import { factsOver, hashOver } from './facts.ts';
import { fetchBackup } from './fetch.ts';
import type { Manifest } from './manifest.ts';
import type { Archive } from './port.ts';
import type { NodeFacts } from './run-state.ts';

export interface DrillParts {
  readonly archive: Archive;
  readonly manifest: Manifest;
  /** Runs the programs of the archive here. */
  readonly run: RunScript;
  /** Under which the scratch folder is made. */
  readonly scratch: string;
  /** Path of the executable of a node. */
  readonly program: string;
  /** Path of the chain specification, or the name of a chain that the program knows. */
  readonly chain: string;
  /** More flags, such as those for the cache of compiled code. */
  readonly flags: readonly string[];
  readonly clock: Clock;
  /** For the node, from its start until it has the height. */
  readonly startMs: number;
}

const STOP_MS = 20_000;
const LOOK_EVERY_MS = 200;

/**
 * Restores a backup into a scratch folder, starts a node on it, and removes it. The node has no keys, no
 * peers and no p2p port, so all its data comes from the backup. Throws a BackupFault if it does not reach the
 * chain and height of the manifest.
 */
export async function drillBackup(parts: DrillParts, signal: AbortSignal): Promise<NodeFacts> {
  mkdirSync(parts.scratch, { recursive: true });
  const folder = mkdtempSync(join(parts.scratch, 'watchbill-drill-'));
  try {
    chmodSync(folder, 0o700);
    await fetchBackup(parts.run, parts.archive, parts.manifest, join(folder, 'node'), signal);
    return await startedOn(parts, folder, signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startedOn(parts: DrillParts, folder: string, outer: AbortSignal): Promise<NodeFacts> {
  const port = await freePort();
  const log = join(folder, 'log');
  const child = spawned(parts, drillArguments(parts, folder, port), log);
  const ended = endOf(child);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  try {
    return await withDeadline(parts.clock, parts.startMs, outer, (signal) =>
      untilThere(parts, `http://127.0.0.1:${port}`, isOver, signal),
    );
  } catch (error) {
    throw new BackupFault(
      'drill',
      `a node on backup ${parts.manifest.id} does not start correctly: ${messageOf(error)}${lastLines(log)}`,
      'use an older backup, or another program if this one does not read that database',
      error,
    );
  } finally {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(forced);
  }
}

/**
 * Peers over UDP: the node cannot listen on such an address, so it does not listen. Boot nodes are removed
 * from a specification. Those of a chain that is built into the program are never asked, because only
 * reserved nodes are, and there are none.
 */
export function drillArguments(
  { chain, manifest, flags }: Pick<DrillParts, 'chain' | 'manifest' | 'flags'>,
  folder: string,
  port: number,
): readonly string[] {
  return [
    '--name=drill',
    `--chain=${chain.startsWith('/') ? lonelySpecification(chain, folder) : chain}`,
    `--base-path=${join(folder, 'node', 'data')}`,
    `--database=${manifest.database === 'unknown' ? 'auto' : manifest.database}`,
    `--state-pruning=${manifest.pruning}`,
    `--rpc-port=${port}`,
    ...ALONE,
    ...flags,
  ];
}

function lonelySpecification(file: string, folder: string): string {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof value !== 'object' || value === null)
    throw new BackupFault('drill', `${file} is not a chain specification`, 'name one with --chain');
  const own = join(folder, 'chain.json');
  writeFileSync(own, JSON.stringify({ ...value, bootNodes: [], telemetryEndpoints: null }));
  return own;
}

function spawned({ program }: DrillParts, args: readonly string[], log: string): ChildProcess {
  const handle = openSync(log, 'a', 0o600);
  try {
    return spawn(program, args, { stdio: ['ignore', handle, handle] });
  } finally {
    closeSync(handle);
  }
}

function endOf(child: ChildProcess): Promise<unknown> {
  return Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
}

async function untilThere(
  { manifest, clock }: DrillParts,
  url: string,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<NodeFacts> {
  let last = 'it does not answer';
  while (!signal.aborted && !isOver()) {
    const facts = await withRpc(url, (ask) => factsOver(ask, signal)).catch(() => null);
    // A block from a peer would prove nothing about the backup.
    if (facts !== null && facts.peers > 0) throw new Error('it has peers, which it must not');
    if (facts !== null) {
      const wrong = await wrongOf(manifest, facts, (number) =>
        withRpc(url, (ask) => hashOver(ask, number, signal)),
      );
      if (wrong === null) return facts;
      last = wrong;
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  throw new Error(isOver() ? 'it ended by itself' : last);
}

/**
 * The difference between a node and the manifest; null if there is none. Heights are minimum heights: later
 * blocks may be in the database too.
 */
export async function wrongOf(
  manifest: Pick<Manifest, 'genesis' | 'best' | 'finalised'>,
  facts: NodeFacts,
  hashOf: (number: number) => Promise<string | null>,
): Promise<string | null> {
  const { genesis, best, finalised } = manifest;
  if (facts.genesis !== genesis) return `it is on another chain: its first block is ${facts.genesis}`;
  if (facts.finalised.number < finalised.number)
    return `its newest final block is ${facts.finalised.number}, and the backup has ${finalised.number}`;
  if (facts.best.number < best.number)
    return `its best block is ${facts.best.number}, and the backup has ${best.number}`;
  const hash = await hashOf(finalised.number);
  return hash === finalised.hash
    ? null
    : `its block ${finalised.number} is ${hash}, and the backup has ${finalised.hash}`;
}

const LAST_CHARACTERS = 400;

function lastLines(log: string): string {
  const text = readFileSync(log, 'utf8')
    .trim()
    .slice(-LAST_CHARACTERS)
    .replaceAll(/\s*\n\s*/g, '; ');
  return text === '' ? '' : ` (its log ends with: ${text})`;
}
