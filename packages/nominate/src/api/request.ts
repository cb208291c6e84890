import type { z } from 'zod';
import { type ProblemDocument, problemOf } from './problem.ts';
import type { Call, Route } from './route.ts';

export interface Asked {
  readonly params: unknown;
  readonly query: unknown;
  readonly url: string;
  readonly ifNoneMatch: string | undefined;
}

export type CallRead =
  | { readonly ok: true; readonly call: Call<unknown, unknown> }
  | { readonly ok: false; readonly problem: ProblemDocument };

/**
 * Parses a request by the schemas of its route. Problems name the place and the rule, never the value,
 * because values are untrusted.
 */
export function readCall(route: Route, asked: Asked): CallRead {
  const params = route.params.safeParse(asked.params);
  if (!params.success) return refused('path', params.error);
  const query = route.query.safeParse(asked.query);
  if (!query.success) return refused('query', query.error);
  const { url, ifNoneMatch } = asked;
  return { ok: true, call: { params: params.data, query: query.data, url, ifNoneMatch } };
}

const MOST_NAMED = 5;

function refused(where: string, error: z.ZodError): CallRead {
  const said = error.issues.slice(0, MOST_NAMED).map((issue) => {
    if (issue.code === 'unrecognized_keys') return `${where}: there is no parameter ${names(issue.keys)}`;
    return `${where} ${issue.path.map(String).join('.')}: ${issue.message}`;
  });
  return { ok: false, problem: problemOf('invalid-request', said.join('; ')) };
}

function names(keys: readonly string[]): string {
  return keys
    .slice(0, MOST_NAMED)
    .map((key) => JSON.stringify(key.slice(0, 64)))
    .join(', ');
}
