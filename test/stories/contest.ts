import { until } from '@watchbill/kit';
import { openCaller } from '@watchbill/kit/call';
import { type ClaimingClient, claimOnce } from '@watchbill/testkit/service/race';

/** What one node of a contest was answered. An answer that did not come is `unknown`. */
export interface Recorded {
  readonly contest: string;
  readonly unit: number;
  readonly node: string;
  readonly outcome: 'granted' | 'denied' | 'unknown';
  readonly reason: string;
  /** The service had the request when it was killed. */
  readonly wasCut?: boolean;
}

/** A node of a contest. It asks for one unit, once. */
export interface Contestant {
  readonly node: string;
  readonly ask: (unit: number) => Promise<Pick<Recorded, 'outcome' | 'reason'>>;
}

/** Contests that go on until they are stopped. */
export interface RunningContests {
  readonly records: readonly Recorded[];
  /**
   * Settles after so many more answers that were granted or denied. Rejects when the contests failed or the
   * answers did not come.
   */
  readonly answers: (more: number) => Promise<void>;
  /** Ends each contest after its present unit. */
  readonly stop: () => Promise<void>;
}

/** The time is a safety net. */
const LIMITS = { pauseMs: 50, withinMs: 120_000 };

/** On the API of the service. */
export function claimContestant(node: string, client: ClaimingClient): Contestant {
  return {
    node,
    ask: async (unit) => {
      const { outcome, reason } = await claimOnce(client.urls[0] ?? '', client, unit);
      if (outcome === 'granted' || outcome === 'denied' || outcome === 'unknown') return { outcome, reason };
      throw new TypeError(`unit ${unit}: the answer is not an outcome: ${outcome} ${reason}`);
    },
  };
}

const ORIGINAL: Readonly<Record<string, Recorded['outcome']>> = {
  '200 true': 'granted',
  '200 false': 'denied',
  '503 false': 'unknown',
  // The request came too slowly, as on a machine that stands still.
  '408 false': 'unknown',
};

/** On the original wire protocol. */
export function originalContestant(node: string, url: string, secret: string): Contestant {
  return {
    node,
    ask: async (unit) => {
      const address = `${url}/original/${secret}/authorize/slot/${unit}`;
      const asked = { method: 'PUT', deadlineMs: 30_000, mostBytes: 10_000 } as const;
      const { status, text } = await openCaller().ask(address, asked);
      const answer = `${status} ${text}`;
      const outcome = ORIGINAL[answer];
      if (outcome !== undefined) return { outcome, reason: answer };
      throw new TypeError(`unit ${unit}: the answer is not an outcome: ${answer}`);
    },
  };
}

/**
 * In each contest all nodes ask for the same unit at the same moment, and each asks again until it is granted
 * or denied. Then they go on to the next unit.
 */
export function startContests(contests: Readonly<Record<string, readonly Contestant[]>>): RunningContests {
  const records: Recorded[] = [];
  const stopping = new AbortController();
  let fault: unknown = null;

  async function settle(contest: string, { node, ask }: Contestant, unit: number): Promise<void> {
    const isSettled = async () => {
      const answer = await ask(unit).catch((error: unknown) => {
        // A connection that was refused or cut; anything else is a fault of the test or of the service.
        if (error instanceof TypeError && error.cause === undefined) throw error;
        return { outcome: 'unknown', reason: String(error), wasCut: !wasRefused(error) } as const;
      });
      records.push({ contest, unit, node, ...answer });
      return answer.outcome !== 'unknown' || null;
    };
    if ((await until(isSettled, LIMITS)) === null) throw new Error(`unit ${unit} stayed unknown`);
  }

  async function run(contest: string, contestants: readonly Contestant[]): Promise<void> {
    for (let unit = 1; !stopping.signal.aborted; unit += 1) {
      // The first request to leave mostly wins, so the nodes take turns in being first.
      const first = unit % contestants.length;
      const turn = [...contestants.slice(first), ...contestants.slice(0, first)];
      await Promise.all(turn.map((each) => settle(contest, each, unit)));
    }
  }

  const running = Object.entries(contests).map(([name, contestants]) =>
    run(name, contestants).catch((error: unknown) => {
      fault = error;
    }),
  );
  const isWell = (): true => {
    if (fault !== null) throw fault;
    return true;
  };
  return {
    records,
    answers: async (more) => {
      const certain = (): number => records.filter(({ outcome }) => outcome !== 'unknown').length;
      const target = certain() + more;
      const found = await until(() => (isWell() && certain() >= target) || null, LIMITS);
      if (found === null) throw new Error(`${certain()} of ${target} answers came`);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      isWell();
    },
  };
}

/** No service listened, so that it cannot have seen the request. */
function wasRefused(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.cause as { readonly code?: unknown } | undefined)?.code === 'ECONNREFUSED'
  );
}

/** One unit of one contest, with what was recorded of it. */
export interface ContestedUnit {
  readonly name: string;
  /** Nodes that were granted it. */
  readonly winners: readonly string[];
  /** Every answer came, and said granted or denied. */
  readonly isCertain: boolean;
}

export function contestedUnits(records: readonly Recorded[]): readonly ContestedUnit[] {
  const units = Map.groupBy(records, ({ contest, unit }) => `${contest} ${unit}`);
  return [...units].map(([name, answers]) => ({
    name,
    winners: [
      ...new Set(answers.filter(({ outcome }) => outcome === 'granted').map(({ node }) => node)),
    ].sort(),
    isCertain: answers.every(({ outcome }) => outcome !== 'unknown'),
  }));
}
