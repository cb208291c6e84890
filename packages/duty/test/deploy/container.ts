// One container of runc, as a service process.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { outputOf } from './image.ts';

const START_MS = 60_000;
const STEP_MS = 120_000;

export interface Container {
  /** Runs another process in the container, as its health check does. Answers status and output. */
  exec(args: readonly string[]): { readonly status: number | null; readonly output: string };
  signal(name: string): void;
  log(): string;
  /** The exit status of the service. */
  readonly ended: Promise<number | null>;
  remove(): void;
}

/** Starts the command of the image. Resolves when the service may grant. */
export async function startContainer(bundle: string, state: string, name: string): Promise<Container> {
  const runc = (...args: readonly string[]) =>
    spawnSync('runc', ['--root', state, ...args], { encoding: 'utf8', timeout: STEP_MS });
  const child = spawn('runc', ['--root', state, 'run', '--bundle', bundle, name], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  const container: Container = {
    exec: (args) => {
      const ran = runc('exec', name, ...args);
      return { status: ran.status, output: outputOf(ran) };
    },
    signal: (signal) => {
      const sent = runc('kill', name, signal);
      if (sent.status !== 0) throw new Error(`runc kill: ${outputOf(sent)}`);
    },
    log: () => log,
    ended: once(child, 'close').then(() => child.exitCode),
    remove: () => void runc('delete', '--force', name),
  };
  await untilServing(child, container);
  return container;
}

async function untilServing(child: ChildProcess, { log, remove }: Container): Promise<void> {
  const signal = AbortSignal.timeout(START_MS);
  while (!/"event":"session","state":"serving"/.test(log())) {
    if (child.exitCode !== null || signal.aborted) {
      remove();
      throw new Error(`the container never served: ${log()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
