import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until as lookUntil } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { startCommand } from '@watchbill/testkit/command';

/** Nothing here is fast on a machine that is far too busy. */
const LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 250;
/** Longer than any test lets a command run. */
const LIFE_MS = 3_600_000;

/** `watchbill nominate run`. */
export type RunningService = Awaited<ReturnType<Harness['run']>>;
/** An empty folder in which a person works. */
export type Harness = ReturnType<typeof makeHarness>;

/** `env`: beside the variables of this process. */
export function makeHarness(context: TestContext, env: NodeJS.ProcessEnv = {}) {
  const dir = temporaryFolder(context);
  const start = (args: readonly string[]) =>
    startCommand(dir, ['nominate', ...args], { timeoutMs: LIFE_MS, env });
  const nominate = (...args: readonly string[]) => start(args).ended;
  return {
    dir,
    nominate,
    json: async <Value>(...args: readonly string[]): Promise<Value> => {
      const ended = await nominate(...args, '--json');
      assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.errors}`);
      return JSON.parse(ended.out);
    },
    change: (file: string, from: string | RegExp, to: string): void => {
      const text = readFileSync(join(dir, file), 'utf8');
      const changed = text.replace(from, to);
      assert.notEqual(changed, text, `${file} holds ${from}`);
      writeFileSync(join(dir, file), changed);
    },
    run: async (...args: readonly string[]) => {
      const service = start(['run', '--json', ...args]);
      context.after(() => service.stop('SIGKILL'));
      const first = await service.until('it told its address', () => service.lines[0]);
      const log = (): string => service.printed.errors;
      return {
        url: String(first.url),
        /** Where a planner shows the queue of its workers; null in any other process. */
        board: first.board as string | null,
        /** Everything that it said on standard error. */
        log,
        /** The first line that fits, from `from` characters of the log on; waits for it. */
        line: (pattern: RegExp, from = 0) =>
          until(
            async () => pattern.exec(log().slice(from)),
            () => `${pattern} in\n${log()}`,
          ),
        /** SIGTERM, or another signal; the exit code. */
        end: async (signal: NodeJS.Signals = 'SIGTERM') => (await service.stop(signal)).code,
      };
    },
  };
}

/** The same with the example of `nominate init`, on any port. */
export async function exampleHarness(context: TestContext): Promise<Harness> {
  const harness = makeHarness(context);
  const made = await harness.nominate('init', '--example');
  assert.equal(made.code, 0, made.errors);
  append(harness, 'listen: { port: 0 }');
  return harness;
}

/** Adds lines to the configuration. */
export function append({ dir }: Harness, lines: string): void {
  appendFileSync(join(dir, 'nominate.yaml'), `\n${lines}\n`);
}

/** Asks again until there is an answer. */
export async function until<Value>(
  ask: () => Promise<Value | null>,
  what: () => string = () => 'an answer',
): Promise<Value> {
  const answer = await lookUntil(ask, { pauseMs: LOOK_EVERY_MS, withinMs: LIMIT_MS });
  return answer ?? assert.fail(`not within ${LIMIT_MS} ms: ${what()}`);
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
