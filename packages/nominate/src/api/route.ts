import type { z } from 'zod';
import type { ApiProblemCode } from './problem.ts';
import type { Reply } from './reply.ts';
import type { Site } from './site.ts';

export const TAGS = {
  candidates: 'Candidates',
  rounds: 'Rounds',
  nominators: 'Nominators and their transactions',
  history: 'Faults, points, payouts',
  network: 'Places and releases',
  service: 'The service itself',
  old: 'Routes of the old backend',
} as const;

export type Tag = keyof typeof TAGS;

/** A request whose parts have the documented form. */
export interface Call<Params, Query> {
  readonly params: Params;
  readonly query: Query;
  /** Path and query of the request. */
  readonly url: string;
  readonly ifNoneMatch: string | undefined;
}

export interface Answer {
  readonly description: string;
  readonly type: string;
  /** Absent if the answer is not JSON. */
  readonly shape?: z.ZodType;
}

interface Described {
  /** Pattern with `:name` for parameters. */
  readonly url: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly answer: Answer;
  readonly problems: readonly ApiProblemCode[];
  /** Its answers are large documents: few are sent at a time. */
  readonly isDownload?: true;
  /** Other statuses with the same body. */
  readonly alsoStatus?: Readonly<Record<number, string>>;
}

/** A route as data. The server, the OpenAPI document and the docs all read it. Every route is a GET. */
export interface Route extends Described {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly handle: (site: Site, call: Call<unknown, unknown>) => Promise<Reply>;
}

/** A route whose handler gets parsed parameters. */
export function route<Params extends z.ZodObject, Query extends z.ZodObject>(
  definition: Described & {
    readonly params: Params;
    readonly query: Query;
    readonly handle: (site: Site, call: Call<z.output<Params>, z.output<Query>>) => Promise<Reply>;
  },
): Route {
  // These shapes parsed the parameters before the call.
  const { handle } = definition;
  return { ...definition, handle: (site, call) => handle(site, call as Parameters<typeof handle>[1]) };
}
