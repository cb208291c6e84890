import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { COMMAND } from '@watchbill/testkit/command';

/** Nothing here is fast on a machine that is far too busy. */
const LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 250;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `watchbill nominate run`. */
export type RunningService = Awaited<ReturnType<typeof running>>;
/** An empty folder in which a person works. */
export type Harness = ReturnType<typeof makeHarness>;

export function makeHarness(context: TestContext, env: NodeJS.ProcessEnv = process.env) {
  const dir = temporaryFolder(context);
  const start = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [COMMAND, 'nominate', ...args], { cwd: dir, env });
  const nominate = async (...args: readonly string[]): Promise<Ended> => {
    const child = start(args);
    const said = heard(child);
    const [code] = await once(child, 'close');
    return { code, ...said() };
  };
  return {
    dir,
    nominate,
    json: async <Value>(...args: readonly string[]): Promise<Value> => {
      const ended = await nominate(...args, '--json');
      assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.err}`);
      return JSON.parse(ended.out);
    },
    change: (file: string, from: string | RegExp, to: string): void => {
      const text = readFileSync(join(dir, file), 'utf8');
      const changed = text.replace(from, to);
      assert.notEqual(changed, text, `${file} holds ${from}`);
      writeFileSync(join(dir, file), changed);
    },
    run: async (...args: readonly string[]): Promise<RunningService> => {
      const child = start(['run', '--json', ...args]);
      const service = await running(child);
      context.after(() => service.end('SIGKILL'));
      return service;
    },
  };
}

/** The same with the example of `nominate init`, on any port. */
export async function exampleHarness(context: TestContext): Promise<Harness> {
  const harness = makeHarness(context);
  const made = await harness.nominate('init', '--example');
  assert.equal(made.code, 0, made.err);
  append(harness, 'listen: { port: 0 }');
  return harness;
}

/** Adds lines to the configuration. */
export function append({ dir }: Harness, lines: string): void {
  appendFileSync(join(dir, 'nominate.yaml'), `\n${lines}\n`);
}

function heard(child: ChildProcess): () => { readonly out: string; readonly err: string } {
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => (out += String(data)));
  child.stderr?.on('data', (data) => (err += String(data)));
  return () => ({ out, err });
}

async function running(child: ChildProcess) {
  const said = heard(child);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const log = (): string => said().err;
  const first = await until(async () => {
    if (isOver()) assert.fail(`it did not start: ${log()}`);
    return /^.*\n/.exec(said().out)?.[0] ?? null;
  });
  const { url, board } = JSON.parse(first);
  return {
    url: String(url),
    /** Where a planner shows the queue of its workers; null in any other process. */
    board: board as string | null,
    /** Everything that it said on standard error. */
    log,
    /** The first line that fits, from `from` characters of the log on; waits for it. */
    line: (pattern: RegExp, from = 0) =>
      until(
        async () => pattern.exec(log().slice(from)),
        () => `${pattern} in\n${log()}`,
      ),
    /** SIGTERM, or another signal; the exit code. */
    end: async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
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

/** Asks again until the answer is what is waited for; a question that fails is asked again too. */
export function untilFits<Value>(ask: () => Promise<Value>, fits: (value: Value) => boolean): Promise<Value> {
  let last: Value | null = null;
  return until(
    async () => {
      last = await ask().catch(() => null);
      return last !== null && fits(last) ? last : null;
    },
    () => `another answer than ${JSON.stringify(last)}`,
  );
}
