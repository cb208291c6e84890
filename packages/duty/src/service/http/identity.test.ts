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

const NODE = request(`Bearer ${secretOf('node')}`);
const OPERATOR = { CN: 'a', OU: 'operator' };
const UNVERIFIED = Object.assign(new Error('no'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
const A_ROLE = 'needed is one of node, observer, operator, reader';
const A_NAME = 'needed is one name, for example CN=validator-a';

/** Requests by the roles of a route and by their refusal, as `code: detail`. */
const REFUSED: readonly (readonly [Access, Readonly<Record<string, IncomingMessage>>])[] = [
  [
    OPERATORS,
    {
      'role-forbidden: node-a has the role `node`; this request needs `operator`': NODE,
      'no-identity: no credentials: send a token or a client certificate': request(),
      'no-identity: the Authorization header does not hold a bearer token of 1 to 256 characters: send `Authorization: Bearer TOKEN`':
        request('Basic eA=='),
      'identity-unknown: this token is unknown to this service (is it the right service?)':
        request('Bearer wrong'),
    },
  ],
  [
    ['operator', 'reader'],
    { 'role-forbidden: node-a has the role `node`; this request needs `operator` or `reader`': NODE },
  ],
  [
    'peer',
    {
      'no-identity: no credentials: this route needs the secret of a service of this ledger': request(),
      'not-a-peer: this secret is unknown to this ledger (is it the right service?)': request('Bearer wrong'),
    },
  ],
];

/** Certificates by the detail of their refusal. */
const UNFIT: Readonly<Record<string, IncomingMessage>> = {
  'the certificate expired at 2001-01-01T00:00:00.000Z; renew it': certified(OPERATOR, {
    valid_to: '2001-01-01T00:00:00Z',
  }),
  'its end of validity is not a date; make a new certificate': certified(OPERATOR, { valid_to: 'soon' }),
  'the certificate has expired': certified({}, { why: 'CERT_HAS_EXPIRED' }),
  'the certificate is not signed by a trusted authority': certified({}, { why: UNVERIFIED }),
  'it was not verified; use a certificate of the configured authority': certified({}, { why: 'STRANGE' }),
  [`its subject has no CN; ${A_NAME}`]: certified({ OU: 'operator' }),
  [`its subject has CN=A\\u202e; ${A_NAME}`]: certified({ CN: 'A\u202e', OU: 'operator' }),
  [`its subject has 2 values of OU; ${A_ROLE}`]: certified({ CN: 'a', OU: ['operator', 'node'] }),
  [`its subject has OU=admin; ${A_ROLE}`]: certified({ CN: 'a', OU: 'admin' }),
};

describe('a refusal names the value and what would be valid', () => {
  const refused = (text: string, asked: IncomingMessage, access: Access) =>
    test(text, () => {
      const result = authorize(fakePermit(), asked, access);
      assert.ok(!result.ok);
      assert.equal(`${result.problem.code}: ${result.problem.detail}`, text);
    });
  for (const [access, told] of REFUSED)
    for (const [text, asked] of Object.entries(told)) refused(text, asked, access);
  for (const [detail, shown] of Object.entries(UNFIT))
    refused(`certificate-refused: ${detail}`, shown, OPERATORS);
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
