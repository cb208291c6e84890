import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, hideSecrets } from '@watchbill/kit/log';
import { CLAIM, rawCall } from './testing/client.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { PEER_SECRET, secretOf, WIRE_SECRET } from './testing/fixed-values.ts';
import { logSink, serve } from './testing/server.ts';

const SECRETS = [WIRE_SECRET, PEER_SECRET, secretOf('node'), secretOf('operator'), 'unknown-but-secret'];

test('no secret reaches the log, whatever goes wrong', async (context) => {
  const fault = (): never => {
    throw new Error(
      `failed at /original/${WIRE_SECRET}/authorize with Bearer ${secretOf('node')} for /original/unknown-but-secret`,
    );
  };
  const permit = fakePermit({
    claim: async () => fault(),
    claimOriginal: async () => fault(),
    tokens: fault,
  });
  const server = await serve(context, permit);
  const hasty = await serve(context, permit, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 300 } });
  const requests = [
    `PUT /original/${WIRE_SECRET}/authorize/slot/7 HTTP/1.1\r\nHost: x\r\n\r\n`,
    'PUT /original/unknown-but-secret/authorize/slot/7 HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /original/${WIRE_SECRET}/nothing HTTP/1.1\r\nHost: x\r\n\r\n`,
    `PUT /Original/${WIRE_SECRET}/authorize/slot/7 HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /%6Friginal/${WIRE_SECRET}/nothing HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /v1/original/${WIRE_SECRET} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /${WIRE_SECRET}/%zz HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /v1/watch?token=${secretOf('node')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('node')}\r\n\r\n`,
    `DELETE /v1/tokens/${WIRE_SECRET}%zz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('operator')}\r\n\r\n`,
    CLAIM,
    CLAIM.replace(secretOf('node'), 'unknown-but-secret'),
    `GET /v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('operator')}\r\n\r\n`,
    `GET /v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${secretOf('operator')}\r\n\r\n`,
    `GET /v1/peer/memory HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${PEER_SECRET}x\r\n\r\n`,
    `PUT /original/${WIRE_SECRET}/authorize/slot/7 broken HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /x HTTP/1.1\r\nAuthorization: Bearer ${secretOf('node')}\r\nbroken header\r\n\r\n`,
    `GET /x HTTP/1.1\r\nAuthorization: Bearer ${secretOf('node').repeat(800)}\r\n\r\n`,
  ];
  const endless = `PUT /original/${WIRE_SECRET}/authorize/slot/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx`;
  for (const request of [...requests, endless]) {
    const { port } = request === endless ? hasty : server;
    const answer = await rawCall(port, request);
    assert.ok(answer.status >= 400, `${request} ${answer.raw}`);
    for (const secret of SECRETS)
      assert.ok(!answer.raw.includes(secret), `${request} answered ${answer.raw}`);
  }
  const log = [...server.log.lines, ...hasty.log.lines].join('');
  for (const event of ['claim-failed', 'original-failed', 'identity-refused', 'original-refused'])
    assert.ok(log.includes(event), `${event} itself is logged`);
  for (const secret of SECRETS) assert.ok(!log.includes(secret), `${secret} stands in ${log}`);
});

test('fields with secret names are hidden at any of four depths', () => {
  const sink = logSink();
  const log = createLogger({ destination: sink });
  log.info({ secret: 's1', a: { token: 's2', b: { authorization: 's3', c: { password: 's4' } } } }, 'x');
  assert.equal(sink.lines.length, 1);
  assert.doesNotMatch(sink.lines[0] ?? '', /s[1-4]"/);
});

test('texts that look like secrets are hidden wherever they stand', () => {
  assert.equal(
    hideSecrets('to http://h/original/abc/authorize/slot/1 '),
    'to http://h/original/[hidden]/authorize/slot/1 ',
  );
  assert.equal(hideSecrets('//original//abc'), '//original//[hidden]');
  assert.equal(hideSecrets('%2Foriginal%2Fabc'), '%2Foriginal%2F[hidden]');
  assert.equal(hideSecrets('"Authorization: bearer abc"'), '"Authorization: bearer [hidden]"');
  assert.equal(hideSecrets('/original/authorize_fix_order/node1'), '/original/authorize_fix_order/node1');
});
