import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Role } from '../../../file/graph/index.ts';
import { localShell } from '../host.ts';
import { fill, testFolder } from '../testing/folder.ts';
import { harbour } from '../testing/harbour.ts';
import { machineSigning, type UnitOnMachine } from './machine-signing.ts';

const NEVER = new AbortController().signal;

/** A stand-in for systemd, which answers from files beside it. */
const FAKE_SYSTEMCTL = `#!/bin/sh
cd "$(dirname "$0")"
case "$*" in
  *--property=LoadState*) cat shown ;;
  *--property=MainPID*) cat pid ;;
  cat*) cat unit ;;
esac
`;

const KEY = '6772616eab';

interface Bench {
  readonly on: UnitOnMachine;
  readonly look: () => ReturnType<typeof machineSigning>;
  readonly write: (name: 'unit' | 'shown' | 'pid', text: string) => void;
  /** A path below the folder of the test. */
  readonly at: (path: string) => string;
}

/** A machine with the unit of one node that is not running. */
function bench(context: TestContext, role: Role = 'validator', keys = 'born'): Bench {
  const top = testFolder(context);
  const bin = join(top, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'systemctl'), FAKE_SYSTEMCTL);
  chmodSync(join(bin, 'systemctl'), 0o755);
  const session =
    keys === 'born' ? '' : ', keys: {session: {source: secret, secret: s, types: {gran: ed25519}}}';
  const network = harbour(`one: {role: ${role}, count: 1${session}}`);
  const node = network.pools[0]?.nodes[0];
  assert.ok(node !== undefined);
  const at = (path: string) => join(top, path);
  const on = { node, unit: 'watchbill-harbour-one-iron-0.service', folder: at('node'), memory: at('memory') };
  fill(on.folder, { 'data/chains/x/db/full/000001.sst': 'old' });
  mkdirSync(join(on.folder, 'keys/keystore'), { recursive: true });
  const run = localShell({ ...process.env, PATH: `${bin}:${process.env.PATH}` });
  const write: Bench['write'] = (name, text) => writeFileSync(join(bin, name), text);
  write('shown', 'LoadState=loaded\nNeedDaemonReload=no\n');
  write('pid', '0\n');
  write('unit', unitText(role === 'validator' ? '--validator' : '--rpc-port=9944'));
  return { on, look: () => machineSigning(run, on, NEVER), write, at };
}

const unitText = (flags: string, before = ''): string =>
  `# /etc/systemd/system/x.service\n[Service]\n${before}ExecStart=/opt/node --base-path=/nowhere/data ${flags}\n`;

test('a signer without any key has none, and a node of another role does not sign', async (context) => {
  assert.deepEqual(await bench(context).look(), { signs: true, keys: [] });
  assert.deepEqual(await bench(context, 'rpc').look(), { signs: false, keys: [] });
});

test('keys are found in every keystore: of the folder, in memory, and the one that the unit names', async (context) => {
  const places: readonly (readonly [string, string])[] = [
    [`node/keys/keystore/${KEY}`, '--validator'],
    [`node/data/chains/x/keystore/${KEY}`, '--validator'],
    [`memory/${KEY}`, '--validator'],
    [`elsewhere/${KEY}`, '--validator --keystore-path=TOP/elsewhere'],
    [`elsewhere/${KEY}`, '--validator --keystore-path TOP/elsewhere'],
    [`elsewhere/${KEY}`, '--validator \\\n  --keystore-path=TOP/elsewhere'],
    [`elsewhere/${KEY}`, '--collator -- --keystore-path=TOP/elsewhere'],
    [`base/chains/x/keystore/${KEY}`, '--validator -d TOP/base'],
  ];
  for (const [path, flags] of places) {
    const one = bench(context);
    one.write('unit', unitText(flags.replace('TOP', one.at('.'))));
    assert.deepEqual((await one.look()).keys, [], `${path} before`);
    fill(one.at('.'), { [path]: 'seed' });
    const [found = ''] = (await one.look()).keys;
    assert.ok(found.endsWith(KEY), `${path}: ${found}`);
  }
});

test('a keystore that is a link counts as a key, and a link that the unit names is followed', async (context) => {
  const one = bench(context);
  mkdirSync(one.at('node/data/chains/y'), { recursive: true });
  symlinkSync('/nowhere', one.at('node/data/chains/y/keystore'));
  assert.match((await one.look()).keys.join(), /chains\/y\/keystore$/);
  const other = bench(context);
  fill(other.at('real'), { [KEY]: 'seed' });
  symlinkSync(other.at('real'), other.at('link'));
  other.write('unit', unitText(`--validator --keystore-path=${other.at('link')}`));
  assert.match((await other.look()).keys.join(), new RegExp(`${KEY}$`));
});

test('seeds that the network file or the unit gives to a node are keys, whether or not it runs', async (context) => {
  assert.match(
    (await bench(context, 'validator', 'secret').look()).keys.join(),
    /keys\.session\.source: secret/,
  );
  const unit = bench(context, 'rpc');
  unit.write(
    'unit',
    unitText('--validator', 'ExecStartPre=/bin/sh -c x /seed /opt/node key insert --suri=/seed\n'),
  );
  assert.deepEqual(await unit.look(), {
    signs: true,
    keys: ['ExecStartPre puts keys into its keystore at each start'],
  });
  const account = bench(context);
  account.write('unit', unitText('--alice'));
  assert.match((await account.look()).keys.join(), /flag --alice/);
  const marked = bench(context, 'rpc');
  marked.write('unit', `${unitText('')}\n[X-Watchbill]\nKeySet=set.one\n`);
  assert.equal((await marked.look()).signs, true);
});

/** A process with the command line of a node. */
async function running(context: TestContext, ...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => 0, 1000)', '--', ...args]);
  context.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

test('the process that runs counts too: its unit may be newer', async (context) => {
  const one = bench(context, 'rpc');
  fill(one.at('old-keys'), { [KEY]: 'seed' });
  const { pid } = await running(context, '--validator', `--keystore-path=${one.at('old-keys')}`);
  one.write('pid', `${pid}\n`);
  const { signs, keys } = await one.look();
  assert.equal(signs, true);
  assert.match(keys.join(), new RegExp(`old-keys/${KEY}$`));
});

test('a unit that cannot be known refuses', async (context) => {
  const cases: readonly (readonly ['unit' | 'shown' | 'pid', string, RegExp])[] = [
    ['shown', 'LoadState=not-found\nNeedDaemonReload=no\n', /no such unit/],
    ['shown', 'LoadState=loaded\nNeedDaemonReload=yes\n', /changed since systemd read it/],
    ['shown', '', /no such unit/],
    ['unit', '', /has no ExecStart/],
    ['unit', unitText('--keystore-path=%t/keys'), /names the folder %t\/keys/],
    ['unit', unitText('--keystore-path=keys'), /names the folder keys/],
    ['pid', '4194999\n', /looking for session keys of one-iron-0 failed/],
  ];
  for (const [name, text, wanted] of cases) {
    const one = bench(context);
    one.write(name, text);
    await assert.rejects(one.look(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'signer', text);
      assert.match(error.message, wanted);
      return true;
    });
  }
});
