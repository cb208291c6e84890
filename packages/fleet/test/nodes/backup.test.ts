// A backup of a real node that runs, into every kind of archive by the real programs; a drill on it; the loss
// of a database; a restore.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { connectLocal } from '@watchbill/fleet/lab/local';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { freePort, waitFor } from '@watchbill/testkit';
import { type Command, startCommand } from '@watchbill/testkit/command';
import { runCli } from 'watchbill';
import { ground, up, WAIT } from './ground.ts';

/** One validator, a node that answers, and one to be stopped for backups. */
function groundOfBackups(): string {
  const folder = ground(() => '  backup: {role: backup, count: 1}\n  rpc: {count: 1}\n', '1');
  for (const name of ['store', 'served', 'metrics']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'password'), 'of this test\n', { mode: 0o600 });
  const archive = `{address: "folder:${join(folder, 'store')}"}`;
  appendFileSync(join(folder, 'network.yaml'), `backup: {archive: ${archive}, keep: {last: 2}}\n`);
  return folder;
}

/** The command in this process, which has it loaded. */
async function command(folder: string, ...args: readonly string[]) {
  const io = realIo(folder);
  const code = await runCli(['fleet', ...args], io);
  return { code, out: io.stdout(), err: io.stderr() };
}

async function well(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await command(folder, ...args);
  assert.equal(code, 0, `${args.join(' ')}\n${out}${err}`);
  return out;
}

/** The answer of a backup before the node, which another backup started again, has come back to its chain. */
const NOT_IN_STEP = /is still syncing/;

/** A backup that runs and has just stopped the node. */
function whileItIsDown(folder: string): Promise<Command> {
  return waitFor(
    'a backup to stop the node',
    async () => {
      const running = startCommand(folder, ['fleet', 'backup', 'run', '--local', 'local', '--json']);
      const isDown = await running.says(/"stopped"/).then(
        () => true,
        () => false,
      );
      if (isDown) return running;
      assert.match((await running.ended).all, NOT_IN_STEP);
      return undefined;
    },
    WAIT,
  );
}

/** Backs up as soon as the node is in step with its chain. */
async function backedUp(folder: string, ...args: readonly string[]): Promise<string> {
  const done = await waitFor(
    'the node to be in step',
    async () => {
      const ran = await command(folder, 'backup', 'run', ...args);
      return NOT_IN_STEP.test(ran.err) ? undefined : ran;
    },
    WAIT,
  );
  assert.equal(done.code, 0, `${done.out}${done.err}`);
  return done.out;
}

/** What rclone serves of a folder, over loopback. */
async function served(context: TestContext, kind: 'webdav' | 'restic', folder: string): Promise<string> {
  const port = await freePort();
  const child = spawn('rclone', ['serve', kind, '--addr', `127.0.0.1:${port}`, folder], { stdio: 'ignore' });
  context.after(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    `rclone serves ${kind}`,
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    WAIT,
  );
  return url;
}

/** Every file below a folder, as one buffer for each. */
function filesBelow(folder: string): readonly Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

const LOCAL = ['--local', 'local'];

