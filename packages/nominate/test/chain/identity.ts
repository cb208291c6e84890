/** A text as a field of an identity holds it. */
export function identityText(text: string): { readonly type: string; readonly value: string } {
  return { type: `Raw${Buffer.byteLength(text)}`, value: `0x${Buffer.from(text).toString('hex')}` };
}

/** Identity information as People chains store it. */
export function identityInfo(display: string) {
  const none = { type: 'None' };
  return {
    display: identityText(display),
    legal: none,
    web: none,
    matrix: none,
    email: none,
    pgp_fingerprint: null,
    image: none,
    twitter: none,
    github: none,
    discord: none,
  };
}
