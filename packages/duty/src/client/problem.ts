import { type Fault, fault, visible } from '@watchbill/kit';
import { isRecord } from '../config/tree.ts';
import type { Answer } from './api.ts';
import type { Target } from './target.ts';

/** The fault for a problem document (RFC 9457) of the service. */
export function problemFault(answer: Answer, call: string, target: Target): Fault {
  const body = isRecord(answer.body) ? answer.body : {};
  const text = (name: string): string | null =>
    typeof body[name] === 'string' && body[name] !== '' ? visible(body[name]) : null;
  const what = text('detail') ?? text('title') ?? `the service answered ${answer.status}`;
  const code = text('code') ?? `http-${answer.status}`;
  const isKey = code === 'key-unknown' || code === 'key-ambiguous';
  const where = isKey ? 'flag --key' : `${call} at ${target.socket ?? target.url.origin} (${answer.status})`;
  // The service cannot know how a command gets its token.
  const remedy =
    answer.status === 401 && target.token === null
      ? remedyOf(answer.status, target)
      : (text('remedy') ?? remedyOf(answer.status, target));
  // A rejected document is a mistake of the one who gave it; everything else is a fault.
  const isUsage = isKey || answer.status === 400 || answer.status === 422;
  return fault(code, isUsage ? 'usage' : 'fault', { what, where, remedy });
}

function remedyOf(status: number, target: Target): string {
  if (status === 401 && target.token === null)
    return target.configured
      ? 'show who asks: --token-file, or operator.tokenFile in the file'
      : 'there is no watchbill.yaml in this folder, and so no token: change into the folder that has it, or give --config or --token-file';
  if (status === 401) return 'the token is unknown or revoked; use another with --token-file';
  if (status === 403) return 'use the token of an operator';
  if (status === 404) return 'check the names; `watchbill status` lists what there is';
  return 'look at the log of the service';
}
