import type { VirtualClock } from '@watchbill/kit/testing';
import type { Life } from './host.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Faults of messages between hosts. Probabilities are per message. */
export interface NetworkFaults {
  readonly delayMs: readonly [least: number, most: number];
  /** A request, or an answer, is lost. */
  readonly lose: number;
  /** A request arrives twice, at two moments. */
  readonly double: number;
}

export const GOOD_NETWORK: NetworkFaults = { delayMs: [1, 1], lose: 0, double: 0 };

/** The request handler of a process. `signal` aborts when the caller certainly gave up. */
export type Handler = (request: unknown, from: string, signal: AbortSignal) => Promise<unknown>;

export interface SimNetwork {
  /** Requests to the host of this process come here until the process ends. */
  serve(life: Life, handler: Handler): void;
  /**
   * Rejects with a {@link NetworkFault} if no answer came in time. The handler may have run, may be running,
   * may yet run.
   */
  request(life: Life, to: string, request: unknown, timeoutMs: number): Promise<unknown>;
  setFaults(faults: NetworkFaults): void;
  /** Drops messages from one host to the other; the way back stays as it was. */
  cut(from: string, to: string): void;
  heal(): void;
}

export class NetworkFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NetworkFault';
  }
}

export function createSimNetwork(options: {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly faults?: NetworkFaults;
}): SimNetwork {
  const { clock, random } = options;
  const handlers = new Map<string, { readonly life: Life; readonly handler: Handler }>();
  const cuts = new Set<string>();
  let faults = options.faults ?? GOOD_NETWORK;

  /** One message; if it is lost, `arrive` never runs. A cut counts at both ends of the way. */
  function travel(from: string, to: string, arrive: () => void): void {
    const isCut = () => cuts.has(`${from} ${to}`);
    const lost = random.chance(faults.lose) || isCut();
    clock.after(random.int(...faults.delayMs), () => {
      if (!lost && !isCut()) arrive();
    });
  }

  /** The host that serves at the moment of arrival gets a separate copy of the request. */
  function handOver(from: string, to: string, request: unknown, signal: AbortSignal, answer: Answer): void {
    const server = handlers.get(to);
    if (server === undefined || !server.life.alive()) return;
    server.life.deliver(() => {
      server.handler(structuredClone(request), from, signal).then(
        (result) =>
          server.life.deliver(() => travel(to, from, () => answer.resolve(structuredClone(result)))),
        (error) => server.life.deliver(() => travel(to, from, () => answer.reject(error))),
      );
    });
  }

  function exchange(from: string, to: string, request: unknown, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const gone = new AbortController();
      const copies = random.chance(faults.double) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++)
        travel(from, to, () => handOver(from, to, request, gone.signal, { resolve, reject }));
      clock.after(timeoutMs, () => {
        reject(new NetworkFault(`${to} did not answer ${from} within ${timeoutMs} ms`));
        // Without a reason each abort makes an exception with its stack.
        travel(from, to, () => gone.abort('gone'));
      });
    });
  }

  return {
    serve: (life, handler) => void handlers.set(life.host, { life, handler }),
    request: (life, to, request, timeoutMs) =>
      life.outside(() => exchange(life.host, to, structuredClone(request), timeoutMs)),
    setFaults(next) {
      faults = next;
    },
    cut: (from, to) => void cuts.add(`${from} ${to}`),
    heal: () => cuts.clear(),
  };
}

interface Answer {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}
