import { setImmediate } from 'node:timers/promises';
import { type ClaimReply, type ClaimRequest, PermitFault } from '../../contract.ts';
import { claimAnswer, claimBody, DIGEST, KEY, secretOf, WIRE_SECRET } from './fixed-values.ts';

/** A request as bytes, in the packets in which it comes. */
export type Packets = readonly string[];

export const NODE = `Authorization: Bearer ${secretOf('node')}`;
const JSON_TYPE = 'Content-Type: application/json';
const BODY = JSON.stringify(claimBody());
/** The default limit of a body. */
const MOST_BYTES = 16_384;

/** A request with its length; texts are latin1, so that each character is a byte. */
export function request(
  body: string,
  headers: readonly string[] = [NODE, JSON_TYPE],
  line = 'POST /v1/claims',
) {
  return raw(body, [...headers, `Content-Length: ${body.length}`], line);
}

function raw(body: string, headers: readonly string[], line = 'POST /v1/claims'): string {
  const first = line.includes(' HTTP/') ? line : `${line} HTTP/1.1`;
  return `${[first, 'Host: x', ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** A claim with this id: see {@link answerBy}. */
export const claimOf = (claimId: string): string => request(JSON.stringify(claimBody({ claimId })));

const withHeaders = (...headers: readonly string[]) => request(BODY, headers);
const withType = (type: string) => withHeaders(NODE, `Content-Type: ${type}`);
const withAuthorization = (...values: readonly string[]) =>
  withHeaders(...values.map((value) => `Authorization: ${value}`), JSON_TYPE);
const withLength = (...values: readonly string[]) =>
  raw(BODY, [NODE, JSON_TYPE, ...values.map((value) => `Content-Length: ${value}`)]);
const withLine = (line: string) => request(BODY, undefined, line);
const utf8 = (text: string) => Buffer.from(text).toString('latin1');
const padded = (length: number) => request(BODY.padEnd(length));
const chunked = (...headers: readonly string[]) =>
  raw(`${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`, [
    NODE,
    JSON_TYPE,
    'Transfer-Encoding: chunked',
    ...headers,
  ]);

const ANSWERS = ['granted', 'denied', 'unknown', 'malformed', 'too-many', 'fault'].map(
  (id) => [`answer ${id}`, [claimOf(id)]] as const,
);

const HEADERS: Readonly<Record<string, string>> = {
  'names in lower case': withHeaders(NODE, JSON_TYPE).replaceAll(/^[A-Z][a-z-]+(?=:)/gim, (name) =>
    name.toLowerCase(),
  ),
  'names in upper case': withHeaders(NODE, JSON_TYPE).replaceAll(/^[a-z-]+(?=:)/gim, (name) =>
    name.toUpperCase(),
  ),
  'type with a charset': withType('application/json; charset=utf-8'),
  'type with another charset': withType('application/json; charset=utf-16'),
  'type in upper case': withType('Application/JSON'),
  'type with spaces': withType('  application/json  '),
  'type of text': withType('text/plain'),
  'type that is empty': withType(''),
  'type that is broken': withType('a/b;;'),
  'no type': withHeaders(NODE),
  'two types, JSON first': withHeaders(NODE, JSON_TYPE, 'Content-Type: text/plain'),
  'two types, JSON last': withHeaders(NODE, 'Content-Type: text/plain', JSON_TYPE),
  'no identity': withAuthorization(),
  'basic identity': withAuthorization('Basic YTpi'),
  'unknown token': withAuthorization('Bearer unknown'),
  'empty token': withAuthorization('Bearer '),
  'long token': withAuthorization(`Bearer ${'x'.repeat(300)}`),
  'token in lower case': withAuthorization(`bearer ${secretOf('node')}`),
  'two tokens, known first': withAuthorization(`Bearer ${secretOf('node')}`, 'Bearer unknown'),
  'two tokens, known last': withAuthorization('Bearer unknown', `Bearer ${secretOf('node')}`),
  'token of a reader': withAuthorization(`Bearer ${secretOf('reader')}`),
  'token of an operator': withAuthorization(`Bearer ${secretOf('operator')}`),
  'token of a base URL': withAuthorization(`Bearer ${WIRE_SECRET}`),
  'two hosts': withHeaders(NODE, JSON_TYPE, 'Host: y'),
  'expects 100-continue': withHeaders(NODE, JSON_TYPE, 'Expect: 100-continue'),
  'expects something': withHeaders(NODE, JSON_TYPE, 'Expect: a-miracle'),
  'asks to close': withHeaders(NODE, JSON_TYPE, 'Connection: close'),
  'asks to upgrade': withHeaders(NODE, JSON_TYPE, 'Connection: upgrade', 'Upgrade: websocket'),
  'encoded body': withHeaders(NODE, JSON_TYPE, 'Content-Encoding: gzip'),
  'large header': withHeaders(NODE, JSON_TYPE, `X-Large: ${'x'.repeat(9_000)}`),
  'header with a space before its colon': withHeaders(NODE, 'Content-Type : application/json'),
  'folded header': withHeaders(NODE, 'Content-Type:\r\n application/json'),
  'header without a colon': withHeaders(NODE, JSON_TYPE, 'nothing'),
  'header with a zero byte': withHeaders(NODE, JSON_TYPE, 'X-Zero: a\0b'),
  'lines without a return': withHeaders(NODE, JSON_TYPE).replaceAll('\r\n', '\n'),
};

const LENGTHS: Readonly<Record<string, string>> = {
  chunked: chunked(),
  'chunked with a length': chunked(`Content-Length: ${BODY.length}`),
  'no length': withLength(),
  'length 0': raw('', [NODE, JSON_TYPE, 'Content-Length: 0']),
  'length with zeros': withLength(`000${BODY.length}`),
  'length with a sign': withLength(`+${BODY.length}`),
  'negative length': withLength('-1'),
  'length in hexadecimal': withLength('0x10'),
  'length with an exponent': withLength('1e2'),
  'length that is empty': withLength(''),
  'length beyond numbers': withLength('99999999999999999999999'),
  'two equal lengths': withLength(`${BODY.length}`, `${BODY.length}`),
  'two other lengths': withLength(`${BODY.length}`, '5'),
  'length below the body': withLength(`${BODY.length - 5}`),
  'length above the body': withLength(`${BODY.length + 1_000}`),
  'largest body': padded(MOST_BYTES),
  'too large a body': padded(MOST_BYTES + 1),
};

/** Values that a field of a claim cannot have. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  claimId: ['', 'a b', 'x'.repeat(2_000)],
  chain: ['0x11'],
  key: [KEY.slice(0, -2), 'alpha', null, ['0x']],
  duty: [undefined],
  unit: [42, '-1', '042', '+42', '9'.repeat(5_000)],
  part: ['sing'],
  digest: [`${DIGEST}0`, DIGEST.replaceAll('3', 'A')],
  incarnation: ['4'.repeat(33)],
  timeoutMs: ['5', 0, 1.5, 30_001],
  word: ['', 'w1.a b', 'w1.\u00e9', 'w'.repeat(513)],
};

/** Bodies that are no claim, by the code of the problem. */
export const NO_CLAIMS: Readonly<Record<'malformed-json' | 'invalid-request', readonly string[]>> = {
  'malformed-json': ['', '{"claimId":', 'claim=1', BODY.slice(0, -9), `${BODY}}`, `${BODY}${BODY}`],
  'invalid-request': [
    ...['{}', '[]', 'null', '1', '"claim"', `[${BODY}]`, '{"__proto__":{"x":1}}', `{"__proto__":${BODY}}`],
    BODY.replace('}', ',"timeoutMs":1e999}'),
    ...Object.entries(WRONG).flatMap(([field, values]) =>
      values.map((value) => JSON.stringify({ ...claimBody(), [field]: value })),
    ),
  ],
};

const BODIES: Readonly<Record<string, string>> = {
  'spaces around the body': request(`\r\n ${BODY}\n`),
  'byte order mark': request(utf8(`\ufeff${BODY}`)),
  'invalid UTF-8': request(BODY.replace('claim-1', 'claim-\xff')),
  'other letters': request(utf8(BODY.replace('claim-1', 'claim-ü€😀'))),
  escapes: request(BODY.replace('claim-1', 'claim-\\u0031')),
  'lone surrogate': request(BODY.replace('claim-1', 'claim-\\ud800')),
  'zero byte': request(BODY.replace('claim-1', 'claim-\0')),
  'prototype of a claim': request(BODY.replace('{', '{"__proto__":{"duty":"x"},')),
  'constructor of a claim': request(BODY.replace('{', '{"constructor":{"prototype":{"duty":"x"}},')),
  'a member twice': request(BODY.replace('{', '{"duty":"grandpa",')),
  'an unknown member': request(BODY.replace('{', '{"colour":"red",')),
  'no digest': request(JSON.stringify({ ...claimBody(), digest: null })),
  'deep nesting': request(`${'['.repeat(8_000)}${']'.repeat(8_000)}`),
};

const LINES: Readonly<Record<string, string>> = {
  'with a query': withLine('POST /v1/claims?a=1'),
  'with a fragment': withLine('POST /v1/claims#a'),
  'with a slash behind': withLine('POST /v1/claims/'),
  'with two slashes': withLine('POST //v1/claims'),
  'in upper case': withLine('POST /V1/CLAIMS'),
  'with an escape': withLine('POST /v1/%63laims'),
  'with a broken escape': withLine('POST /v1/claims%zz'),
  'with a semicolon': withLine('POST /v1/claims;a'),
  'with a host': withLine('POST http://x/v1/claims'),
  GET: withLine('GET /v1/claims'),
  PUT: withLine('PUT /v1/claims'),
  HEAD: withLine('HEAD /v1/claims'),
  OPTIONS: withLine('OPTIONS /v1/claims'),
  'a method in lower case': withLine('post /v1/claims'),
  'an unknown method': withLine('CLAIM /v1/claims'),
  'HTTP/1.0': withLine('POST /v1/claims HTTP/1.0'),
  'HTTP/2.0': withLine('POST /v1/claims HTTP/2.0'),
  'HTTP/1.0 that stays': request(
    BODY,
    [NODE, JSON_TYPE, 'Connection: keep-alive'],
    'POST /v1/claims HTTP/1.0',
  ),
};

const whole = claimOf('granted');
const head = whole.length - BODY.length;
const PACKETS: Readonly<Record<string, Packets>> = {
  'body after its header': [whole.slice(0, head), whole.slice(head)],
  'body in two packets': [whole.slice(0, head + 20), whole.slice(head + 20)],
  'header in two packets': [whole.slice(0, 30), whole.slice(30)],
  'last byte alone': [whole.slice(0, -1), whole.slice(-1)],
  'slow body that is no JSON': [request('claim=1').slice(0, -3), 'm=1'],
  'two at once': [whole + claimOf('denied')],
  'three at once, one of them wrong': [claimOf('unknown') + request('{}') + whole],
  'a fault between two': [whole + claimOf('fault') + whole],
  'two, cut within the second': [whole + whole.slice(0, head + 7), whole.slice(head + 7)],
  'another route before and behind': [
    `GET /livez HTTP/1.1\r\nHost: x\r\n\r\n${whole}GET /livez HTTP/1.1\r\nHost: x\r\n\r\n`,
  ],
};

/** Requests around the claim of a gate: nearly all are odd in one thing. */
export const ODD_CLAIMS: ReadonlyMap<string, Packets> = new Map<string, Packets>([
  ...ANSWERS,
  ...Object.values(NO_CLAIMS)
    .flat()
    .map((body) => [body, [request(utf8(body))]] as const),
  ...[HEADERS, LENGTHS, BODIES, LINES].flatMap((table) =>
    Object.entries(table).map(([name, text]) => [name, [text]] as const),
  ),
  ...Object.entries(PACKETS),
]);

/** Answers by the id of the claim; as a service, in a later turn of the event loop. */
export async function answerBy(claim: ClaimRequest): Promise<ClaimReply> {
  await setImmediate();
  if (claim.claimId === 'malformed') throw new PermitFault('malformed', 400, 'unit: no', 'Correct it.');
  if (claim.claimId === 'too-many') throw new PermitFault('too-many-in-flight', 429, 'full', 'Wait.');
  if (claim.claimId === 'fault') throw new Error('the innermost cause');
  if (claim.claimId === 'denied')
    return claimAnswer(claim, { outcome: 'denied', reason: 'unit-taken', head: null });
  if (claim.claimId === 'unknown')
    return claimAnswer(claim, { outcome: 'unknown', reason: 'deadline', head: null });
  return claimAnswer(claim);
}
