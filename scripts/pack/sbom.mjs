// The bill of materials of a package as a CycloneDX 1.6 document (ECMA-424), for scanners of advisories.

import { createHash } from 'node:crypto';

/**
 * `bundled` are the packages inside of the bundle. The document has no random part, and a time only if
 * `SOURCE_DATE_EPOCH` (seconds) is set.
 */
export function billOfMaterials({ manifest, lock, bundled }, epoch = process.env.SOURCE_DATE_EPOCH) {
  const inside = bundled.map(({ path, name, version, license, integrity }) =>
    component({ name, version, license, integrity: integrity ?? lock.packages[path]?.integrity }),
  );
  const components = new Map(inside.map((one) => [one['bom-ref'], one]));
  const sorted = [...components.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const { version, name, description, license } = manifest;
  const body = {
    metadata: {
      ...(epoch === undefined ? {} : { timestamp: new Date(Number(epoch) * 1_000).toISOString() }),
      component: { ...component({ name, version, license }), type: 'application', description },
    },
    components: sorted,
    dependencies: [
      { ref: purl(name, version), dependsOn: sorted.map((one) => one['bom-ref']) },
      ...sorted.map((one) => ({ ref: one['bom-ref'] })),
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(body))}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber,
    version: 1,
    ...body,
  };
}

function component({ name, version, license, integrity }) {
  const reference = purl(name, version);
  const [group, short] = name.startsWith('@') ? name.split('/') : [undefined, name];
  // An expression such as `(MIT OR CC0-1.0)` has a field by itself.
  const named = / |\(/.test(license) ? { expression: license } : { license: { id: license } };
  return {
    type: 'library',
    'bom-ref': reference,
    ...(group === undefined ? {} : { group }),
    name: short,
    version,
    ...(integrity === undefined ? {} : { hashes: [sha512(integrity)] }),
    ...(license === undefined ? {} : { licenses: [named] }),
    purl: reference,
  };
}

/** `sha512-…` in base64 of a lock file. */
function sha512(integrity) {
  const [algorithm, value] = integrity.split(' ').at(-1).split(/-(.*)/);
  if (algorithm !== 'sha512') throw new Error(`a lock file with ${algorithm} is not expected`);
  return { alg: 'SHA-512', content: Buffer.from(value, 'base64').toString('hex') };
}

/** https://github.com/package-url/purl-spec: the `@` of a scope is written as %40. */
function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** A UUID of version 5 form, out of a digest in place of random bits. */
function uuidOf(text) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
