/** Lengths of mnemonics of BIP 39, in words. */
const MNEMONIC_WORDS = new Set([12, 15, 18, 21, 24]);
const SECRET_NAME =
  /(^|[^a-z])(seed|suri|mnemonic|secret|passw(or)?d|passphrase|token|credential|private|apikey)s?([^a-z]|$)|(api|access|node|signing)[-_]?key([^a-z]|$)/i;

/** Whether a value could be a seed: a mnemonic, 0x with 32 or 64 bytes, or a development account. */
export function looksLikeSeed(value: string): boolean {
  const words = value.trim().split(/\s+/);
  if (MNEMONIC_WORDS.has(words.length) && words.every((word) => /^[a-z]{3,8}$/i.test(word))) return true;
  return /^0x([0-9a-f]{64}|[0-9a-f]{128})(\/\/?|$)/i.test(value.trim()) || /^\/\/?[A-Z]/.test(value.trim());
}

/** Whether a variable or an argument could carry a secret, by its name or by its value. */
export function looksSecret(name: string, value: string): boolean {
  if (SECRET_NAME.test(name.replace(/([a-z])([A-Z])/g, '$1_$2'))) return true;
  const bare = /^([0-9a-f]{64}|[0-9a-f]{128})$/i.test(value.trim());
  return bare || looksLikeSeed(value) || /:\/\/[^/@\s]*:[^/@\s]+@/.test(value);
}
