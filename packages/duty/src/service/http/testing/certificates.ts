import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Certificates for tests, written in DER by hand, so that validity may lie anywhere. ecdsa over P-256. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface TestAuthority {
  readonly cert: string;
  issue(subject: Subject): TestCertificate;
}

export interface Subject {
  readonly cn: string;
  readonly ou?: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
  /** Valid for 127.0.0.1 as a server. */
  readonly server?: boolean;
}

const ECDSA_SHA256 = sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
const HOUR_MS = 3_600_000;

export function testAuthority(cn: string): TestAuthority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf({ cn });
  const own = certificate({ cn }, name, pair.publicKey, pair.privateKey, [
    extension([0x55, 0x1d, 0x13], sequence(der(0x01, Buffer.from([0xff]))), true),
  ]);
  return {
    cert: own,
    issue: (subject) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions =
        subject.server === true ? [extension([0x55, 0x1d, 0x11], loopbackName(), false)] : [];
      return {
        key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        cert: certificate(subject, name, leaf.publicKey, pair.privateKey, extensions),
      };
    },
  };
}

let serial = 1;

function certificate(
  subject: Subject,
  issuer: Buffer,
  publicKey: KeyObject,
  signer: KeyObject,
  extensions: readonly Buffer[],
): string {
  const from = subject.from ?? new Date(Date.now() - HOUR_MS);
  const to = subject.to ?? new Date(Date.now() + HOUR_MS);
  serial++;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, serial >> 8, serial & 0xff])),
    ECDSA_SHA256,
    issuer,
    sequence(time(from), time(to)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', body, signer);
  const whole = sequence(body, ECDSA_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(subject: Subject): Buffer {
  const attribute = (type: number, text: string): Buffer =>
    der(0x31, sequence(oid([0x55, 0x04, type]), der(0x0c, Buffer.from(text))));
  return sequence(...(subject.ou ?? []).map((ou) => attribute(0x0b, ou)), attribute(0x03, subject.cn));
}

function time(at: Date): Buffer {
  const text = at.toISOString().replace(/[-:T]/g, '').replace(/\..*$/, 'Z');
  return der(0x18, Buffer.from(text));
}

function loopbackName(): Buffer {
  return sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
}

function extension(id: readonly number[], value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(0x04, value));
}

function oid(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value]);
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), value]);
}
