import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Replay } from '../rounds/replay.ts';
import { type StoredRound, storedPieces } from '../rounds/stored.ts';

/** How to start `watchbill nominate round replay`. */
export interface ReplayProcess {
  /** For example `[process.execPath, 'bin/watchbill.mjs']`. */
  readonly command: readonly [string, ...string[]];
  /** Files of modules that the programme uses. */
  readonly modules?: readonly string[];
  readonly timeoutMs: number;
}

const MOST_OUTPUT = 65_536;
/** The exit status of the command if it computed another record. */
const DIFFERENT = 3;

/**
 * Replays in a child process, so that the service keeps answering. Rejects with an Error if the command is
 * missing, fails or takes too long.
 */
export function replayByProcess({ command, modules = [], timeoutMs }: ReplayProcess) {
  return async (round: StoredRound): Promise<Replay> => {
    const folder = await mkdtemp(join(tmpdir(), 'watchbill-replay-'));
    try {
      const file = join(folder, 'round.json');
      await writeFile(file, storedPieces(round), { mode: 0o600 });
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
  // The `timeout` of `spawn` would keep running if the program is missing.
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
  throw new Error('the output of the replay is not a result');
}
