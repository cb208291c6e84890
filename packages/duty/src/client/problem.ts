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
  const isTokenless = answer.status === 401 && target.token === null;
  const remedy = isTokenless ? tokenRemedy(target) : (text('remedy') ?? 'look at the log of the service');
  // A rejected document is a mistake of the one who gave it; everything else is a fault.
  const isUsage = isKey || answer.status === 400 || answer.status === 422;
  return fault(code, isUsage ? 'usage' : 'fault', { what, where, remedy });
}

function tokenRemedy({ configured }: Target): string {
  return configured
    ? 'show who asks: --token-file, or operator.tokenFile in the file'
    : 'there is no watchbill.yaml in this folder, and so no token: change into the folder that has it, or give --config or --token-file';
}
