import { once } from 'node:events';
import type { Profile } from './parts.ts';

const SAMPLE_US = 200;

/** The profiler of a process that was started with `--inspect` on this port of loopback. */
export interface Profiler {
  /** What its main thread did while this work ran. */
  during<Result>(
    work: () => Promise<Result>,
  ): Promise<{ readonly profile: Profile; readonly result: Result }>;
  close(): void;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly profile?: Profile };
  readonly error?: { readonly message: string };
}

/**
 * Connect to the inspector of a process: https://chromedevtools.github.io/devtools-protocol/v8/Profiler/.
 * Throws if it does not listen.
 */
export async function connectProfiler(port: number, timeoutMs: number): Promise<Profiler> {
  const listed = await fetch(`http://127.0.0.1:${port}/json/list`, {
    signal: AbortSignal.timeout(timeoutMs),
  });
  const [target] = (await listed.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error(`the inspector on port ${port} lists no process`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open', { signal: AbortSignal.timeout(timeoutMs) });
  let lastId = 0;
  const ask = async (method: string, params = {}): Promise<Answer['result']> => {
    const id = ++lastId;
    const answered = answerTo(socket, id, timeoutMs);
    socket.send(JSON.stringify({ id, method, params }));
    const { error, result } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  return {
    during: async (work) => {
      await ask('Profiler.start');
      const result = await work();
      const profile = (await ask('Profiler.stop'))?.profile;
      if (profile === undefined) throw new Error('the inspector answered without a profile');
      return { profile, result };
    },
    close: () => socket.close(),
  };
}

function answerTo(socket: WebSocket, id: number, timeoutMs: number): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const listen = ({ data }: MessageEvent) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id === id) resolve(answer);
  };
  socket.addEventListener('message', listen);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.removeEventListener('message', listen);
  });
}
