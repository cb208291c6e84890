import type { FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { z } from 'zod';
import type { DeepReadonly } from '../json/deep-readonly.ts';
import { jsonSchema } from './json-schema.ts';
import { PROBLEM_TYPE } from './problem.ts';

export interface RouteAnswer {
  readonly description: string;
  /** Media type; `application/json` by default. */
  readonly type?: string;
  /** Absent if the answer has no body. */
  readonly shape?: z.ZodType;
}

/** A route as data: the server, the OpenAPI document, the docs and the tests read it. */
export interface RouteEntry {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Pattern with `:name` for parameters. */
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
  /** The callers: all clients, other services of the ledger, or identities with one of the roles. */
  readonly access: 'open' | 'peer' | readonly string[];
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Answers other than problem documents, by status. A handler without a result answers the first one. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Statuses of problem documents that only this route has. */
  readonly problems?: readonly number[];
  /** `held`: its answer stays open, so that it has no HEAD. */
  readonly limits?: { readonly held?: boolean };
  /**
   * Parses bodies without a search for `__proto__` and `constructor`, which costs as much as the parsing.
   * Only for a route that reads members by name: `JSON.parse` makes these two plain members.
   */
  readonly plainJson?: boolean;
}

export type RouteTable = Readonly<Record<string, RouteEntry>>;

/** The routes of a program, by the names that its code uses. */
export const routeTable = <const Table extends RouteTable>(table: Table): Table => table;

/** The answer 200 with a body of this shape. */
export const ok = <Shape extends z.ZodType>(description: string, shape: Shape) =>
  ({ 200: { description, shape } }) as const;

/** The answer 204. */
export const DONE = { 204: { description: 'Done.' } } as const;

type Parsed<Shape> = Shape extends z.ZodType ? DeepReadonly<z.output<Shape>> : undefined;

/** A request whose parts have the shapes of the entry. */
export interface RouteInput<Entry extends RouteEntry, Caller> {
  readonly params: Parsed<Entry['params']>;
  readonly query: Parsed<Entry['query']>;
  readonly body: Parsed<Entry['body']>;
  readonly caller: Entry['access'] extends 'open' ? null : Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Returns the body of the answer, or the reply if it has answered by itself. */
export type RouteHandlers<Table extends RouteTable, Caller> = {
  readonly [Name in keyof Table]: (input: RouteInput<Table[Name], Caller>) => Promise<unknown>;
};

/** Every status with a problem document that the route may answer. */
export function problemStatuses({ access, method, problems = [] }: RouteEntry): readonly number[] {
  const statuses = new Set(problems);
  if (access !== 'open') for (const status of [400, 401, 403, 503]) statuses.add(status);
  // An unexpected body is read too, before it is ignored.
  if (method !== 'GET') for (const status of [413, 415]) statuses.add(status);
  return [...statuses].sort((a, b) => a - b);
}

/** A route's schema as fastify compiles it and its OpenAPI plugin reads it. */
export function fastifySchema(entry: RouteEntry): FastifySchema {
  const { tag, summary, access, params, query, body } = entry;
  const response: Record<string, unknown> = {};
  for (const status of problemStatuses(entry))
    response[status] = {
      description: 'A problem document (RFC 9457) with code and remedy.',
      content: { [PROBLEM_TYPE]: { schema: { $ref: 'Problem#' } } },
    };
  for (const [status, { description, type = 'application/json', shape }] of Object.entries(entry.answers))
    response[status] =
      shape === undefined
        ? { description, type: 'null' }
        : { description, content: { [type]: { schema: jsonSchema(shape, 'output') } } };
  return {
    tags: [tag],
    summary,
    security: securityOf(access),
    ...(typeof access === 'string' ? {} : { description: `Roles: ${access.join(', ')}.` }),
    ...(params === undefined ? {} : { params: jsonSchema(params, 'input') }),
    ...(query === undefined ? {} : { querystring: jsonSchema(query, 'input') }),
    ...(body === undefined ? {} : { body: jsonSchema(body, 'input') }),
    response,
  };
}

function securityOf(access: RouteEntry['access']): Record<string, string[]>[] {
  if (access === 'open') return [];
  return access === 'peer' ? [{ peer: [] }] : [{ bearer: [] }, { certificate: [] }];
}
