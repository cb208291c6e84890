import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linesOnStage } from './child.ts';
import type { Stage } from './stage.ts';

export interface Asking {
  /** The server listens on loopback. */
  readonly port: number;
  /**
   * Port in the name by which the server is asked, where something stands before it: a node refuses names
   * that it does not know.
   */
  readonly namedPort?: number | undefined;
  readonly connections: number;
  readonly perSecond: number;
  /** Requests that are sent and not counted. */
  readonly warmUp: number;
  readonly count: number;
  readonly body: string;
  /** Stands in every good answer; no white space. */
  readonly mark: string;
}

/** Milliseconds, in the order in which requests were due. */
export interface Asked {
  /** From the moment at which a request was due to its whole answer. */
  readonly tookMs: Float64Array;
  /** By how much the sender woke too late; part of what each took. */
  readonly lateMs: Float64Array;
}

/** The load program open-loop.rs, which does one job at a time. */
export interface OpenLoop {
  readonly pid: number;
  ask(asking: Asking): Promise<Asked>;
  /** Wakes at the same moments and sends nothing: how late it does is what the machine does by itself. */
  idle(perSecond: number, count: number): Promise<Float64Array>;
}

const SOURCE = fileURLToPath(new URL('open-loop.rs', import.meta.url));
const BUILD_MS = 120_000;
const SPARE_MS = 60_000;

/** Null where there is a compiler, else what is missing and how to get it. */
export function noCompiler(): string | null {
  return spawnSync('rustc', ['--version']).status === 0
    ? null
    : 'rustc is not installed: take it from https://rustup.rs, as for the node';
}

/** Builds the program into the folder of the stage, and starts it. */
export async function startOpenLoop(stage: Stage): Promise<OpenLoop> {
  const load = await linesOnStage(stage, 'the load', [built(stage.folder)]);
  const [request, result] = ['open-loop-request', 'open-loop-result'].map((name) => join(stage.folder, name));
  const run = async (job: readonly (string | number | undefined)[], timeoutMs: number) => {
    const answer = await load.ask(job.join(' '), timeoutMs);
    if (answer !== 'done') throw new Error(`the load: ${answer}`);
    const bytes = readFileSync(result ?? '');
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  };
  return {
    pid: load.pid,
    ask: async ({ port, namedPort = port, connections, perSecond, warmUp, count, body, mark }) => {
      writeFileSync(request ?? '', requestText(namedPort, body));
      const job = ['ask', `127.0.0.1:${port}`, connections, perSecond, warmUp, count, request, mark, result];
      const all = await run(job, ((warmUp + count) / perSecond) * 1_000 + SPARE_MS);
      return { tookMs: all.subarray(0, count), lateMs: all.subarray(count) };
    },
    idle: (perSecond, count) =>
      run(['idle', perSecond, count, result], (count / perSecond) * 1_000 + SPARE_MS),
  };
}

function built(folder: string): string {
  const missing = noCompiler();
  if (missing !== null) throw new Error(missing);
  const program = join(folder, 'open-loop');
  const build = spawnSync('rustc', ['--edition', '2021', '-C', 'opt-level=3', '-o', program, SOURCE], {
    encoding: 'utf8',
    timeout: BUILD_MS,
  });
  if (build.status !== 0) throw new Error(`rustc could not build ${SOURCE}: ${build.stderr}`);
  return program;
}

function requestText(port: number, body: string): string {
  const head = [
    'POST / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
