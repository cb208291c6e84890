// docs/duty/how-to/plain-to-gated.md, as printed: four validators, one of which gets the gate and a second
// machine.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { runSteps, type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { DEVNODE, stamp } from '@watchbill/testkit/pages/stamp';

const PAGE = 'docs/duty/how-to/plain-to-gated.md';
/** The page itself waits for three minutes. */
const PAGE_MS = 600_000;
const NODES = 5;

/** The ports of the page, and free ones of this machine. */
async function portTable(): Promise<ReadonlyMap<string, string>> {
  const ports = await freePorts(2 * NODES + 1);
  const [service = 0] = ports;
  const listen = (node: number): string => `${ports[node]}`;
  const rpc = (node: number): string => `${ports[NODES + node]}`;
  // In the function of the page the number of the node is the last digit of its ports.
  const chosen = (of: (node: number) => string): string =>
    `$(set -- ${[1, 2, 3, 4, 5].map(of).join(' ')}; eval echo \\$$number)`;
  return new Map([
    ['127.0.0.1:8450', `127.0.0.1:${service}`],
    ['tcp/3040$number', `tcp/${chosen(listen)}`],
    ['tcp/30401', `tcp/${listen(1)}`],
    ['--rpc-port 995$number', `--rpc-port ${chosen(rpc)}`],
    ['for port in 9951 9952', `for port in ${rpc(1)} ${rpc(2)}`],
    ['rpc 9951', `rpc ${rpc(1)}`],
    ['ws://127.0.0.1:9951', `ws://127.0.0.1:${rpc(1)}`],
  ]);
}

function moved(steps: readonly Step[], table: ReadonlyMap<string, string>): readonly Step[] {
  for (const text of table.keys())
    assert.ok(
      steps.some(({ commands }) => commands.includes(text)),
      `${PAGE} has no ${text}`,
    );
  return steps.map((step) => {
    let { commands } = step;
    for (const [from, to] of table) commands = commands.replaceAll(from, () => to);
    return { ...step, commands };
  });
}

/**
 * Matches the end of a printed line. `…` stands for any text; times before the line, hashes, numbers and
 * widths of columns differ.
 */
function patternOf(line: string): RegExp {
  const parts = line.trim().split(/(0x[0-9a-f]+|\d+|…| +)/);
  const pattern = parts.map((part, at) => {
    if (at % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    if (part.startsWith('0x')) return '0x[0-9a-f]+';
    if (part === '…') return '.*';
    return part.startsWith(' ') ? ' +' : '\\d+';
  });
  return new RegExp(`(?:^|[ \\]])${pattern.join('')} *$`);
}

/** A node sends one heartbeat a session, so a look may come before or after the first one. */
const HEARTBEATS = /^ +im-online /;

/** The lines of the page that are not printed. Other lines, and another order, depend on the moment. */
function missing(shown: string, printed: string): readonly string[] {
  const lines = printed.split('\n');
  return shown
    .trimEnd()
    .split('\n')
    .filter((line) => {
      const pattern = HEARTBEATS.test(line) ? HEARTBEATS : patternOf(line);
      return !lines.some((each) => pattern.test(each));
    });
}

test('a reader moves a validator from plain to gated and adds a second machine', {
  timeout: PAGE_MS + 60_000,
}, async () => {
  const home = leaveNothing('plain-to-gated');
  const table = await portTable();
  const steps = stepsOf(PAGE);
  const port = /\d+$/.exec(table.get('127.0.0.1:8450') ?? '')?.[0] ?? '';
  // The built node stays where this machine keeps it.
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const env = { HOME: home, WATCHBILL_SERVICE_LISTEN_PORT: port, XDG_CACHE_HOME: cache };
  const { outputs, exitCode } = await runSteps(moved(steps, table), { env, timeoutMs: PAGE_MS });
  const logs = (): string =>
    ['dave', 'dave2', 'serve', 'observe']
      .map((name) => join(home, 'first-gate', `${name}.log`))
      .flatMap((file) =>
        existsSync(file) ? [`--- ${file}\n${readFileSync(file, 'utf8').slice(-4_000)}`] : [],
      )
      .join('\n');
  const absent = steps.flatMap(({ line, shown }, at) => {
    const printed = outputs[at] ?? assert.fail(`${PAGE}:${line} was not reached\n${outputs.at(-1)}`);
    const lines = shown === null ? [] : missing(shown, printed);
    return lines.length === 0 ? [] : [`${PAGE}:${line} lacks\n${lines.join('\n')}\nof\n${printed}`];
  });
  assert.deepEqual(absent, [], `${absent.join('\n')}\n${logs()}`);
  assert.equal(exitCode, 0, outputs.at(-1));
  const printed = (heading: string, nth: number): string => {
    const of = steps.flatMap((step, at) => (step.heading === heading ? [outputs[at] ?? ''] : []));
    return of.at(nth) ?? assert.fail(`${heading} has no output ${nth}`);
  };
  assert.match(printed('2. Four plain validators', 0), /Imported #[1-9]/);
  const [GATED, SECOND] = ['4. From plain to gated', '5. A second machine with the same keys'] as const;
  assert.equal(printed(GATED, -1).match(/ active dave-1, term 1$/gm)?.length, 2, 'once for each key');
  assert.match(printed(SECOND, 0), /denied \(unit-taken\).*belongs to dave-1/);
  assert.equal(printed(SECOND, 1).match(/ active dave-2, term 2$/gm)?.length, 2);
  const last = printed(SECOND, 2);
  assert.equal(last.match(/ nodes {2}dave-1 ready, dave-2 ready$/gm)?.length, 2);
  for (const name of ['alice', 'bob', 'charlie']) assert.ok(last.includes(`${name}.log:0\n`), last);
  stamp(PAGE, DEVNODE);
});
