import { Fault } from '../fault/fault.ts';
import { isRecord, type Json, jsonOrNull } from '../json/json.ts';
import { systemCause, wasNotSent } from '../text/cause.ts';
import { systemFault } from '../text/system-fault.ts';
import { visible } from '../text/visible.ts';
import type { Answer } from './caller.ts';

/**
 * Why a call has no usable answer. `unreachable`: no connection, a refused certificate, or no head. `broken`:
 * the body broke off. `status`: one that is not 200 to 299. `stopped`: the signal of the caller ended it.
 */
export type CallCode =
  | 'address-invalid'
  | 'unreachable'
  | 'timeout'
  | 'broken'
  | 'stopped'
  | 'answer-too-large'
  | 'answer-invalid'
  | 'status';

interface More {
  readonly where?: string;
  readonly cause?: unknown;
  readonly answer?: Answer;
}

const UNREACHABLE: readonly CallCode[] = ['unreachable', 'timeout', 'broken'];

/** The reason why a call failed: place, cause and remedy. It holds neither a token nor a sent body. */
export class CallFault extends Fault<CallCode> {
  override readonly name = 'CallFault';
  readonly remedy: string;
  /** False: the request certainly never left this machine. */
  readonly sent: boolean;
  /** The answer with a bad status; null for every other code. */
  readonly answer: Answer | null;
  constructor(code: CallCode, what: string, remedy: string, { where, cause, answer }: More = {}) {
    const kind = UNREACHABLE.includes(code) ? 'unreachable' : 'fault';
    super(code, kind, [{ what, where: where ?? null, remedy }], cause);
    this.remedy = remedy;
    this.sent = code !== 'address-invalid' && !wasNotSent(cause);
    this.answer = answer ?? null;
  }
}

const OTHER_SIDE = 'check the address, the network and the log of the service';
const LONGEST = 300;

/** The fault for the error of a connection. `isBody`: after the head. `isPlain`: over plain HTTP. */
export function connectionFault(cause: unknown, where: string, isBody: boolean, isPlain: boolean): CallFault {
  const why = systemCause(cause) ?? 'the connection broke';
  if (isBody)
    return new CallFault('broken', `the answer of ${where} broke off: ${why}`, OTHER_SIDE, { where, cause });
  const what = `${where} cannot be reached: ${why}`;
  // A port with TLS closes a connection that uses plain HTTP, without an answer.
  const isReset = isPlain && (cause as { readonly code?: unknown }).code === 'ECONNRESET';
  const remedy = isReset
    ? 'if the service uses TLS, write https:// in the address; otherwise read the log of the service'
    : (systemFault(cause)?.problems[0]?.remedy ?? OTHER_SIDE);
  return new CallFault('unreachable', what, remedy, { where, cause });
}

/** The fault for a status that is not good, with the words of a problem document (RFC 9457). */
export function statusFault(answer: Answer, where: string): CallFault {
  const json = jsonOrNull(answer.text) as Json;
  const said = (name: string): string | null =>
    isRecord(json) && typeof json[name] === 'string' ? visible(json[name]).slice(0, LONGEST) : null;
  const detail = said('detail') ?? said('title');
  const what = `${where} answered with status ${answer.status}${detail === null ? '' : `: ${detail}`}`;
  return new CallFault('status', what, said('remedy') ?? OTHER_SIDE, { where, answer });
}
