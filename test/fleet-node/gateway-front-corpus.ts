// Requests that a front must take as the gateway does.

import { post, SIMPLE } from './gateway-front-ground.ts';

export const KEY = 'wbk_of-this-test';
const BEARER = `Authorization: Bearer ${KEY}`;
const EXTRA = ['{"jsonrpc":"2.0","id":8,"method":"author_rotateKeys","params":[]}'];
const OTHER = EXTRA.join('');

const members = {
  jsonrpc: '"jsonrpc":"2.0"',
  id: '"id":7',
  method: '"method":"chain_getBlockHash"',
  params: '"params":[0]',
};
type Member = keyof typeof members;

function orders(rest: readonly Member[]): readonly (readonly Member[])[] {
  if (rest.length === 0) return [[]];
  return rest.flatMap((one) => orders(rest.filter((other) => other !== one)).map((more) => [one, ...more]));
}

const bodyOf = (names: readonly Member[], comma = ',') =>
  `{${names.map((name) => members[name]).join(comma)}}`;
const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const padded = (length: number) =>
  `{"jsonrpc":"2.0","id":7,"method":"chain_getBlockHash","params":[0]${' '.repeat(length)}}`;
const long = (length: number) =>
  `{"jsonrpc":"2.0","id":7,"method":"chain_getBlockHash","params":[0,"${'a'.repeat(length)}"]}`;

/** What the front answers by itself, as whole requests by what they are. */
export const SIMPLE_ONES: Readonly<Record<string, string>> = {
  plain: post(SIMPLE, [BEARER]),
  spaced: post('{"jsonrpc": "2.0", "id": 7, "method": "chain_getBlockHash", "params": [0]}', [BEARER]),
  'id first': post(bodyOf(['id', 'jsonrpc', 'method', 'params']), [BEARER]),
  'id last': post(bodyOf(['jsonrpc', 'method', 'params', 'id']), [BEARER]),
  'id text': post('{"jsonrpc":"2.0","id":"a-7","method":"chain_getBlockHash","params":[0]}', [BEARER]),
  'no params': post('{"jsonrpc":"2.0","id":7,"method":"system_chain"}', [BEARER]),
  'an error of the node': post('{"jsonrpc":"2.0","id":7,"method":"chain_getBlockHash","params":["x"]}', [
    BEARER,
  ]),
  'lower case': post(SIMPLE, [`authorization: bearer ${KEY}`]),
  'upper case': post(SIMPLE, [`X-API-KEY: ${KEY}`]),
  'both headers': post(SIMPLE, [BEARER, `X-Api-Key: ${KEY}`]),
  'wrong key beside the right one': post(SIMPLE, [BEARER, 'X-Api-Key: other']),
  'HTTP/1.0': post(SIMPLE, [BEARER], '/', '1.0'),
  'an upgrade that is none': post(SIMPLE, [BEARER, 'Upgrade: websocket']),
  'a cookie': post(SIMPLE, [BEARER, 'Cookie: secret=1', `Proxy-Authorization: Bearer ${KEY}`]),
  'another type': post(SIMPLE, [BEARER, 'Content-Type: text/plain']),
  'waits to send': post(SIMPLE, [BEARER, 'Expect: 100-continue']),
};

