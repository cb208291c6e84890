import { readFileSync } from 'node:fs';
import { hideSecrets } from '@watchbill/kit/log';
import { FIELDS } from '../../config/fields.ts';
import type { Config } from '../../config/schema.ts';
import { getAt } from '../../config/tree.ts';

const HIDDEN = '[hidden]';
const LEAST_LENGTH = 6;

/** The secrets in the files that a configuration or a flag names. */
export function secretsIn(config: Config | null, more: readonly (string | undefined)[]): readonly string[] {
  const named = FIELDS.filter(({ isSecretFile }) => isSecretFile && config !== null);
  const files = [...named.map(({ path }) => getAt(config, path.split('.'))), ...more];
  return files.flatMap((file) => {
    try {
      const text = typeof file === 'string' ? readFileSync(file, 'utf8').trim() : '';
      return text.length < LEAST_LENGTH ? [] : [text];
    } catch {
      // A secret that this user cannot read is in no text of this process either.
      return [];
    }
  });
}

/**
 * The text without these secrets and without everything that looks like one: bearer credentials, tokens of 43
 * characters, private keys in PEM, passwords in addresses, and values after a name such as `password`. Hashes
 * and public keys are hex, and stay.
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  return hideSecrets(known)
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN)
    .replace(/(:\/\/)[^/\s:@]*:[^/\s@]+@/g, `$1${HIDDEN}@`)
    .replace(/\b(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{43}(?![\w-])/g, HIDDEN)
    .replace(
      /\b(pass(?:word|phrase)?|secret|mnemonic|suri|seed)("?\s*[:=]\s*)("[^"]*"|\S+)/gi,
      `$1$2${HIDDEN}`,
    );
}
