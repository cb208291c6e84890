import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { listening } from '@watchbill/kit/testing';
import { CERTIFICATE, CERTIFICATE_KEY } from '../../run/testing/index.ts';
import { certificateEnd } from './certificate.ts';

const deadline = (ms = 60_000) => AbortSignal.timeout(ms);

test('the end of a certificate is read, from any issuer; a missing certificate is an error', async (context) => {
  const server = createServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE });
  server.on('tlsClientError', () => undefined);
  const at = { host: '127.0.0.1', port: await listening(server, context) };
  const end = new X509Certificate(CERTIFICATE).validToDate.getTime() / 1_000;
  assert.equal(await certificateEnd(at, deadline()), end);

  const silent = createTcpServer(() => undefined);
  const nowhere = { host: '127.0.0.1', port: await listening(silent, context) };
  await assert.rejects(certificateEnd(nowhere, deadline(50)), /no certificate in time/);
  silent.close();
  await assert.rejects(certificateEnd({ host: '127.0.0.1', port: 9 }, deadline()));
  await assert.rejects(certificateEnd(at, AbortSignal.abort()), /in time/);
});
