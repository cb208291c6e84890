import { z } from 'zod';

export const SHA256 = /^[0-9a-f]{64}$/;

/** A tag can be moved to another image, a digest cannot. */
export const IMAGE_BY_DIGEST = /^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$/;

export const binary = z.strictObject({
  source: z
    .string()
    .regex(/^(https:\/\/|\/)\S+$/, {
      error: 'expected an address that begins with https:// or a path from /',
    })
    .describe('Source of the executable: https://… or a path on the machine that applies.'),
  sha256: z.string().regex(SHA256, { error: 'expected 64 hexadecimal digits in lower case' }),
});

/** The software of a node. */
export const software = z.strictObject({
  image: z
    .string()
    .regex(IMAGE_BY_DIGEST, {
      error: 'expected an image by digest: REPOSITORY@sha256:… (a tag may be moved, a digest not)',
    })
    .nullable()
    .describe('Container image by digest, for clusters.'),
  imagePullSecrets: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, { error: 'expected the name of a Secret' }),
    )
    .max(8)
    .describe('Secrets of the namespace with the credentials of private registries.'),
  binary: binary.nullable().describe('Executable with its SHA-256, for machines.'),
  companions: z
    .record(z.string().regex(/^[A-Za-z0-9._-]+$/), binary)
    .describe('Executables that must lie beside it, such as polkadot-prepare-worker; for machines.'),
  command: z
    .string()
    .regex(/^[A-Za-z0-9._/-]+$/)
    .describe('Name of the executable, in the image and on machines.'),
  sdk: z
    .string()
    .regex(/^stable[0-9]{4}$/, { error: 'expected stableYYMM' })
    .describe(
      'Release of polkadot-sdk that the node is made of, such as stable2509. It determines which flags exist.',
    ),
});