/** What the gateway answers, or refuses, or the front refuses as it would. */
export const OTHER_ONES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    orders(['jsonrpc', 'id', 'method', 'params'])
      .filter(
        (names) =>
          !/^(jsonrpc id method params|id jsonrpc method params|jsonrpc method params id)$/.test(
            names.join(' '),
          ),
      )
      .map((names) => [names.join(' '), post(bodyOf(names), [BEARER])]),
  ),
  'two spaces': post(bodyOf(['jsonrpc', 'id', 'method', 'params'], ',  '), [BEARER]),
  batch: post(`[${SIMPLE},${OTHER}]`, [BEARER]),
  notification: post('{"jsonrpc":"2.0","method":"chain_getBlockHash","params":[0]}', [BEARER]),
  'method twice': post(SIMPLE.replace(',"params"', ',"method":"author_rotateKeys","params"'), [BEARER]),
  'method twice, other order': post(SIMPLE.replace('"id":7', '"id":7,"method":"author_rotateKeys"'), [
    BEARER,
  ]),
  'escaped name': post(SIMPLE.replace('method', 'm\\u0065thod'), [BEARER]),
  'escaped value': post(SIMPLE.replace('chain_', 'chain\\u005f'), [BEARER]),
  'a line after it': post(`${SIMPLE}\r\n\n`, [BEARER]),
  'another after it': post(SIMPLE + OTHER, [BEARER]),
  'zero and another after it': post(`${SIMPLE}\0${OTHER}`, [BEARER]),
  'zero after it': post(`${SIMPLE}\0`, [BEARER]),
  'another before it': post(OTHER + SIMPLE, [BEARER]),
  'another in a text': post(SIMPLE.replace('[0]', '["\\"],\\"method\\":\\"author_rotateKeys\\"}"]'), [
    BEARER,
  ]),
  'not ASCII': post(SIMPLE.replace('[0]', '["\u00c3\u00a9"]'), [BEARER]),
  'wide number': post(SIMPLE.replace(':7', ':12345678901234567890'), [BEARER]),
  empty: post('', [BEARER]),
  chunked: post(chunked(SIMPLE), [BEARER, 'Transfer-Encoding: chunked']),
  'chunked with another': post(chunked(SIMPLE + OTHER), [BEARER, 'Transfer-Encoding: chunked']),
  'of a page': post(SIMPLE, [BEARER, 'Origin: https://app.example']),
  'of another page': post(SIMPLE, [BEARER, 'Origin: https://evil.example']),
  'key in the path': post(SIMPLE, [], `/k/${KEY}`),
  'wrong key in the path': post(SIMPLE, [], '/k/other'),
  'a question in the path': post(SIMPLE, [BEARER], '/?a=1'),
  'whole address': post(SIMPLE, [BEARER], 'http://gateway/'),
  'another path': post(SIMPLE, [BEARER], '/other'),
  'wrong key': post(SIMPLE, ['Authorization: Bearer other']),
  'wrong key beside a right one': post(SIMPLE, ['Authorization: Bearer other', `X-Api-Key: ${KEY}`]),
  'empty key': post(SIMPLE, ['Authorization:']),
  'empty key beside a right one': post(SIMPLE, ['Authorization:', `X-Api-Key: ${KEY}`]),
  'basic key': post(SIMPLE, [`Authorization: Basic ${KEY}`]),
  'two keys': post(SIMPLE, [BEARER, 'Authorization: Bearer other']),
  'two keys, other order': post(SIMPLE, ['Authorization: Bearer other', BEARER]),
  'two of the other kind': post(SIMPLE, [`X-Api-Key: ${KEY}`, 'X-Api-Key: other']),
  'like a token': post(SIMPLE, ['Authorization: Bearer aaaa.bbbb.cccc']),
  'no key': post(SIMPLE),
  'another coding': post(SIMPLE, [BEARER, 'Content-Encoding: gzip']),
  'a bit more than is kept at once': post(padded(16_384 - 200), [BEARER]),
  '20 kB': post(long(20_000), [BEARER]),
  '200 kB': post(long(200_000), [BEARER]),
  'more than is allowed': post(long(2_000_000), [BEARER]),
  GET: `GET / HTTP/1.1\r\nHost: a\r\n${BEARER}\r\nConnection: close\r\n\r\n`,
  OPTIONS: 'OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\nConnection: close\r\n\r\n',
  'WebSocket without a key': `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'a'.repeat(22)}==\r\n\r\n`,
};

/** Heads that two readers may read in two ways, each with an unsafe request where one of them would look for the next. */
export const SMUGGLED: Readonly<Record<string, string>> = {
  upgrade: post(SIMPLE, [BEARER, 'Connection: Upgrade, close', 'Upgrade: h2c']),
  'short length': post(SIMPLE, [BEARER, 'Content-Length: 20']),
  'length and coding': post(`0\r\n\r\n${post(OTHER, [BEARER])}`, [
    BEARER,
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Connection: keep-alive',
  ]),
  'coding in other letters': post(`0\r\n\r\n${post(OTHER, [BEARER])}`, [
    BEARER,
    `Content-Length: ${SIMPLE.length}`,
    'Transfer-Encoding: xchunked',
    'Connection: keep-alive',
  ]),
  'coding with a tab': post(`0\r\n\r\n${post(OTHER)}`, [
    BEARER,
    'Transfer-Encoding:\tchunked',
    'Content-Length: 4',
    'Connection: keep-alive',
  ]),
  'coding before a space': post(`0\r\n\r\n${post(OTHER)}`, [
    BEARER,
    'Transfer-Encoding : chunked',
    'Content-Length: 4',
    'Connection: keep-alive',
  ]),
  'two lengths': post(SIMPLE + post(OTHER), [
    BEARER,
    `Content-Length: ${SIMPLE.length}`,
    'Content-Length: 400',
    'Connection: keep-alive',
  ]),
  'a list of lengths': post(SIMPLE + post(OTHER), [
    BEARER,
    `Content-Length: ${SIMPLE.length}, 400`,
    'Connection: keep-alive',
  ]),
  'a signed length': post(SIMPLE + post(OTHER), [
    BEARER,
    `Content-Length: +${SIMPLE.length}`,
    'Connection: keep-alive',
  ]),
  'a folded head': post(SIMPLE, [BEARER, 'X-A: b\r\n Content-Length: 3', `Content-Length: ${SIMPLE.length}`]),
  'a bare line end': post(SIMPLE, [
    BEARER,
    'X-A: b\nTransfer-Encoding: chunked',
    `Content-Length: ${SIMPLE.length}`,
  ]),
  'a zero in a head': post(SIMPLE, [BEARER, 'X-A: b\0c']),
  'the next on the same connection': post(SIMPLE, [BEARER, 'Connection: keep-alive']) + post(OTHER, [BEARER]),
  'a chunk of wrong size': post(`5\r\n${SIMPLE}\r\n0\r\n\r\n`, [BEARER, 'Transfer-Encoding: chunked']),
  'a WebSocket by POST':
    post(SIMPLE, [
      BEARER,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${'a'.repeat(22)}==`,
    ]) + OTHER,
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  'no HTTP': 'GARBAGE\r\n\r\n',
};
