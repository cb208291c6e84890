import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';

export const MAIN = fileURLToPath(new URL('../../../watchbill/bin/watchbill.mjs', import.meta.url));
/** Nothing here is fast on a machine that is far too busy. */
const LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 250;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `watchbill nominate run`. */
export interface RunningService {
  readonly url: string;
  /** Everything that it said on standard error. */
  readonly log: () => string;
  /** The first line that fits, from `from` characters of the log on; waits for it. */
  readonly line: (pattern: RegExp, from?: number) => Promise<RegExpExecArray>;
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** An empty folder in which a person works. */
export interface Harness {
  readonly dir: string;
  readonly nominate: (...args: readonly string[]) => Promise<Ended>;
  readonly json: <Value>(...args: readonly string[]) => Promise<Value>;
  readonly change: (file: string, from: string, to: string) => void;
  readonly run: () => Promise<RunningService>;
}

export function makeHarness(context: TestContext, env: NodeJS.ProcessEnv): Harness {
  const dir = temporaryFolder(context);
  const start = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [MAIN, 'nominate', ...args], { cwd: dir, env });
  const nominate: Harness['nominate'] = async (...args) => {
    const child = start(args);
    const said = heard(child);
    const [code] = await once(child, 'close');
    return { code, ...said() };
  };
  return {
    dir,
    nominate,
    json: async (...args) => {
      const ended = await nominate(...args, '--json');
      assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.err}`);
      return JSON.parse(ended.out);
    },
    change: (file, from, to) => {
      const text = readFileSync(join(dir, file), 'utf8');
      assert.ok(text.includes(from), `${file} holds ${from}`);
      writeFileSync(join(dir, file), text.replace(from, to));
    },
    run: async () => {
      const child = start(['run', '--json']);
      const service = await running(child);
      context.after(() => service.end('SIGKILL'));
      return service;
    },
  };
}

function heard(child: ChildProcess): () => { readonly out: string; readonly err: string } {
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => (out += String(data)));
  child.stderr?.on('data', (data) => (err += String(data)));
  return () => ({ out, err });
}

async function running(child: ChildProcess): Promise<RunningService> {
  const said = heard(child);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const log = (): string => said().err;
  const first = await until(async () => {
    if (isOver()) assert.fail(`it did not start: ${log()}`);
    return /^.*\n/.exec(said().out)?.[0] ?? null;
  });
  return {
    url: JSON.parse(first).url,
    log,
    line: (pattern, from = 0) =>
      until(
        async () => pattern.exec(log().slice(from)),
        () => `${pattern} in\n${log()}`,
      ),
    end: async (signal) => {
      if (isOver()) return child.exitCode;
      const gone = once(child, 'close');
      child.kill(signal);
      const [code] = await gone;
      return code;
    },
  };
}

/** Asks again until there is an answer. */
export async function until<Value>(
  ask: () => Promise<Value | null>,
  what: () => string = () => 'an answer',
): Promise<Value> {
  const lateAt = performance.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > lateAt) assert.fail(`not within ${LIMIT_MS} ms: ${what()}`);
    await sleep(LOOK_EVERY_MS);
  }
}
