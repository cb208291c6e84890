/** An answer with a status, or none before the deadline. */
export type ApiAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'lost'; readonly why: string };

/** The HTTP interface of the permission service, as one identity. */
export interface Api {
  call(method: 'GET' | 'POST' | 'PUT', path: string, body: unknown, timeoutMs: number): Promise<ApiAnswer>;
}

/** Speaks to `url` with a bearer secret. Never rejects; connections are kept open between calls. */
export function httpApi(url: string, secret: string | null): Api {
  return {
    call: async (method, path, body, timeoutMs) => {
      if (timeoutMs < 1) return { kind: 'lost', why: 'no time was left' };
      const headers: Record<string, string> = {};
      if (secret !== null) headers.authorization = `Bearer ${secret}`;
      if (body !== null) headers['content-type'] = 'application/json';
      try {
        const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
        const init =
          body === null
            ? { method, headers, signal }
            : { method, headers, signal, body: JSON.stringify(body) };
        const response = await fetch(new URL(path, url), init);
        const text = await response.text();
        return { kind: 'answer', status: response.status, body: text === '' ? null : JSON.parse(text) };
      } catch (error) {
        return { kind: 'lost', why: causeOf(error) };
      }
    },
  };
}

function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
