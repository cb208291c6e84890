import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayFault } from '../fault.ts';

const START_MS = 10_000;
const CHECK_MS = 10_000;
const KEPT_LINES = 20;
const LEAST_VERSION = [2, 6] as const;
const GET_IT =
  'install HAProxy 2.6 or later (Debian: apt-get install haproxy), or leave `front` out of the settings';

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
  const asked = spawnSync(program, ['-v'], { encoding: 'utf8', timeout: CHECK_MS });
  if (asked.status !== 0)
    throw new GatewayFault(
      'front',
      `there is no HAProxy to be the front: ${program} does not start`,
      GET_IT,
      asked.error,
    );
  const found = /version (\d+)\.(\d+)/.exec(asked.stdout);
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  const isNew = major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1]);
  if (!isNew) throw new GatewayFault('front', `${program} is no HAProxy of 2.6 or later`, GET_IT);
  if (spawnSync('setpriv', ['--version'], { timeout: CHECK_MS }).status !== 0)
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
  });
  if (status !== 0)
    throw new GatewayFault(
      'front',
      `HAProxy refuses its configuration: ${lastWords(`${stdout}${stderr}`.split('\n'))}`,
      GET_IT,
    );
}

/** Starts it, and waits until it listens. Throws a {@link GatewayFault} where it does not. */
export async function startFront(
  program: string,
  configFile: string,
  at: { readonly host: string; readonly port: number },
): Promise<FrontProcess> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, '-db', '-f', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
  await untilListening(running, at);
  return running;
}

async function ended(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'close');
  } catch {
    // It never started: that is an end as well.
  }
}

async function untilListening(
  front: FrontProcess,
  at: { readonly host: string; readonly port: number },
): Promise<void> {
  const { host, port } = at;
  const deadline = performance.now() + START_MS;
  let last: string | null = null;
  front.gone.then((words) => {
    last = words;
  });
  while (last === null && performance.now() < deadline) {
    // Whoever else holds the port would answer as well; then the front has ended, which is seen in the next turn.
    if (await answers(host, port)) {
      await pause(50);
      if (last === null) return;
    } else await pause(20);
  }
  await front.kill();
  const words = await front.gone;
  if (/Address already in use|cannot bind|Permission denied/i.test(words))
    throw new GatewayFault(
      'address',
      `cannot listen on ${host}:${port}: ${words}`,
      'take another address or port',
    );
  throw new GatewayFault('front', `HAProxy did not start to listen: ${words}`, GET_IT);
}

function answers(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return new Promise((resolve) => {
    const socket = connect({ host: name, port, timeout: 1_000 });
    const tell = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
    socket.once('timeout', () => tell(false));
  });
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
