import { shownAmount } from '@watchbill/kit';
import { html, type Markup, pill, type Tone } from '@watchbill/kit/html';
import { shownMoment, shownTime } from '../checks/show.ts';

/** A moment as an age, with the exact time in its tooltip. */
export function ago(atMs: number | null, nowMs: number): Markup {
  if (atMs === null) return html`<span class="quiet">never</span>`;
  const moment = shownMoment(atMs);
  const text = distance(atMs - nowMs);
  return html`<time datetime="${moment}" title="${moment}">${text}</time>`;
}

const MINUTE_MS = 60_000;

function distance(aheadMs: number): string {
  if (aheadMs >= MINUTE_MS) return `in ${shownTime(aheadMs)}`;
  if (aheadMs > 0) return 'within a minute';
  return aheadMs > -MINUTE_MS ? 'just now' : `${shownTime(-aheadMs)} ago`;
}

/** A whole number with thin spaces that do not break, for example `20 000 000`. */
export function grouped(value: number | bigint | string): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

export function points(value: number): string {
  return value.toFixed(1);
}

/** Planck as tokens; large amounts as whole tokens. */
export function amount(
  planck: string,
  network: { readonly decimals: number; readonly symbol: string },
): string {
  const whole = 10n ** BigInt(network.decimals);
  const value = BigInt(planck);
  if (value < 100n * whole) return shownAmount(value, network);
  return `${grouped(value / whole)} ${network.symbol}`;
}

/** The beginning of a digest, with the whole digest in its tooltip. */
export function short(digest: string): Markup {
  return html`<code title="${digest}">${digest.slice(0, 10)}…</code>`;
}

const VERDICT_TONES = { valid: 'good', invalid: 'bad', undecided: 'warn' } as const;

export function verdictPill(verdict: keyof typeof VERDICT_TONES): Markup {
  return pill(verdict, VERDICT_TONES[verdict]);
}

const STATE_TONES: Readonly<Record<string, Tone>> = {
  finalised: 'good',
  failed: 'bad',
  cancelled: 'warn',
  superseded: 'warn',
  succeeded: 'good',
  stopped: 'warn',
  idle: 'plain',
  planned: 'plain',
};

/** State of a transaction or a job; an active one is `busy`. */
export function statePill(state: string): Markup {
  return pill(state, STATE_TONES[state] ?? 'busy');
}

/** State of an intent; it shows if the intent waits for a person. */
export function intentPill({
  state,
  held,
}: {
  readonly state: string;
  readonly held: string | null;
}): Markup {
  return held === null ? statePill(state) : pill('held', 'bad');
}

/** A name from the candidate list, isolated so that it cannot change the direction of the text around it. */
export function named(name: string): Markup {
  return html`<bdi>${name}</bdi>`;
}

export function candidateLink(name: string, who: string): Markup {
  return html`<a href="/status/candidates/${encodeURIComponent(who)}">${named(name)}</a>`;
}

export function roundLink(id: string, text: Markup | string = short(id)): Markup {
  return html`<a href="/status/rounds/${id}">${text}</a>`;
}
