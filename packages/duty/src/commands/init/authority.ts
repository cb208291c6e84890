// The X.509 library keeps notes about its own classes through it, and asks that it is loaded first.
import type { Clock, Random } from '@watchbill/kit';
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate with its private key, both PEM (PKCS#8). */
export interface KeyPairPem {
  readonly certificate: string;
  readonly key: string;
}

/** The holder of a certificate. `role` is the OU of the subject: `server`, `operator` or `node`. */
export interface Holder {
  readonly name: string;
  readonly role: 'server' | 'operator' | 'node';
  /** DNS names and addresses of a server; empty for clients. */
  readonly hosts: readonly string[];
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Ten years and one year, and a day back for clocks that differ. */
const CA_LIFE_MS = 3_652 * DAY_MS;
const LEAF_LIFE_MS = 365 * DAY_MS;

/**
 * Makes a new authority: ECDSA P-256, valid for ten years. `init` writes its key once; a person uses the key
 * later to sign more certificates.
 */
export async function createAuthority(clock: Clock, random: Random) {
  x509.cryptoProvider.set(crypto);
  const keys = await newKeys();
  const subject = [{ O: ['watchbill'] }, { CN: ['watchbill CA'] }];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(random),
    name: subject,
    ...validity(clock, CA_LIFE_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    ...(await pem(certificate, keys)),
    issue: async (holder: Holder): Promise<KeyPairPem> => {
      const own = await newKeys();
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: serial(random),
        subject: [{ O: ['watchbill'] }, { OU: [holder.role] }, { CN: [holder.name] }],
        issuer: certificate.subject,
        ...validity(clock, LEAF_LIFE_MS),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: SIGNING,
        extensions: await leafExtensions(holder, own, keys),
      });
      return pem(leaf, own);
    },
  };
}

async function leafExtensions(
  holder: Holder,
  own: webcrypto.CryptoKeyPair,
  authority: webcrypto.CryptoKeyPair,
): Promise<x509.Extension[]> {
  const purpose =
    holder.role === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const names = holder.hosts.map((host) => ({
    type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
    value: host,
  }));
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([purpose]),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
  ];
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function validity(clock: Clock, lifeMs: number): { notBefore: Date; notAfter: Date } {
  const nowMs = clock.nowMs();
  return { notBefore: new Date(nowMs - DAY_MS), notAfter: new Date(nowMs + lifeMs) };
}

/** 16 random bytes with the first bit clear, so that the number is positive. */
function serial(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function pem(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<KeyPairPem> {
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}
