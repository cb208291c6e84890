import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { systemCause, visible } from '@watchbill/kit';
import type { ProblemDocument } from '@watchbill/kit/http';
import type { Permit, Role } from '../contract.ts';
import { ROLES } from '../shapes/texts.ts';
import { type ProblemCode, problemOf } from './problem.ts';
import type { Access } from './routes/specs.ts';

/** The origin of a request. */
export interface Caller {
  readonly role: Role;
  readonly name: string;
}

export type Identified =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly problem: ProblemDocument };

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const MAX_SECRET = 256;
const NO_CREDENTIALS = 'no credentials: send a token or a client certificate';
const PEER: Caller = { role: 'reader', name: 'peer' };

/** Checks the identity of a request and whether its role may use the route. Never touches the store. */
export function authorize(permit: Permit, request: IncomingMessage, access: Access): Identified {
  if (access === 'open') return { ok: true, caller: PEER };
  if (access === 'peer') return peerOf(permit, request);
  const who = identify(permit, request);
  if (!who.ok || access.includes(who.caller.role)) return who;
  const needed = access.map((role) => `\`${role}\``).join(' or ');
  const detail = `${who.caller.name} has the role \`${who.caller.role}\`; this request needs ${needed}`;
  return refused('role-forbidden', detail);
}

function peerOf(permit: Permit, request: IncomingMessage): Identified {
  const secret = bearerOf(request);
  if (secret === null)
    return refused('no-identity', 'no credentials: this route needs the secret of a service of this ledger');
  if (!permit.isPeer(secret))
    return refused('not-a-peer', 'this secret is unknown to this ledger (is it the right service?)');
  return { ok: true, caller: PEER };
}

/** A bearer token decides if there is one; else a client certificate. */
export function identify(permit: Permit, request: IncomingMessage): Identified {
  if (request.headers.authorization === undefined) return certified(request);
  const secret = bearerOf(request);
  if (secret === null)
    return refused(
      'no-identity',
      'the Authorization header does not hold a bearer token of 1 to 256 characters: send `Authorization: Bearer TOKEN`',
    );
  const token = permit.identify(secret);
  if (token === null)
    return refused('identity-unknown', 'this token is unknown to this service (is it the right service?)');
  if (token.original !== null) return refused('identity-for-original-wire', `token ${token.id}`);
  return { ok: true, caller: token };
}

function bearerOf(request: IncomingMessage): string | null {
  const header = request.headers.authorization;
  if (header === undefined || header.length > MAX_SECRET + 7) return null;
  if (header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  const secret = header.slice(7);
  return secret === '' ? null : secret;
}

interface Certified {
  readonly result: Identified;
  readonly validToMs: number;
}

/**
 * Reading a certificate costs; a connection keeps its own for life. Its expiry is looked at for each request.
 */
const certificates = new WeakMap<TLSSocket, Certified>();

function certified(request: IncomingMessage): Identified {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return refused('no-identity', NO_CREDENTIALS);
  const known = certificates.get(socket) ?? readCertificate(socket);
  certificates.set(socket, known);
  if (known.result.ok && Date.now() > known.validToMs) {
    const since = new Date(known.validToMs).toISOString();
    return refused('certificate-refused', `the certificate expired at ${since}; renew it`);
  }
  return known.result;
}

function readCertificate(socket: TLSSocket): Certified {
  const certificate = socket.getPeerCertificate();
  const validToMs = Date.parse(certificate.valid_to ?? '');
  if (Object.keys(certificate).length === 0) {
    return { result: refused('no-identity', NO_CREDENTIALS), validToMs: 0 };
  }
  if (!socket.authorized) {
    return { result: refused('certificate-refused', unverified(socket)), validToMs: 0 };
  }
  if (Number.isNaN(validToMs)) {
    return {
      result: refused('certificate-refused', 'its end of validity is not a date; make a new certificate'),
      validToMs: 0,
    };
  }
  return { result: subjectOf(certificate), validToMs };
}

/** Node names a failed check by its code, for example `CERT_HAS_EXPIRED`. */
function unverified({ authorizationError: why }: TLSSocket): string {
  const code: unknown = why instanceof Error && 'code' in why ? why.code : why;
  const cause = systemCause(Object.assign(new Error(String(why)), { code }));
  return cause ?? 'it was not verified; use a certificate of the configured authority';
}

/** The value of a field as a certificate has it: cut, and safe to print. */
function got(field: string, value: unknown): string {
  if (value === undefined) return `no ${field}`;
  if (Array.isArray(value)) return `${value.length} values of ${field}`;
  return `${field}=${visible(String(value).slice(0, 64))}`;
}

function subjectOf(certificate: PeerCertificate): Identified {
  const name: unknown = certificate.subject?.CN;
  const role: unknown = certificate.subject?.OU;
  if (typeof name !== 'string' || !NAME.test(name)) {
    return refused(
      'certificate-refused',
      `its subject has ${got('CN', name)}; needed is one name, for example CN=validator-a`,
    );
  }
  const known = ROLES.find((one) => one === role);
  if (known === undefined) {
    return refused(
      'certificate-refused',
      `its subject has ${got('OU', role)}; needed is one of ${ROLES.join(', ')}`,
    );
  }
  return { ok: true, caller: { role: known, name } };
}

function refused(code: ProblemCode, detail: string): Identified {
  return { ok: false, problem: problemOf(code, detail) };
}
