// The X.509 library asks that it is loaded first.
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate for tests, with its private key, both PEM. Its validity may lie anywhere. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface Subject {
  readonly cn: string;
  readonly ou?: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
  /** Valid for 127.0.0.1 as a server. */
  readonly server?: boolean;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

export async function testAuthority(cn: string) {
  x509.cryptoProvider.set(crypto);
  const keys = await newKeys();
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: `CN=${cn}`, ...validity({}), keys, signingAlgorithm },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = async (subject: Subject): Promise<TestCertificate> => {
    const { publicKey, privateKey } = await newKeys();
    const loopback = new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]);
    const leaf = await x509.X509CertificateGenerator.create({
      ...{
        issuer: own.subject,
        ...validity(subject),
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm,
      },
      subject: [...(subject.ou ?? []).map((ou) => ({ OU: [ou] })), { CN: [subject.cn] }],
      extensions: subject.server === true ? [loopback] : [],
    });
    const key = await crypto.subtle.exportKey('pkcs8', privateKey);
    return { cert: leaf.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  };
  return { cert: own.toString('pem'), issue };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function validity({ from, to }: Pick<Subject, 'from' | 'to'>): { notBefore: Date; notAfter: Date } {
  const nowMs = Date.now();
  return { notBefore: from ?? new Date(nowMs - HOUR_MS), notAfter: to ?? new Date(nowMs + HOUR_MS) };
}
