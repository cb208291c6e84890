import assert from 'node:assert/strict';
import { type ClaimingClient, claimOnce } from '@watchbill/testkit/service/race';

/** One answer as its client kept it. A lost one is `unknown` with the error as its reason. */
export interface Told {
  readonly payload: string;
  readonly unit: number;
  readonly url: string;
  readonly status: number;
  readonly outcome: string;
  readonly reason: string;
  /** Asked and answered while nothing was disturbed. */
  readonly calm: boolean;
}

/**
 * Clients of one key that claim slot after slot, each repeating the same claim while it is unknown. Each
 * turns to another service with every slot and with every repetition, so that all services grant.
 */
export interface LongRace {
  /** From here on answers may be unknown and units may be lost. */
  disturbed(): void;
  /** From here on they may not. */
  calm(): void;
  /** Settles when this many more claims were granted; rejects after a minute. */
  goesOn(grants?: number): Promise<void>;
  /** Settles after this many more answers, lost ones too; rejects after a minute. */
  answers(more?: number): Promise<void>;
  told(): readonly Told[];
  /** Claims that the clients have sent to a service so far. */
  sent(url: string): number;
  /** End the clients, each after its present answer. */
  stop(): Promise<readonly Told[]>;
}

const PAUSE_MS = 5;
const RETRY_MS = 50;
const GOES_ON_TIMEOUT_MS = 60_000;

export function startLongRace(clients: readonly ClaimingClient[], firstUnit = 1): LongRace {
  const told: Told[] = [];
  const sent = new Map<string, number>();
  const stopping = new AbortController();
  let weather = { calm: true };
  const running = clients.map((client) => run(client));

  async function run(client: ClaimingClient): Promise<void> {
    for (let unit = firstUnit; !stopping.signal.aborted; unit += 1) {
      for (let turn = 0; !stopping.signal.aborted; turn += 1) {
        const answer = await ask(client, unit, client.urls[(unit + turn) % client.urls.length] ?? '');
        told.push(answer);
        if (answer.outcome !== 'unknown') break;
        await sleep(RETRY_MS);
      }
      await sleep(PAUSE_MS);
    }
  }

  async function ask(client: ClaimingClient, unit: number, url: string): Promise<Told> {
    const before = weather;
    sent.set(url, (sent.get(url) ?? 0) + 1);
    const answer = await claimOnce(url, client, unit).catch((error: unknown) => ({
      status: 0,
      outcome: 'unknown',
      reason: error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error),
    }));
    return { payload: client.payload, unit, url, ...answer, calm: before.calm && before === weather };
  }

  async function until(count: () => number, target: number): Promise<void> {
    const untilMs = performance.now() + GOES_ON_TIMEOUT_MS;
    while (count() < target) {
      if (performance.now() > untilMs)
        throw new Error(`${count()} of ${target} after a minute; the last answers: ${tail(told)}`);
      await sleep(20);
    }
  }

  const grants = (): number => told.filter(({ outcome }) => outcome === 'granted').length;
  return {
    disturbed: () => {
      weather = { calm: false };
    },
    calm: () => {
      weather = { calm: true };
    },
    goesOn: (more = 20) => until(grants, grants() + more),
    answers: (more = 20) => until(() => told.length, told.length + more),
    told: () => told,
    sent: (url) => sent.get(url) ?? 0,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return told;
    },
  };
}

/**
 * What must hold in what the clients were told: no unit with two payloads, every answer one of the three
 * outcomes; and where it was calm: no unknown, no refusal but for a unit that is taken, and one winner for
 * each unit.
 */
export function checkTold(told: readonly Told[]): void {
  assert.deepEqual(
    told.filter(({ outcome }) => !['granted', 'denied', 'unknown'].includes(outcome)),
    [],
    'answers that are not outcomes',
  );
  assert.deepEqual(twiceGranted(told), [], 'units with two payloads told granted');
  const calm = told.filter((answer) => answer.calm);
  assert.deepEqual(
    calm.filter(({ outcome }) => outcome === 'unknown'),
    [],
    'unknown while nothing was disturbed',
  );
  const refusals = calm.filter(({ outcome }) => outcome === 'denied').map(({ reason }) => reason);
  assert.deepEqual(
    [...new Set(refusals)].filter((reason) => reason !== 'unit-taken' && reason !== 'below-floor'),
    [],
    'refusals while nothing was disturbed',
  );
  assert.deepEqual(
    unitsWithoutWinner(told, ({ calm }) => calm),
    [],
    'units lost while nothing was disturbed',
  );
}

/** Units for which clients with different payloads were told granted. */
function twiceGranted(told: readonly Told[]): readonly number[] {
  const winners = new Map<number, Set<string>>();
  for (const { unit, outcome, payload } of told) {
    if (outcome === 'granted') winners.set(unit, (winners.get(unit) ?? new Set()).add(payload));
  }
  return [...winners].filter(([, payloads]) => payloads.size > 1).map(([unit]) => unit);
}

/** Units that every client claimed, each time answered as `within` says, and that nobody won. */
export function unitsWithoutWinner(
  told: readonly Told[],
  within: (answer: Told) => boolean = () => true,
): readonly number[] {
  const clients = new Set(told.map(({ payload }) => payload)).size;
  const asked = Map.groupBy(told, ({ unit }) => unit);
  return [...asked]
    .filter(([, answers]) => new Set(answers.map(({ payload }) => payload)).size === clients)
    .filter(([, answers]) => answers.every(within))
    .filter(([, answers]) => answers.every(({ outcome }) => outcome !== 'granted'))
    .map(([unit]) => unit);
}

function tail(told: readonly Told[]): string {
  return told
    .slice(-4)
    .map(({ payload, unit, outcome, reason }) => `${payload}/${unit} ${outcome} ${reason}`)
    .join('; ');
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
