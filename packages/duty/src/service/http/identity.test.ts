import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { authorize } from './identity.ts';
import type { Access } from './routes/specs.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { PEER_SECRET, secretOf } from './testing/fixed-values.ts';

const OPERATORS: Access = ['operator'];
const FUTURE = '2999-01-01T00:00:00Z';

function request(authorization?: string, socket: unknown = {}): IncomingMessage {
  return { headers: { authorization }, socket } as unknown as IncomingMessage;
}

/** A connection over TLS as Node shows it, with this certificate. */
function certified(subject: object, change: object = {}): IncomingMessage {
  const certificate = { subject, valid_to: FUTURE };
  return request(
    undefined,
    Object.defineProperties(Object.create(TLSSocket.prototype), {
      getPeerCertificate: { value: () => ({ ...certificate, ...change }) },
      authorized: { value: !('why' in change) },
      authorizationError: { value: 'why' in change ? change.why : null },
    }),
  );
}

describe('a refusal names the value and what would be valid', () => {
  const cases: readonly (readonly [string, IncomingMessage, Access, string, string])[] = [
    [
      'a role that may not do it',
      request(`Bearer ${secretOf('node')}`),
      OPERATORS,
      'role-forbidden',
      'node-a has the role `node`; this request needs `operator`',
    ],
    [
      'one of several roles',
      request(`Bearer ${secretOf('node')}`),
      ['operator', 'reader'],
      'role-forbidden',
      'node-a has the role `node`; this request needs `operator` or `reader`',
    ],
    [
      'no credentials',
      request(),
      OPERATORS,
      'no-identity',
      'no credentials: send a token or a client certificate',
    ],
    [
      'another kind of credentials',
      request('Basic eA=='),
      OPERATORS,
      'no-identity',
      'the Authorization header does not hold a bearer token of 1 to 256 characters: send `Authorization: Bearer TOKEN`',
    ],
    [
      'a token of another ledger',
      request('Bearer wrong'),
      OPERATORS,
      'identity-unknown',
      'this token is unknown to this service (is it the right service?)',
    ],
    [
      'no secret of a service',
      request(),
      'peer',
      'no-identity',
      'no credentials: this route needs the secret of a service of this ledger',
    ],
    [
      'the secret of another ledger',
      request('Bearer wrong'),
      'peer',
      'not-a-peer',
      'this secret is unknown to this ledger (is it the right service?)',
    ],
  ];
  /** By what is wrong: a certificate as Node shows it, and the detail of the refusal. */
  const certificates: readonly (readonly [string, IncomingMessage, string])[] = [
    [
      'an expired certificate',
      certified({ CN: 'a', OU: 'operator' }, { valid_to: '2001-01-01T00:00:00Z' }),
      'the certificate expired at 2001-01-01T00:00:00.000Z; renew it',
    ],
    [
      'an end of validity that is not a date',
      certified({ CN: 'a', OU: 'operator' }, { valid_to: 'soon' }),
      'its end of validity is not a date; make a new certificate',
    ],
    [
      'a check of Node that failed, by its code',
      certified({}, { why: 'CERT_HAS_EXPIRED' }),
      'the certificate has expired',
    ],
    [
      'a check of Node that failed, as an error',
      certified(
        {},
        { why: Object.assign(new Error('unable to verify'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }) },
      ),
      'the certificate is not signed by a trusted authority',
    ],
    [
      'an unknown check of Node',
      certified({}, { why: 'STRANGE' }),
      'it was not verified; use a certificate of the configured authority',
    ],
    [
      'no name',
      certified({ OU: 'operator' }),
      'its subject has no CN; needed is one name, for example CN=validator-a',
    ],
    [
      'a name with hidden characters',
      certified({ CN: 'A\u202e', OU: 'operator' }),
      'its subject has CN=A\\u202e; needed is one name, for example CN=validator-a',
    ],
    [
      'two roles',
      certified({ CN: 'a', OU: ['operator', 'node'] }),
      'its subject has 2 values of OU; needed is one of node, observer, operator, reader',
    ],
    [
      'a role that does not exist',
      certified({ CN: 'a', OU: 'admin' }),
      'its subject has OU=admin; needed is one of node, observer, operator, reader',
    ],
  ];
  const refused = (name: string, asked: IncomingMessage, access: Access, code: string, detail: string) =>
    test(name, () => {
      const result = authorize(fakePermit(), asked, access);
      assert.ok(!result.ok);
      assert.deepEqual({ code: result.problem.code, detail: result.problem.detail }, { code, detail });
    });
  for (const row of cases) refused(...row);
  for (const [name, shown, detail] of certificates)
    refused(name, shown, OPERATORS, 'certificate-refused', detail);
});

test('the right credentials pass', () => {
  const permit = fakePermit();
  assert.deepEqual(authorize(permit, certified({ CN: 'ann', OU: 'operator' }), OPERATORS), {
    ok: true,
    caller: { role: 'operator', name: 'ann' },
  });
  assert.ok(authorize(permit, request(`Bearer ${PEER_SECRET}`), 'peer').ok);
  assert.ok(authorize(permit, request(`Bearer ${secretOf('operator')}`), OPERATORS).ok);
});
