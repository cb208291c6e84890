import type { Role } from '../../contract.ts';
import type { JsonSchema } from '../json-schema.ts';

/** The callers of a route: all clients, other services of the ledger, or identities with one of the roles. */
export type Access = 'open' | 'peer' | readonly Role[];

export interface Answer {
  readonly description: string;
  /** Media type; `application/json` by default. */
  readonly type?: string;
  /** Absent if the answer has no body. */
  readonly schema?: JsonSchema;
}

/** A route as data: the server, the OpenAPI document, the docs and the fuzzer all read this. */
export interface RouteSpec {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Pattern with `:name` for parameters. */
  readonly url: string;
  readonly tag: 'duty' | 'watch' | 'policy' | 'services' | 'reports' | 'tokens' | 'decisions' | 'probes';
  readonly summary: string;
  readonly access: Access;
  readonly params?: JsonSchema;
  readonly query?: JsonSchema;
  readonly body?: JsonSchema;
  /** Answers other than problem documents, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of problem documents that only this route has. */
  readonly problems: readonly number[];
}

/** Every status with a problem document that the route may answer. */
export function problemStatuses(spec: RouteSpec): readonly number[] {
  const statuses = new Set(spec.problems);
  if (spec.access !== 'open') for (const status of [400, 401, 403, 503]) statuses.add(status);
  // An unexpected body is read too, before it is ignored.
  if (spec.method !== 'GET') for (const status of [413, 415]) statuses.add(status);
  return [...statuses].sort((a, b) => a - b);
}
