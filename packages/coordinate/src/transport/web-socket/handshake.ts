import { randomBytes } from 'node:crypto';
import type { OperatorKey } from '../../keys/port.ts';
import type { TransportGroup, TransportRefusal } from '../port.ts';
import { decodeStatement, encodeStatement, signStatement, statementProblem } from '../statement.ts';
import { decodeHello, encodeHello, type Hello, NONCE_BYTES } from './hello.ts';
import { opener, sealer } from './sealing.ts';
import { digestOf, directionKeys, newEphemeral } from './session-keys.ts';

/** How the two ends of a connection prove who they are and come to their keys. */
export interface Handshake {
  /** What to send first; the responder waits. */
  readonly opening: Uint8Array | null;
  /** The next message of the other end. */
  read(bytes: Uint8Array): HandshakeStep;
}

export type HandshakeStep =
  | { readonly kind: 'go-on'; readonly send: Uint8Array }
  | { readonly kind: 'done'; readonly send: Uint8Array | null; readonly session: Session }
  | { readonly kind: 'refused'; readonly reason: TransportRefusal };

/** A connection whose other end is the member at `seat`. */
export interface Session {
  readonly seat: number;
  seal(message: Uint8Array): Uint8Array;
  /** Null for what the other end did not seal next. */
  open(sealed: Uint8Array): Uint8Array | null;
}

export interface HandshakeSettings {
  readonly group: TransportGroup;
  readonly key: OperatorKey;
  readonly nowMs: () => number;
  readonly clockSkewMs: number;
  readonly statementMs: number;
}

const DOMAIN = Buffer.from('watchbill/transport/web-socket/1\0', 'ascii');

/**
 * The end that dialed: hello, hello, statement, statement. Each statement is signed by an operator key over its seat and both hellos, the
 * dialer's first (group, seats, nonces, ephemeral keys), so it says who dialed whom in which connection. It is sealed, too.
 * Whoever stands in between can neither use it elsewhere nor put own keys in.
 */
export function initiate(settings: HandshakeSettings, toSeat: number): Handshake {
  const ephemeral = newEphemeral();
  const own = ownHello(settings, toSeat, ephemeral.publicKey);
  const opening = encodeHello(own);
  let link: Link | null = null;
  return {
    opening,
    read: (bytes) => {
      if (link !== null) return concluded(settings, link, bytes, null);
      const hello = helloFrom(settings, bytes);
      if (typeof hello === 'string') return refused(hello);
      if (hello.fromSeat !== toSeat) return refused('not-a-member');
      const shared = ephemeral.shared(hello.ephemeral);
      if (shared === null) return refused('malformed');
      link = linked(shared, 'initiator', opening, bytes, toSeat);
      return { kind: 'go-on', send: link.session.seal(proof(settings, link)) };
    },
  };
}

/** The end that listens. It signs only for a member that has proven to be one. */
export function respond(settings: HandshakeSettings): Handshake {
  let link: Link | null = null;
  return {
    opening: null,
    read: (bytes) => {
      if (link !== null) {
        const current = link;
        return concluded(settings, current, bytes, () => current.session.seal(proof(settings, current)));
      }
      const hello = helloFrom(settings, bytes);
      if (typeof hello === 'string') return refused(hello);
      const ephemeral = newEphemeral();
      const shared = ephemeral.shared(hello.ephemeral);
      if (shared === null) return refused('malformed');
      const reply = encodeHello(ownHello(settings, hello.fromSeat, ephemeral.publicKey));
      link = linked(shared, 'responder', bytes, reply, hello.fromSeat);
      return { kind: 'go-on', send: reply };
    },
  };
}

/** Both hellos are known: there are keys, and nobody has proven anything yet. */
interface Link {
  readonly session: Session;
  readonly transcript: Uint8Array;
}

function linked(
  shared: Uint8Array,
  role: 'initiator' | 'responder',
  initiatorHello: Uint8Array,
  responderHello: Uint8Array,
  seat: number,
): Link {
  const transcript = digestOf(DOMAIN, initiatorHello, responderHello);
  const keys = directionKeys(shared, transcript);
  const [sending, receiving] =
    role === 'initiator' ? [keys.initiator, keys.responder] : [keys.responder, keys.initiator];
  return { transcript, session: { seat, seal: sealer(sending), open: opener(receiving) } };
}

function ownHello(settings: HandshakeSettings, toSeat: number, ephemeral: Uint8Array): Hello {
  const { groupId, seat } = settings.group;
  return { groupId, fromSeat: seat, toSeat, nonce: Uint8Array.from(randomBytes(NONCE_BYTES)), ephemeral };
}

function helloFrom(settings: HandshakeSettings, bytes: Uint8Array): Hello | TransportRefusal {
  const { group } = settings;
  const hello = decodeHello(bytes);
  if (hello === null) return 'malformed';
  if (Buffer.compare(hello.groupId, group.groupId) !== 0) return 'wrong-group';
  const isMember = hello.fromSeat < group.members.length && hello.fromSeat !== group.seat;
  return isMember && hello.toSeat === group.seat ? hello : 'not-a-member';
}

function proof(settings: HandshakeSettings, link: Link): Uint8Array {
  const issuedMs = settings.nowMs();
  const statement = {
    groupId: settings.group.groupId,
    seat: settings.group.seat,
    subject: 'web-socket-session',
    identity: link.transcript,
    issuedMs,
    expiresMs: issuedMs + settings.statementMs,
  } as const;
  return encodeStatement(signStatement(settings.key, statement));
}

function concluded(
  settings: HandshakeSettings,
  link: Link,
  bytes: Uint8Array,
  answer: (() => Uint8Array) | null,
): HandshakeStep {
  const opened = link.session.open(bytes);
  const statement = opened === null ? null : decodeStatement(opened);
  if (statement === null) return refused('malformed');
  if (statement.seat !== link.session.seat) return refused('not-a-member');
  const problem = statementProblem(statement, {
    group: settings.group,
    subject: 'web-socket-session',
    identity: link.transcript,
    nowMs: settings.nowMs(),
    clockSkewMs: settings.clockSkewMs,
  });
  if (problem !== null) return refused(problem);
  return { kind: 'done', send: answer === null ? null : answer(), session: link.session };
}

function refused(reason: TransportRefusal): HandshakeStep {
  return { kind: 'refused', reason };
}
