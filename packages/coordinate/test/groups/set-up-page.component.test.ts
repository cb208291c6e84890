// coordinate.md, followed from an empty folder until four operators are connected and wait
// for their first window. They share one machine, so each has other ports, and its own folder in place of
// /etc/watchbill.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { freePorts } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { runCli } from 'watchbill';

const FILE = new URL('../../../../docs/coordinate/how-to/coordinate.md', import.meta.url);
const [PAGE = ''] = readFileSync(FILE, 'utf8').split('\n## Try it on one machine\n');
const NAMES = ['alpha', 'bravo', 'carol', 'dave'] as const;
const LIMIT = { timeout: 180_000 };

const cwd = temporaryFolder();

/** The arguments of the command of a section that begins so, for example of `group join`. */
function argumentsOf(command: string, heading = 'Create the group'): readonly string[] {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const [line] = new RegExp(`^ *watchbill coordinate ${command} .*$`, 'm').exec(section) ?? [];
  const [, ...words] = line?.trim().match(/"[^"]*"|\S+/g) ?? assert.fail(`the page has no ${command}`);
  return words.map((word) => word.replaceAll('"', ''));
}

/** One command in the folder of the test. */
const pageIo = () => ({ ...realIo(cwd), env: {} });

/** Starts a command, and resolves once it has printed this text. The command ends with the test. */
async function running(context: TestContext, args: readonly string[], text: string): Promise<void> {
  const io = pageIo();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const out = (line: string): void => {
    io.out(line);
    if (line.includes(text)) resolve();
  };
  const ended = runCli(args, { ...io, out });
  ended.then((code) => reject(new Error(`it ended with ${code}: ${io.stderr()}`)), reject);
  context.after(async () => {
    io.signal('SIGTERM');
    assert.equal(await ended, 0, io.stderr());
  });
  await promise;
}

test('four operators follow the page until they wait for their first window', LIMIT, async (context) => {
  const [chainPort = 0, ...ports] = await freePorts(1 + 2 * NAMES.length);
  const chain = { name: 'dev', startedAtMs: Date.now(), blockMs: 1_000, port: chainPort };
  writeFileSync(join(cwd, 'dev-chain.yaml'), JSON.stringify(chain));
  const url = `ws://127.0.0.1:${chainPort}`;
  await running(context, ['coordinate', 'dev-chain', 'dev-chain.yaml'], url);
  /** The page's arguments as one operator types them here. */
  const typed = (command: string, seat: number): readonly string[] =>
    argumentsOf(command).map((word) =>
      word
        .replace('/etc/watchbill', NAMES[seat] ?? '')
        .replace(/^alpha$/, NAMES[seat] ?? '')
        .replace('/ip4/203.0.113.5/tcp/7400', `/ip4/127.0.0.1/tcp/${ports[2 * seat]}`)
        .replace('ws://127.0.0.1:9944', url),
    );
  const done = async (args: readonly string[]): Promise<string> => {
    const io = pageIo();
    assert.equal(await runCli(args, io), 0, `${args.join(' ')}: ${io.stderr()}`);
    return io.stdout();
  };
  const lines: string[] = [];
  for (const [seat, name] of NAMES.entries()) {
    const printed = await done(typed('init', seat));
    lines.push(new RegExp(`${name} ed25519:0x[0-9a-f]{64} \\S+`).exec(printed)?.[0] ?? assert.fail(printed));
    const file = join(cwd, name, 'coordinate.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('port: 8460', `port: ${ports[2 * seat + 1]}`));
  }
  const create = typed('group create', 0).map((word, at, all) =>
    all[at - 1] === '--member'
      ? (lines.find((line) => line.startsWith(word.split(' ')[0] ?? '')) ?? '')
      : word,
  );
  await done(create);
  const ids = new Set<string>();
  for (const seat of NAMES.keys()) {
    const printed = await done(typed('group join', seat));
    ids.add(/0x[0-9a-f]{64}/.exec(printed)?.[0] ?? assert.fail(printed));
  }
  assert.equal(ids.size, 1, 'all see the same id');
  const wait = 'waiting for finalised block 600, where window 1 begins';
  await Promise.all([...NAMES.keys()].map((seat) => running(context, typed('run', seat), wait)));

  writeFileSync(join(cwd, 'passphrase'), 'a passphrase of a test\n', { mode: 0o600 });
  const encrypted = argumentsOf('init --encrypt', 'Encrypt the key').map((word) =>
    word.replace('/etc/watchbill/passphrase', 'passphrase').replace('/etc/watchbill', 'encrypted'),
  );
  await done(encrypted);
  const commands = PAGE.match(/^ *watchbill coordinate /gm) ?? [];
  assert.equal(commands.length, 5, 'every command of the page was run');
  stamp('docs/coordinate/how-to/coordinate.md', `Node ${process.versions.node}`);
});
