import { setTimeout as sleep } from 'node:timers/promises';
import { CHAIN } from '@watchbill/testkit/service/ledger-setup';
import { isUnanswered } from '@watchbill/testkit/service/race';

/** Length of a slot of {@link startDueRace}, in milliseconds; slot 0 began at the Unix epoch. */
export const SLOT_MS = 400;
/** A claim is repeated this long after the beginning of its slot. */
const CLAIM_MS = 2 * SLOT_MS;
const RETRY_MS = 40;
const GOES_ON_TIMEOUT_MS = 60_000;
/** A reply may come this much after the time that the claim gave. */
const REPLY_MS = 200;

/** What a service said about one slot. */
export interface DueAnswer {
  readonly outcome: 'granted' | 'denied' | 'unknown';
  readonly reason: string;
}

/** One node, with a payload of its own, that claims each slot when it is due. */
export interface DueClient {
  readonly name: string;
  /** Keys are apart: two clients of one key race. */
  readonly key: string;
  /** Services; the client begins with another one in each slot. */
  readonly urls: readonly string[];
  /** Rejects where there is no answer. `timeoutMs`: how long the claim may take at the service. */
  ask(url: string, slot: number, timeoutMs: number): Promise<DueAnswer>;
}

export interface DueTold extends DueAnswer {
  readonly client: string;
  readonly key: string;
  readonly slot: number;
  readonly url: string;
}

/** Denials that say more about the service than about the claim: gates then ask the next service. */
const OF_THE_SERVICE = [
  'no-memory',
  'session-lost',
  'store-behind',
  'unit-ahead',
  'unit-past',
  'word-refused',
];

export interface GateSettings {
  readonly name: string;
  readonly secret: string;
  readonly key: string;
  readonly urls: readonly string[];
  /** Two hex digits that make the payload of this node its own. */
  readonly payload: string;
}

interface Reply {
  readonly outcome?: DueAnswer['outcome'];
  readonly reason?: string;
  readonly code?: string;
  readonly word?: string | null;
}

/** A gate: it keeps what it was told of the mark, and sends it with its next claim. */
export function gateClient({ name, secret, key, urls, payload }: GateSettings): DueClient {
  let word: string | null = null;
  const ask = async (url: string, slot: number, timeoutMs: number): Promise<DueAnswer> => {
    const response = await fetch(`${url}/v1/claims`, {
      method: 'POST',
      signal: AbortSignal.timeout(timeoutMs + REPLY_MS),
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        claimId: `${payload}-${slot}`,
        chain: CHAIN,
        key,
        duty: 'babe',
        unit: String(slot),
        part: 'seal',
        digest: `0x${payload.repeat(32)}`,
        incarnation: payload.repeat(16),
        word,
        timeoutMs,
      }),
    });
    const reply = (await response.json()) as Reply;
    if (reply.outcome === undefined) return problemAnswer(response.status, reply);
    if (reply.outcome === 'granted') {
      word = reply.word ?? word;
    }
    return { outcome: reply.outcome, reason: reply.reason ?? '' };
  };
  return { name, key, urls, ask };
}

/** No answer. Throws on any other problem. */
function problemAnswer(status: number, { code }: Reply): DueAnswer {
  if (isUnanswered(status, code)) return { outcome: 'unknown', reason: code ?? '' };
  throw new RangeError(`a claim was answered ${status} ${code}`);
}

/** Clients that claim slot after slot, each when it is due. */
export interface DueRace {
  /** Settles when each key was granted this many more slots; rejects after a minute, or `timeoutMs`. */
  goesOn(more?: number, timeoutMs?: number): Promise<void>;
  told(): readonly DueTold[];
  /** End the clients, each after its present answer. Rejects if an answer was none of the protocol. */
  stop(): Promise<readonly DueTold[]>;
}

/** What the clients of a race share. */
interface Racing {
  readonly told: DueTold[];
  readonly stopping: AbortSignal;
}

async function claimEachSlot(racing: Racing, client: DueClient, index: number): Promise<void> {
  for (let slot = now() + 1; !racing.stopping.aborted; slot = Math.max(slot + 1, now())) {
    await sleep(Math.max(0, slot * SLOT_MS - Date.now()));
    await claimDue(racing, client, slot, index);
  }
}

/** The same claim at one service after the other, until it is granted, refused or too late. */
async function claimDue(racing: Racing, client: DueClient, slot: number, index: number): Promise<void> {
  const untilMs = slot * SLOT_MS + CLAIM_MS;
  for (let turn = slot + index; !racing.stopping.aborted; turn += 1) {
    const leftMs = untilMs - Date.now();
    if (leftMs < RETRY_MS) return;
    const url = client.urls[turn % client.urls.length] ?? '';
    const answer = await client.ask(url, slot, leftMs).catch(lost);
    racing.told.push({ client: client.name, key: client.key, slot, url, ...answer });
    if (answer.outcome === 'granted') return;
    if (answer.outcome === 'denied' && !OF_THE_SERVICE.includes(answer.reason)) return;
    await sleep(RETRY_MS);
  }
}

export function startDueRace(clients: readonly DueClient[]): DueRace {
  const told: DueTold[] = [];
  const faults: unknown[] = [];
  const stopping = new AbortController();
  const keys = [...new Set(clients.map(({ key }) => key))];
  const racing: Racing = { told, stopping: stopping.signal };
  const running = clients.map((client, index) =>
    claimEachSlot(racing, client, index).catch((error: unknown) => void faults.push(error)),
  );
  const grants = (key: string): number =>
    told.filter((one) => one.key === key && one.outcome === 'granted').length;
  return {
    async goesOn(more = 5, timeoutMs = GOES_ON_TIMEOUT_MS) {
      const targets = keys.map((key) => ({ key, target: grants(key) + more }));
      const untilMs = performance.now() + timeoutMs;
      while (targets.some(({ key, target }) => grants(key) < target)) {
        if (faults.length > 0) throw faults[0];
        if (performance.now() > untilMs)
          throw new Error(`no grants for ${timeoutMs} ms: ${JSON.stringify(told.slice(-8))}`);
        await sleep(20);
      }
    },
    told: () => told,
    async stop() {
      stopping.abort();
      await Promise.all(running);
      if (faults.length > 0) throw faults[0];
      return told;
    },
  };
}

/** The service is down, or went down before it answered. */
function lost(error: unknown): DueAnswer {
  if (error instanceof RangeError) throw error;
  return { outcome: 'unknown', reason: `lost: ${String(error)}` };
}

function now(): number {
  return Math.floor(Date.now() / SLOT_MS);
}

/** Slots of one key for which two clients were told granted. */
export function twiceTold(told: readonly DueTold[]): readonly string[] {
  const winners = new Map<string, Set<string>>();
  for (const { key, slot, client, outcome } of told) {
    if (outcome !== 'granted') continue;
    const unit = `${key.slice(-4)}/${slot}`;
    winners.set(unit, (winners.get(unit) ?? new Set()).add(client));
  }
  return [...winners].filter(([, clients]) => clients.size > 1).map(([unit]) => unit);
}
