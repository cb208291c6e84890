import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayFault } from '../fault.ts';
import { tellFront } from './control.ts';

const START_MS = 10_000;
const CHECK_MS = 10_000;
const KEPT_LINES = 20;
const LEAST_VERSION = [2, 6] as const;
const GET_IT =
  'install HAProxy 2.6 or later (Debian: apt-get install haproxy), or leave `front` out of the settings';

/** Debian puts it where only root looks. */
const env = () => {
  const { PATH } = process.env;
  return { ...process.env, PATH: [...(PATH ? [PATH] : []), '/usr/local/sbin', '/usr/sbin'].join(':') };
};

/** One HAProxy that runs. */
export interface FrontProcess {
  /** Fulfilled with its last words when it is gone, however it went. */
  readonly gone: Promise<string>;
  /** Takes no new connections; ends when the others have. */
  readonly drain: () => void;
  /** At once, whatever is under way. */
  readonly kill: () => Promise<void>;
}

/** Throws a {@link GatewayFault} where there is no HAProxy that will do, or no way to end it with the gateway. */
export function checkProgram(program: string): void {
  const asked = spawnSync(program, ['-v'], { encoding: 'utf8', timeout: CHECK_MS, env: env() });
  if (asked.status !== 0)
    throw new GatewayFault(
      'front',
      `there is no HAProxy to be the front: ${program} does not start`,
      GET_IT,
      asked.error,
    );
  const found = /^HA-?Proxy version (\d+)\.(\d+)/m.exec(asked.stdout);
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  const isNew = major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1]);
  if (!isNew) throw new GatewayFault('front', `${program} is no HAProxy of 2.6 or later`, GET_IT);
  if (spawnSync('setpriv', ['--version'], { timeout: CHECK_MS, env: env() }).status !== 0)
    throw new GatewayFault(
      'front',
      'setpriv is missing, by which the front ends when the gateway is killed',
      'install util-linux, on Linux, or leave `front` out of the settings',
    );
}

/** Throws a {@link GatewayFault} with what HAProxy says of a configuration that it refuses. */
export function checkConfig(program: string, configFile: string): void {
  const { status, stdout, stderr } = spawnSync(program, ['-c', '-f', configFile], {
    encoding: 'utf8',
    timeout: CHECK_MS,
    env: env(),
  });
  if (status !== 0)
    throw new GatewayFault(
      'front',
      `HAProxy refuses its configuration: ${lastWords(`${stdout}${stderr}`.split('\n'))}`,
      'mend in the settings what it names, or leave `front` out of them',
    );
}

/** Starts it, and waits until it listens. Throws a {@link GatewayFault} where it does not. `address`: where, in words. */
export async function startFront(
  program: string,
  configFile: string,
  controlSocket: string,
  address: string,
): Promise<FrontProcess> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, '-db', '-f', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: env(),
  });
  goFirst(child.pid);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - KEPT_LINES);
    });
  const gone = ended(child).then(() => lastWords(lines));
  const running: FrontProcess = {
    gone,
    drain: () => void child.kill('SIGUSR1'),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
  await untilListening(running, controlSocket, address);
  return running;
}

async function ended(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'close');
  } catch {
    // It never started: that is an end as well.
  }
}

/** It answers on its own socket when it has all its addresses; on the port of callers somebody else may answer. */
async function untilListening(front: FrontProcess, controlSocket: string, address: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  let isGone = false;
  front.gone.then(() => {
    isGone = true;
  });
  while (!isGone && performance.now() < deadline) {
    if (await tellFront(controlSocket, 'show version').then(isVersion, () => false)) return;
    await pause(20);
  }
  await front.kill();
  throw notListening(await front.gone, address);
}

function isVersion(text: string): boolean {
  return /^\d/.test(text);
}

function notListening(words: string, address: string): GatewayFault {
  if (/Address already in use|cannot bind|Permission denied/i.test(words))
    return new GatewayFault(
      'address',
      `cannot listen on ${address}: ${words}`,
      'take another address or port',
    );
  if (/FD limit/i.test(words))
    return new GatewayFault(
      'front',
      `HAProxy may not open as many files as limits.connections asks for: ${words}`,
      'raise the limit of open files (LimitNOFILE= of the unit, `ulimit -n`), or lower limits.connections',
    );
  return new GatewayFault('front', `HAProxy did not start to listen: ${words}`, 'see its words');
}

/** What it complained of, without the noise of its start. */
function lastWords(lines: readonly string[]): string {
  const alerts = lines.filter((line) => /ALERT|error/i.test(line));
  const words = (alerts.length > 0 ? alerts : lines).map((line) =>
    line.replace(/^\[\w+\]\s+\(\d+\) : /, '').trim(),
  );
  return (
    words
      .filter((line) => line !== '')
      .slice(0, 3)
      .join('; ')
      .slice(0, 500) || 'it said nothing'
  );
}

/** Before the nodes and the gateway, where they share a machine. */
const PRIORITY = -10;

/**
 * It uses little of the processor, and every request waits for it twice: beside nodes that execute blocks it should not wait itself. Needs
 * the right to do so (root, CAP_SYS_NICE); without it the front runs as everybody does.
 */
function goFirst(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, PRIORITY);
  } catch {
    // Slower, and as safe.
  }
}
