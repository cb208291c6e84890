import { existsSync, readdirSync } from 'node:fs';

/** Names of the keys in a keystore: type and public key, in hex. The node takes no other files for keys. */
export function keysIn(keystore: string): readonly string[] {
  if (!existsSync(keystore)) return [];
  return readdirSync(keystore).filter((name) => /^[0-9a-fA-F]{9,}$/.test(name));
}

/** The public key of a key's name: one seed may appear for several types. */
export function publicKeyOf(name: string): string {
  return name.slice(8).toLowerCase();
}
