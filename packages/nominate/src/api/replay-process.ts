import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Replay } from '../rounds/replay.ts';
import { encodeStored, type StoredRound } from '../rounds/stored.ts';

/** How `watchbill nominate round replay` is started. */
export interface ReplayProcess {
  /** For example `[process.execPath, 'bin/watchbill.mjs']`. */
  readonly command: readonly [string, ...string[]];
  /** Files of modules that the programme names. */
  readonly modules?: readonly string[];
  readonly timeoutMs: number;
}

const MOST_OUTPUT = 65_536;
/** The command's own: it was computed, and something else came out. */
const DIFFERENT = 3;

/**
 * A replay in a process of its own, so that the service answers meanwhile. Rejects with an Error where the command fails, is not there
 * or takes too long.
 */
export function replayByProcess({ command, modules = [], timeoutMs }: ReplayProcess) {
  return async (round: StoredRound): Promise<Replay> => {
    const folder = await mkdtemp(join(tmpdir(), 'watchbill-replay-'));
    try {
      const file = join(folder, 'round.json');
      await writeFile(file, encodeStored(round), { mode: 0o600 });
      const [program, ...first] = command;
      const named = modules.flatMap((module) => ['--module', module]);
      const args = [...first, 'nominate', 'round', 'replay', file, '--json', ...named];
      const { code, output } = await run(program, args, timeoutMs);
      if (code !== 0 && code !== DIFFERENT) throw new Error(`the replay ended with exit status ${code}`);
      return replayOf(output);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function run(program: string, args: readonly string[], timeoutMs: number) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  // Not the `timeout` of `spawn`: where the program is not there, that one stays until its time is over.
  const late = setTimeout(() => child.kill(), timeoutMs);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    const [output, code] = await Promise.all([textOf(child.stdout), ended]);
    return { code, output };
  } finally {
    clearTimeout(late);
  }
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const part of stream) if (text.length < MOST_OUTPUT) text += part;
  return text;
}

function replayOf(output: string): Replay {
  const { result, digest, at, stored, computed } = JSON.parse(output) as Record<string, unknown>;
  if (result === 'same' && typeof digest === 'string') return { result, digest };
  if (result === 'different' && typeof at === 'number')
    return { result, at, stored: String(stored), computed: String(computed) };
  throw new Error('the replay printed something else than a result');
}
