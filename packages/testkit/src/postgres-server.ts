import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@watchbill/testkit';

/** A real PostgreSQL of Debian, in a separate folder, on a free port, on loopback. */
export interface PostgresServer {
  /** Of its first process, which starts all others. */
  readonly pid: () => number;
  /** Of a new, empty database. */
  readonly newDatabase: () => string;
  /** Ends at once, as a machine that loses its power. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const START_MS = 180_000;
const PASSWORD = 'a-password-of-the-test';

/** The newest that is installed; undefined for none. */
export function postgresFolder(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin/postgres')
    .sort()
    .at(-1)
    ?.replace(/\/postgres$/, '');
}

/** PostgreSQL refuses to run as root. */
function owner(): { readonly uid: number; readonly gid: number } | null {
  if (userInfo().uid !== 0) return null;
  const id = (flag: string) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

export interface PostgresOptions {
  /** Whether a commit waits for the disk, as in production. Default false: tests are faster. */
  readonly fsync?: boolean;
}

export async function startPostgres({ fsync = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = postgresFolder();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-postgres-'));
  const who = owner();
  if (who !== null) chownSync(folder, who.uid, who.gid);
  const data = makeData(bin, folder, who);
  const port = await freePort();
  const address = (database: string) => `postgresql://watchbill:${PASSWORD}@127.0.0.1:${port}/${database}`;
  let server: ReturnType<typeof spawn> | null = null;
  const start = async (): Promise<void> => {
    const listen = ['-p', String(port), '-h', '127.0.0.1', '-k', folder];
    const settings = ['-D', data, ...listen, '-c', `fsync=${fsync ? 'on' : 'off'}`];
    server = spawn(join(bin, 'postgres'), settings, { ...who, cwd: folder, stdio: 'ignore' });
    await ready(bin, port);
  };
  const end = async (signal: 'SIGKILL' | 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  };
  await start();
  let databases = 0;
  return {
    pid: () => server?.pid ?? 0,
    newDatabase: () => {
      databases += 1;
      const name = `programme_${databases}`;
      const sql = [address('postgres'), '-c', `create database ${name}`];
      const done = spawnSync(join(bin, 'psql'), sql, { encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`create database: ${done.stderr}`);
      return address(name);
    },
    // SIGQUIT is its immediate end, with its children, and without a checkpoint.
    kill: () => end('SIGQUIT'),
    start,
    stop: async () => {
      await end('SIGINT');
      rmSync(folder, { recursive: true });
    },
  };
}

/** A new data folder. */
function makeData(bin: string, folder: string, who: ReturnType<typeof owner>): string {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const data = join(folder, 'data');
  const access = ['-U', 'watchbill', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, ...access, '-N', '-E', 'UTF8', '--locale', 'C.UTF-8'],
    { ...who, cwd: folder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  return data;
}

async function ready(bin: string, port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_MS; waitedMs += 100) {
    const asked = spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]);
    if (asked.status === 0) return;
    await sleep(100);
  }
  throw new Error('PostgreSQL did not start in time');
}
