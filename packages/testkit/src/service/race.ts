import { CHAIN } from './ledger-setup.ts';

export interface ClaimingClient {
  /** Bases of one or more services; the next is asked where one does not answer. */
  readonly urls: readonly string[];
  readonly secret: string;
  readonly key: string;
  readonly incarnation: string;
  /** Two hex digits that make the payload of this client its own. */
  readonly payload: string;
  /** Budget of one claim at the service; without it the service's own, 500 ms for a slot long past. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly outcome: string;
  readonly reason: string;
}

/** Claim a slot, repeating the same claim while it is unknown or lost, at most `attempts` times. */
export async function claimSlot(client: ClaimingClient, unit: number, attempts = 1): Promise<Answer> {
  let last: Answer = { status: 0, outcome: 'unknown', reason: 'no answer' };
  for (let attempt = 0; attempt < attempts; attempt++) {
    const url = client.urls[attempt % client.urls.length] ?? '';
    try {
      last = await claimOnce(url, client, unit);
      if (last.outcome !== 'unknown') return last;
    } catch (error) {
      last = { status: 0, outcome: 'unknown', reason: String(error) };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return last;
}

/** Longer than the longest budget of a claim (30 s): the answer `deadline` comes first. */
const PATIENCE_MS = 45_000;

/** Any claim with the token of a node. Rejects where there is no answer. */
export async function postClaim(url: string, token: string, claim: object, patienceMs = PATIENCE_MS) {
  const response = await fetch(`${url}/v1/claims`, {
    method: 'POST',
    signal: AbortSignal.timeout(patienceMs),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(claim),
  });
  const body = (await response.json()) as Partial<Record<'outcome' | 'reason' | 'message' | 'code', string>>;
  return { status: response.status, body };
}

/** One claim at one service. Rejects where there is no answer. */
export async function claimOnce(url: string, client: ClaimingClient, unit: number): Promise<Answer> {
  const { status, body } = await postClaim(url, client.secret, {
    claimId: `${client.payload}-${unit}`,
    chain: CHAIN,
    key: client.key,
    duty: 'babe',
    unit: String(unit),
    part: 'seal',
    digest: `0x${client.payload.repeat(32)}`,
    incarnation: client.incarnation,
    ...(client.timeoutMs === undefined ? {} : { timeoutMs: client.timeoutMs }),
  });
  return {
    status,
    outcome: body.outcome ?? (isUnanswered(status, body.code) ? 'unknown' : 'fault'),
    reason: body.reason ?? body.code ?? '',
  };
}

/**
 * A service that has its address and no ledger yet, one that ends, or one to which a claim came too slowly,
 * as on a machine that stands still: gates read it as they read one that is not there.
 */
export function isUnanswered(status: number, code: string | undefined): boolean {
  if (status === 503) return code === 'not-ready' || code === 'stopping';
  return status === 408 && code === 'request-timeout';
}

/** How many units had no winner, and how many more than one. */
export function tally(...clients: readonly (readonly boolean[])[]): { none: number; several: number } {
  const count = Math.max(...clients.map((won) => won.length));
  const winners = Array.from(
    { length: count },
    (_, index) => clients.filter((won) => won[index] === true).length,
  );
  return {
    none: winners.filter((number) => number === 0).length,
    several: winners.filter((number) => number > 1).length,
  };
}
