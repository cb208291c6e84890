import type { FastifyError, FastifyReply } from 'fastify';
import { z } from 'zod';
import { shapeProblem, type WordsOfPattern } from './shape-problem.ts';

/** A way in which a request can fail. */
export interface ProblemSpec {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

export const PROBLEM_TYPE = 'application/problem+json';
export const PROBLEM_HEADER = `${PROBLEM_TYPE}; charset=utf-8`;

/** The shape of a problem document in OpenAPI. */
export const problemView = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('Stable code; the documentation lists them.'),
  remedy: z.string().describe('The remedy.'),
});

/** RFC 9457, with the code and the remedy as additional members. */
export type ProblemDocument = Readonly<z.output<typeof problemView>> & { readonly [extra: string]: unknown };

/** One line of a table of problems. */
export const problem = (status: number, title: string, remedy: string): ProblemSpec => ({
  status,
  title,
  remedy,
});

export function problemType(code: string): string {
  return `urn:watchbill:problem:${code}`;
}

/** Makes the document of a code of the table: the detail says what was wrong with this request, and where. */
export function problemMaker<Code extends string>(table: Readonly<Record<Code, ProblemSpec>>) {
  return (
    code: Code,
    detail: string,
    extra: Readonly<Record<string, unknown>> = {},
  ): ProblemDocument & { readonly code: Code } => {
    const { status, title, remedy } = table[code];
    return { ...extra, type: problemType(code), title, status, detail, code, remedy };
  };
}

/** Answer with a problem. The text is made here, so that no response schema can cut a member off. */
export function sendProblem(reply: FastifyReply, document: ProblemDocument): FastifyReply {
  return reply.code(document.status).header('content-type', PROBLEM_HEADER).send(JSON.stringify(document));
}

/** Codes of requests that fastify refuses by itself; a table of problems has each. */
export type FrameworkCode =
  | 'invalid-request'
  | 'body-too-large'
  | (typeof FRAMEWORK)[keyof typeof FRAMEWORK][0];

const FRAMEWORK = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'only application/json is read'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed-json', 'it could not be parsed'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed-json', 'the body is empty'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed-http', 'the length of the body differs from its header'],
  FST_ERR_BAD_URL: ['malformed-url', 'its percent encoding is broken'],
  FST_ERR_MAX_PARAM_LENGTH: ['url-too-long', 'a part of the path is too long'],
} as const;

/** The remedy is absent if that of the code is all there is to say. */
type Refused = readonly [code: FrameworkCode, detail: string, remedy?: string];

/** Why fastify refused a request; null for any other error. `words`: what its patterns take. */
export function frameworkProblem(error: unknown, bodyBytes: number, words: WordsOfPattern): Refused | null {
  const { code = '', validation, validationContext, statusCode } = error as Partial<FastifyError>;
  const [first] = validation ?? [];
  if (first !== undefined)
    return ['invalid-request', ...shapeProblem(first, validationContext ?? 'request', words)];
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return ['body-too-large', `at most ${bodyBytes} bytes are read`];
  if (code in FRAMEWORK) return FRAMEWORK[code as keyof typeof FRAMEWORK];
  const isRefused = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return isRefused ? ['malformed-http', 'the request could not be read to its end'] : null;
}
