// Real FIFOs in memory, opened as a node opens its key files.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '@watchbill/base';
import { publicKeyOfUri } from '@watchbill/chain/keys';
import { keyNameOf } from '../custody/key-name.ts';
import { type OpenFolder, openFolder } from '../custody/open-folder.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import { pipedFolder } from './piped-folder.ts';

const URI = '//Alice';
const HEX = { babe: '62616265', gran: '6772616e' } as const;

function keyOf(kind: 'babe' | 'gran', uri = URI): OpenKey {
  const scheme = kind === 'babe' ? 'sr25519' : 'ed25519';
  const file = `${HEX[kind]}${publicKeyOfUri(scheme, uri)?.slice(2) ?? assert.fail(uri)}`;
  return { name: keyNameOf(file) ?? assert.fail(file), content: JSON.stringify(uri) };
}

const BABE = keyOf('babe');
const GRAN = keyOf('gran');

interface Ground {
  readonly path: string;
  readonly folder: OpenFolder;
  readonly babe: string;
}

async function ground(t: TestContext): Promise<Ground> {
  const path = mkdtempSync('/dev/shm/watchbill-pipe-');
  const folder = pipedFolder(path, await openFolder(path), systemClock());
  t.after(async () => {
    await folder.clear().catch(() => undefined);
    rmSync(path, { recursive: true, force: true });
  });
  return { path, folder, babe: join(path, BABE.name.file) };
}

/** Opens and reads the file in another process, as a node does. A reader that hangs is a failure. */
async function read(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)('cat', [path], { timeout: 20_000 });
  return stdout;
}

test('each opening is asked for once, and gets the key or nothing', { timeout: 120_000 }, async (t) => {
  const { folder, babe, path } = await ground(t);
  const answers = [true, false, true, true, false];
  let asked = 0;
  await folder.place(BABE, () => answers[asked++] ?? false);
  assert.ok(statSync(babe).isFIFO());
  assert.equal(statSync(babe).mode & 0o777, 0o600);
  for (const isGiven of answers) assert.equal(await read(babe), isGiven ? BABE.content : '');
  assert.equal(asked, answers.length);
  assert.deepEqual(await folder.inspect(), []);
  // The node skips names that are not hex.
  const visible = readdirSync(path).filter((file) => /^[0-9a-f]+$/.test(file));
  assert.deepEqual(visible, [BABE.name.file]);
});

test('other kinds stay files, which the guard places as ever', { timeout: 120_000 }, async (t) => {
  const { folder, path } = await ground(t);
  await folder.place(GRAN, () => assert.fail('a file asks for nothing'));
  assert.equal(readFileSync(join(path, GRAN.name.file), 'utf8'), GRAN.content);
});

test('many openings at once are all answered, and the next one gets the key', {
  timeout: 180_000,
}, async (t) => {
  const { folder, babe } = await ground(t);
  await folder.place(BABE, () => true);
  const script = `for i in $(seq 40); do cat '${babe}' > /dev/null & done; wait; cat '${babe}'`;
  const looking = setInterval(() => void folder.inspect(), 100);
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { timeout: 120_000 });
  clearInterval(looking);
  assert.equal(stdout, BABE.content, 'the last one, which was alone');
});

test('a reader that was left at a replaced FIFO goes on without the key', { timeout: 120_000 }, async (t) => {
  const { folder, babe, path } = await ground(t);
  await folder.place(BABE, () => true);
  // Holds the old FIFO by a second name, as a reader does that found it just before the rename.
  const old = join(path, '.draft-old');
  spawnSync('ln', [babe, old]);
  assert.equal(await read(babe), BABE.content);
  const late = read(old);
  for (let look = 0; look < 20; look++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await folder.inspect();
  }
  assert.equal(await late, '');
});

test('a key that was taken away is not there, and readers that wait go on', {
  timeout: 120_000,
}, async (t) => {
  const { folder, babe, path } = await ground(t);
  await folder.place(BABE, () => true);
  await folder.withdraw(BABE.name);
  assert.equal(existsSync(babe), false);
  await folder.place(BABE, () => true);
  assert.equal(await read(babe), BABE.content, 'it can be placed again');
  for (let round = 0; round < 20; round++) {
    await folder.withdraw(BABE.name);
    await folder.place(BABE, () => true);
  }
  await folder.clear();
  assert.deepEqual(readdirSync(path), [], 'no FIFO is left, under any name');
});

test('a rule that fails gives nothing, and fails the next inspection', { timeout: 120_000 }, async (t) => {
  const { folder, babe } = await ground(t);
  await folder.place(BABE, () => {
    throw new Error('the mark cannot be written');
  });
  assert.equal(await read(babe), '');
  await assert.rejects(folder.inspect(), /the mark cannot be written/);
});

test('a FIFO that another program removed, replaced or opened to others is found', {
  timeout: 120_000,
}, async (t) => {
  const harms: readonly ((path: string) => void)[] = [
    (path) => rmSync(path),
    (path) => {
      spawnSync('mkfifo', ['-m', '600', `${path}x`]);
      renameSync(`${path}x`, path);
    },
    (path) => chmodSync(path, 0o644),
  ];
  for (const harm of harms) {
    const { folder, babe } = await ground(t);
    await folder.place(BABE, () => true);
    harm(babe);
    await assert.rejects(folder.inspect(), /was removed or replaced, and not by this guard/);
    // Nothing waits for the removed FIFO: this settles.
    await folder.clear();
  }
});

test('a process whose folder is gone still ends', { timeout: 120_000 }, async (t) => {
  const { path } = await ground(t);
  const { status, signal, stderr } = placing(
    path,
    `rmSync(${JSON.stringify(path)}, { recursive: true });
    await folder.clear().catch(() => undefined);`,
  );
  assert.deepEqual([status, signal], [0, null], stderr);
});

test('at most two keys are served, so that work of the guard has threads left', {
  timeout: 120_000,
}, async (t) => {
  const { folder } = await ground(t);
  await folder.place(keyOf('babe', '//Alice'), () => true);
  await folder.place(keyOf('babe', '//Bob'), () => true);
  await assert.rejects(
    folder.place(keyOf('babe', '//Charlie'), () => true),
    /serves at most 2 babe keys/,
  );
});

test('a process with a pipe without a reader ends when it is taken away', {
  timeout: 120_000,
}, async (t) => {
  const { path } = await ground(t);
  const { status, signal, stderr } = placing(path, 'await folder.clear();');
  assert.deepEqual([status, signal], [0, null], stderr);
});

/** A process that places the key, and does more with the folder. */
function placing(path: string, more: string) {
  const from = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `const { pipedFolder } = await import(${from('./piped-folder.ts')});
    const { systemClock } = await import(${JSON.stringify(import.meta.resolve('@watchbill/base'))});
    const { openFolder } = await import(${from('../custody/open-folder.ts')});
    const { rmSync } = await import('node:fs');
    const folder = pipedFolder(${JSON.stringify(path)}, await openFolder(${JSON.stringify(path)}), systemClock());
    await folder.place(${JSON.stringify(BABE)}, () => true);
    ${more}`;
  const options = { timeout: 30_000, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
}
