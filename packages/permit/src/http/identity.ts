import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { Permit, Role } from '../contract.ts';
import { type ProblemDocument, problemOf } from './problem.ts';
import type { Access } from './routes/spec.ts';

/** Who a request comes from. */
export interface Caller {
  readonly role: Role;
  readonly name: string;
}

export type Identified =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly problem: ProblemDocument };

const ROLES: readonly string[] = ['node', 'observer', 'operator', 'reader'];
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const MAX_SECRET = 256;
const PEER: Caller = { role: 'reader', name: 'peer' };

/**
 * Who may pass: the identity of the request and whether its role opens the route. Never touches the store.
 */
export function authorize(permit: Permit, request: IncomingMessage, access: Access): Identified {
  if (access === 'open') return { ok: true, caller: PEER };
  if (access === 'peer') return peerOf(permit, request);
  const who = identify(permit, request);
  if (!who.ok || access.includes(who.caller.role)) return who;
  const detail = `the role ${who.caller.role} of ${who.caller.name} is none of ${access.join(', ')}`;
  return { ok: false, problem: problemOf('role-forbidden', detail) };
}

function peerOf(permit: Permit, request: IncomingMessage): Identified {
  const secret = bearerOf(request);
  if (secret === null) return refused('no-identity', 'this route asks for the secret of a service');
  if (!permit.isPeer(secret)) return refused('not-a-peer', 'the secret is not the one of this ledger');
  return { ok: true, caller: PEER };
}

/** A bearer token decides where there is one; else a client certificate. */
function identify(permit: Permit, request: IncomingMessage): Identified {
  if (request.headers.authorization === undefined) return certified(request);
  const secret = bearerOf(request);
  if (secret === null) return refused('no-identity', 'the Authorization header holds no bearer token');
  const token = permit.identify(secret);
  if (token === null) return refused('identity-unknown', 'no token has this secret');
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
  if (!(socket instanceof TLSSocket)) return refused('no-identity', 'neither a token nor a certificate');
  const known = certificates.get(socket) ?? readCertificate(socket);
  certificates.set(socket, known);
  if (known.result.ok && Date.now() > known.validToMs) {
    return refused('certificate-refused', 'the certificate has expired');
  }
  return known.result;
}

function readCertificate(socket: TLSSocket): Certified {
  const certificate = socket.getPeerCertificate();
  const validToMs = Date.parse(certificate.valid_to ?? '');
  if (Object.keys(certificate).length === 0) {
    return { result: refused('no-identity', 'neither a token nor a certificate'), validToMs: 0 };
  }
  if (!socket.authorized) {
    const why = String(socket.authorizationError ?? 'it was not verified');
    return { result: refused('certificate-refused', why), validToMs: 0 };
  }
  if (Number.isNaN(validToMs)) {
    return { result: refused('certificate-refused', 'its end of validity cannot be read'), validToMs: 0 };
  }
  return { result: subjectOf(certificate), validToMs };
}

function subjectOf(certificate: PeerCertificate): Identified {
  const name: unknown = certificate.subject?.CN;
  const role: unknown = certificate.subject?.OU;
  if (typeof name !== 'string' || !NAME.test(name)) {
    return refused('certificate-refused', 'its subject does not have exactly one CN that is a name');
  }
  if (typeof role !== 'string' || !ROLES.includes(role)) {
    return refused('certificate-refused', `its subject does not have exactly one OU of ${ROLES.join(', ')}`);
  }
  return { ok: true, caller: { role: role as Role, name } };
}

function refused(
  code:
    | 'no-identity'
    | 'identity-unknown'
    | 'identity-for-original-wire'
    | 'certificate-refused'
    | 'not-a-peer',
  detail: string,
): Identified {
  return { ok: false, problem: problemOf(code, detail) };
}