test('a backup is made of a node that runs, tried, and put back, and the chain never waits for it', async (context) => {
  const folder = groundOfBackups();
  const network = up(context, folder, []);
  // The node of the backups too: another one may be ahead of it.
  const isAt = (height: number) =>
    (network.status().find(({ name }) => name === 'backup-here-0')?.reading?.finalised ?? -1) >= height;
  await waitFor(
    'the node of the backups has block 3 final',
    () => isAt(3) || network.child.exitCode !== null,
    WAIT,
  );
  assert.equal(network.child.exitCode, null, network.printed.errors);
  const local = await connectLocal(join(folder, 'local'));
  context.after(() => local.close());
  const nodeOf = async (name: string) => {
    const found = (await local.nodes()).find((node) => node.name === name);
    assert.ok(found);
    return found;
  };
  const backup = await nodeOf('backup-here-0');
  // Keys where other programs would put them: they must not be taken along.
  const keystore = join(
    backup.folder,
    'data/chains',
    readdirSync(join(backup.folder, 'data/chains'))[0] ?? '',
    'keystore',
  );
  mkdirSync(keystore, { recursive: true });
  const seed = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
  writeFileSync(join(keystore, `62616265${'ab'.repeat(32)}`), JSON.stringify(seed));

  const webdav = await served(context, 'webdav', join(folder, 'served'));
  const rest = await served(context, 'restic', join(folder, 'served'));
  const remote = `[dav]\ntype = webdav\nurl = ${webdav}\nvendor = other\n`;
  writeFileSync(join(folder, 'rclone.conf'), remote, { mode: 0o600 });
  const archives = {
    rclone: ['--archive', 'rclone:dav:chains', '--rclone-config', 'rclone.conf'],
    restic: ['--archive', `restic:rest:${rest}/repository/`, '--password-file', 'password'],
  } as const;

  await context.test(
    'into a folder: stopped, copied, read back, started; and it is seen by those who watch',
    async () => {
      const signer = ['--node', 'validators-here-0', '--any-role'];
      const refused = await command(folder, 'backup', 'run', ...LOCAL, ...signer);
      assert.equal(refused.code, 3);
      assert.match(refused.err, /it is not stopped for a backup/);
      const out = await well(folder, 'backup', 'run', ...LOCAL, '--metrics', 'metrics', '--json');
      const steps = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { step?: string });
      assert.deepEqual(
        steps.flatMap(({ step }) => step ?? []),
        ['preflight', 'stopped', 'copied', 'verified', 'started', 'published'],
      );
      assert.match(
        readFileSync(join(folder, 'metrics/trial.backup-here-0.prom'), 'utf8'),
        /watchbill_fleet_backup_height\{network="trial",node="backup-here-0"\} \d+/,
      );
      assert.match(await well(folder, 'backup', 'verify', '--here'), /is whole: \d+ files/);
      const { backups } = JSON.parse(await well(folder, 'backup', 'list', '--here', '--json')) as {
        backups: readonly { state: string; finalised: { number: number } }[];
      };
      assert.equal(backups[0]?.state, 'whole');
      assert.ok((backups[0]?.finalised.number ?? 0) >= 3);
    },
  );

  await context.test('no key of the node is in what was written', () => {
    const secrets = [
      Buffer.from(seed),
      readFileSync(join(backup.folder, 'node.key')),
      Buffer.from(readFileSync(join(backup.folder, 'node.key'), 'utf8').trim(), 'hex'),
    ];
    const written = filesBelow(join(folder, 'store'));
    assert.ok(written.length > 2);
    for (const secret of secrets) {
      assert.ok(secret.length >= 32);
      assert.ok(!written.some((file) => file.includes(secret)));
    }
  });

  await context.test('a run that is killed while the node is down goes on when it is run again', async () => {
    const killed = await whileItIsDown(folder);
    killed.child.kill('SIGKILL');
    await killed.ended;
    assert.ok(['stopped', 'running'].includes((await nodeOf('backup-here-0')).state));
    // The killed run may have started the node just before.
    await backedUp(folder, ...LOCAL);
    assert.equal((await nodeOf('backup-here-0')).state, 'running');
    // SIGTERM: it starts the node before it ends.
    const stopped = await whileItIsDown(folder);
    await stopped.stop();
    assert.equal((await nodeOf('backup-here-0')).state, 'running');
  });

  await context.test('through rclone over WebDAV, and through restic over HTTP', async () => {
    await backedUp(folder, ...LOCAL, ...archives.rclone);
    assert.ok(!filesBelow(join(folder, 'served/chains')).some((file) => file.includes(seed)));
    await backedUp(folder, ...LOCAL, ...archives.restic);
  });

  await context.test('a drill starts a node on it that knows nobody, and leaves nothing', async () => {
    mkdirSync(join(folder, 'scratch'));
    const flags = ['--scratch', 'scratch', '--metrics', 'metrics', '--json'];
    const out = await well(folder, 'backup', 'drill', ...archives.restic, ...flags);
    const { finalised, peers } = JSON.parse(out) as { finalised: { number: number }; peers: number };
    assert.ok(finalised.number >= 3);
    assert.equal(peers, 0);
    assert.deepEqual(readdirSync(join(folder, 'scratch')), []);
    assert.match(
      readFileSync(join(folder, 'metrics/trial.backup-here-0.prom'), 'utf8'),
      /backup_drill_timestamp_seconds/,
    );
  });

  await context.test('a node that lost its database gets the backup, and goes on from there', async () => {
    const rpc = await nodeOf('rpc-here-0');
    await local.stop('rpc-here-0', 20_000);
    const chains = join(rpc.folder, 'data/chains');
    const database = join(chains, readdirSync(chains)[0] ?? '', 'db');
    const kind = existsSync(database) ? database : database.replace(/db$/, 'paritydb');
    rmSync(join(kind), { recursive: true });
    const nodes = ['--node', 'rpc-here-0', '--of', 'backup-here-0'];
    const restore = ['backup', 'restore', ...LOCAL, ...archives.rclone, ...nodes];
    const keyed = await command(
      folder,
      ...restore.map((word) => (word === 'rpc-here-0' ? 'validators-here-0' : word)),
      '--signer-without-keys',
      '--older',
    );
    assert.equal(keyed.code, 3);
    assert.match(keyed.err, /GRANDPA votes, .*and it has keys/);
    const out = await well(folder, ...restore);
    assert.match(out, /restored +rpc-here-0 is up on/);
    const node = connectNode(rpc.rpcUrl, { timeoutMs: 10_000 });
    context.after(() => node.close());
    const height = async () => Number((await node.call<{ number: string }>('chain_getHeader')).number);
    const first = await height();
    await waitFor('it follows the chain', async () => (await height()) > first, WAIT);
    assert.ok(!existsSync(`${kind}.before`));
  });

  await context.test('old ones go, and the newest stays', async () => {
    const shown = await well(folder, 'backup', 'prune', '--here');
    assert.match(shown, /stays/);
    await well(folder, 'backup', 'prune', '--here', '--keep-last', '1', '--apply');
    const { backups } = JSON.parse(await well(folder, 'backup', 'list', '--here', '--json')) as {
      backups: readonly { state: string }[];
    };
    assert.equal(backups.filter(({ state }) => state === 'whole').length, 1);
  });
});
