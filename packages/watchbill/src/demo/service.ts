import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault, until } from '@watchbill/kit';
import { freePort as anyFreePort, isFree } from '@watchbill/kit/ports';
import { httpApi } from './api.ts';
import type { Child, Processes } from './processes.ts';
import type { Program } from './program.ts';

const READY_WITHIN_MS = 30_000;

/**
 * Starts `watchbill serve`, a separate process with a SQLite store, and waits until it is ready. Throws a
 * fault with the end of its log if it is not.
 */
export async function startService(
  processes: Processes,
  program: Program,
  directory: string,
  preferredPort: number,
) {
  const home = join(directory, 'service');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const port = await freePort(preferredPort);
  const operatorSecret = randomBytes(32).toString('base64url');
  const configFile = writeConfig(home, port, operatorSecret);
  const logFile = join(home, 'service.log');
  const child = processes.start(program.serve(configFile), logFile);
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child, logFile);
  return { url, pid: child.pid, operator: httpApi(url, operatorSecret), ended: child.ended };
}

function writeConfig(home: string, port: number, operatorSecret: string): string {
  const tokenFile = join(home, 'operator.token');
  writeFileSync(tokenFile, `${operatorSecret}\n`, { mode: 0o600 });
  const config = {
    service: {
      name: 'demo',
      listen: { host: '127.0.0.1', port },
      dataDir: join(home, 'data'),
      console: 'open',
    },
    store: { kind: 'sqlite' },
    limits: { drainTimeoutMs: 2_000 },
    log: { level: 'info', format: 'json' },
    operator: { tokenFile },
  };
  const file = join(home, 'watchbill.yaml');
  // JSON is YAML.
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return file;
}

async function untilReady(url: string, child: Child, logFile: string): Promise<void> {
  const api = httpApi(url, null);
  const ended = new AbortController();
  let last = 'it did not answer';
  void child.ended.then(({ code, signal }) => {
    last = `it ended with ${signal ?? `status ${code}`}`;
    ended.abort();
  });
  const look = async (): Promise<true | null> => {
    const answer = await api.call('GET', '/readyz', null, 1_000);
    if (answer.kind === 'answer' && answer.status === 200) return true;
    if (!ended.signal.aborted)
      last = answer.kind === 'answer' ? `/readyz answered ${answer.status}` : answer.why;
    return null;
  };
  const limits = { signal: ended.signal, pauseMs: 50, withinMs: READY_WITHIN_MS };
  if ((await until(look, limits)) !== null) return;
  throw fault('demo-service', 'fault', {
    what: `the permission service did not become ready: ${last}\n${tail(logFile)}`,
    where: logFile,
    remedy: 'read the end of its log above; `watchbill demo --port <n>` chooses another port',
  });
}

function tail(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8);
  return lines.map((line) => `    ${line.slice(0, 400)}`).join('\n');
}

/** The preferred port if it is free, else any. */
export async function freePort(preferred: number): Promise<number> {
  return preferred !== 0 && (await isFree(preferred)) ? preferred : anyFreePort();
}
