import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DEV_NAMES, devKey } from '../dev-keys.ts';
import { waitFor } from '../wait.ts';
import type { FirstSignature } from './first-signature.ts';
import type { ObserverReport, Stretch } from './report.ts';
import type { ObserverMessage, ObserverQuestion, ObserverSettings } from './settings.ts';

/** A separate process that watches a network and counts. It is independent of every permission service. */
export interface Observer {
  readonly pid: number;
  /** A moment to report from: now, in Unix milliseconds. */
  mark(): number;
  /** Everything seen in a stretch of time. Default: from the beginning of the observation until now. */
  report(stretch?: Partial<Stretch>): Promise<ObserverReport>;
  /** The same from a mark until now. */
  since(markMs: number): Promise<ObserverReport>;
  /** First block and vote of an identity (`Bob`, or an account) after a moment; null if there is none yet. */
  firstSignature(identity: string, momentMs: number): Promise<FirstSignature>;
  /**
   * Settles with the first block and vote when both exist. At the deadline, rejects with those that exist.
   */
  untilFirstSignature(identity: string, momentMs: number, timeoutMs: number): Promise<FirstSignature>;
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../observer-process.ts', import.meta.url));
const START_TIMEOUT_MS = 190_000;
/** Above the time that the observer allows itself for the remaining reads. */
const ANSWER_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 3_000;
const MOST_ERROR_CHARACTERS = 4_000;

/** Start to observe two nodes or more. If none of them answers, it ends the process and rejects. */
export async function startObserver(settings: ObserverSettings): Promise<Observer> {
  if (settings.nodes.length < 2) throw new Error('an observer needs two nodes or more');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const link = linkTo(child);
  try {
    // Only the plain settings are sent: callers may pass running nodes.
    const nodes = settings.nodes.map(({ name, wsUrl }) => ({ name, wsUrl }));
    child.send({ ...settings, nodes, names: settings.names ?? devStashes() } satisfies ObserverSettings);
    await waitFor('the observer begins', link.ready, {
      timeoutMs: START_TIMEOUT_MS,
      everyMs: 20,
      detail: link.errors,
    });
  } catch (error) {
    await end(child);
    throw error;
  }
  const firstSignature = (identity: string, momentMs: number): Promise<FirstSignature> =>
    link.ask({ ask: 'first-signature', identity, momentMs }) as Promise<FirstSignature>;
  const report = (stretch: Partial<Stretch> = {}): Promise<ObserverReport> =>
    link.ask({ ask: 'report', stretch }) as Promise<ObserverReport>;
  return {
    pid: child.pid ?? 0,
    mark: () => Date.now(),
    report,
    since: (fromMs) => report({ fromMs }),
    firstSignature,
    untilFirstSignature: async (identity, momentMs, timeoutMs) => {
      let last: FirstSignature = { block: null, vote: null };
      return waitFor(
        `${identity} signs a block and a vote`,
        async () => {
          last = await firstSignature(identity, momentMs);
          return last.block !== null && last.vote !== null ? last : undefined;
        },
        { timeoutMs, detail: () => JSON.stringify(last) },
      );
    },
    close: () => end(child),
  };
}

type Question = ObserverQuestion extends infer Q
  ? Q extends ObserverQuestion
    ? Omit<Q, 'id'>
    : never
  : never;

interface Link {
  /** True when it has begun. Throws if it never will. */
  ready(): boolean;
  ask(question: Question): Promise<unknown>;
  /** The end of its standard error. */
  errors(): string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function linkTo(child: ChildProcess): Link {
  const waiting = new Map<number, Waiting>();
  let [began, errors, nextId] = [false, '', 0];
  let failure: string | null = null;
  child.stderr?.on('data', (chunk) => {
    errors = (errors + String(chunk)).slice(-MOST_ERROR_CHARACTERS);
  });
  child.on('message', (message: ObserverMessage) => {
    if (message.told === 'ready') began = true;
    else if (message.told === 'answer') settle(message.id)?.resolve(message.value);
    else if (message.id === null) failure = message.text;
    else settle(message.id)?.reject(new Error(`the observer: ${message.text}`));
  });
  child.once('exit', (code, signal) => {
    failure ??= `its process ended (code ${code}, signal ${signal}): ${errors}`;
    for (const id of [...waiting.keys()]) settle(id)?.reject(new Error(`the observer: ${failure}`));
  });

  /** Takes the waiting question from the list. */
  function settle(id: number): Waiting | undefined {
    const found = waiting.get(id);
    waiting.delete(id);
    clearTimeout(found?.timer);
    return found;
  }

  function ask(question: Question): Promise<unknown> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      if (failure !== null) return reject(new Error(`the observer: ${failure}`));
      const late = (): void =>
        settle(id)?.reject(new Error(`the observer did not answer in ${ANSWER_TIMEOUT_MS} ms: ${errors}`));
      waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER_TIMEOUT_MS) });
      return child.send({ ...question, id }, (error) => {
        if (error !== null) settle(id)?.reject(error);
      });
    });
  }

  return {
    ready: () => {
      if (failure !== null) throw new Error(`the observer: ${failure}`);
      return began;
    },
    ask,
    errors: () => failure ?? errors,
  };
}

function devStashes(): Record<string, string> {
  return Object.fromEntries(DEV_NAMES.map((name) => [`0x${devKey(name).stash}`, name]));
}

/** It ends when its channel closes; otherwise it is killed. */
async function end(child: ChildProcess): Promise<void> {
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  if (!running()) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
