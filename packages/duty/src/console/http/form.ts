import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 4_096;

/**
 * The fields of a form of at most 4 kB; null if it is larger, or not a form. The server bounds the time in
 * which a request must arrive.
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** The words of a person in a form, or in the address that shows the form again. */
export function typedIn(form: URLSearchParams | null) {
  return { to: form?.get('to') ?? '', reason: form?.get('reason') ?? '' };
}

/** The address that shows a form again, for example `/console/5ac67d/freeze?reason=gone`. */
export function formAddress({ pathname }: URL, form: URLSearchParams | null): string {
  const typed = Object.entries(typedIn(form)).filter(([, text]) => text !== '');
  return typed.length === 0 ? pathname : `${pathname}?${new URLSearchParams(typed)}`;
}

/** The page of this console that a sign-in leads to: the one that was asked for, or the first one. */
export function pageAfter(signIn: URLSearchParams | null): string {
  const next = signIn?.get('next') ?? '';
  return /^\/(console|u)\/[\w/?=&%+.*-]*$/.test(next) ? next : '/';
}
