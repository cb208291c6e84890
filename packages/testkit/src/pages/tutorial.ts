// Follows the first tutorial as a reader does, under one of the shells.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../service/service-process.ts';
import { runSteps, type Shell, type Step, stepsOf } from './page-run.ts';
import { sqliteVersion, stamp } from './stamp.ts';

export const FAKE_CURL = fileURLToPath(new URL('./fake-curl.mjs', import.meta.url));
const PAGE = 'docs/duty/tutorial/first-service.md';
const TIMEOUT_MS = 200_000;
/** By itself the service gives a slot that ends soon half a second, which a busy machine may take. */
const WAIT_MS = 20_000;

/**
 * Makes two runs comparable: ids, times, the slot of now, the folder, the port, and a kill that a shell
 * reports.
 */
export function comparable(text: string, home: string, port: number): string {
  return text
    .replaceAll(home, '/home/ada')
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8450')
    .split('\n')
    .filter((line) => !/\bkilled\b/i.test(line))
    .join('\n')
    .replace(/(?<![0-9a-f])[0-9a-f]{12,64}(?![0-9a-f])/g, 'ID')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b\d{9,10}\b/g, 'SLOT')
    .replace(/\bp99 \d+ ms/g, 'p99 MS')
    .replace(/ +/g, ' ')
    .trim();
}

const hasCurl = (): boolean => spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0;

/** The page uses curl. If the machine has none, a small script takes its place. */
function pathWithCurl(folder: string): string {
  const own = process.env.PATH ?? '';
  if (hasCurl()) return own;
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${FAKE_CURL}' "$@"\n`);
  chmodSync(join(bin, 'curl'), 0o755);
  return `${bin}${delimiter}${own}`;
}

/** Compares the outputs of all steps with the page. */
export function assertAsShown(
  steps: readonly Step[],
  outputs: readonly string[],
  home: string,
  port: number,
): void {
  for (const [index, { line, shown }] of steps.entries()) {
    const printed = outputs[index] ?? assert.fail(`${PAGE}:${line} was not reached`);
    if (shown !== null)
      assert.equal(comparable(printed, home, port), comparable(shown, home, port), `${PAGE}:${line}`);
  }
  for (const outcome of ['not-adopted', 'new', 'digest-differs', 'unit-taken', 'repeat', 'unit-ahead'])
    assert.match(outputs.join(''), new RegExp(`\\(${outcome}\\)`), `the tutorial shows ${outcome}`);
}

/** Runs every command of the page in the folder and compares the output with the page. */
export async function followTutorial(folder: string, shell: Shell): Promise<void> {
  const home = join(folder, 'home');
  mkdirSync(home);
  const port = await freePort();
  const steps = stepsOf(PAGE);
  const moved = steps.map((step) => ({
    ...step,
    commands: step.commands
      .replaceAll('127.0.0.1:8450', `127.0.0.1:${port}`)
      .replaceAll('watchbill claim ', `watchbill claim --wait-ms ${WAIT_MS} `),
  }));
  const env = { HOME: home, PATH: pathWithCurl(folder), WATCHBILL_SERVICE_LISTEN_PORT: String(port) };
  const { outputs, exitCode } = await runSteps(moved, { env, timeoutMs: TIMEOUT_MS, shell });
  assertAsShown(steps, outputs, home, port);
  assert.equal(exitCode, 0);
  stamp(PAGE, sqliteVersion());
  const compared = steps.filter(({ shown }) => shown !== null).length;
  console.log(
    `tutorial under ${shell}: ${steps.length} steps, ${compared} outputs as printed, ${hasCurl() ? 'with curl' : 'with a stand-in for curl'}`,
  );
}
