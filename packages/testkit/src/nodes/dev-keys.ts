import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { publicKeyOfUri } from '@watchbill/chain/keys';

/** The well-known development accounts, in the order in which the specs take them as validators. */
export const DEV_NAMES = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'] as const;

export type DevName = (typeof DEV_NAMES)[number];

/** Session key types of the development chains and of a relay chain, as a keystore names them. */
export type KeyType = 'babe' | 'aura' | 'gran' | 'imon' | 'audi' | 'beef' | 'para' | 'asgn';

/** The session key types of a BABE chain. */
export const BABE_KEYS: readonly KeyType[] = ['babe', 'gran', 'imon', 'audi'];
/** The session key types of an Aura chain. */
export const AURA_KEYS: readonly KeyType[] = ['aura', 'gran', 'imon', 'audi'];
/** The session key types of a relay chain. */
export const RELAY_KEYS: readonly KeyType[] = ['babe', 'gran', 'beef', 'para', 'asgn', 'audi'];

export interface DevKey {
  /** The content of the key file. */
  readonly suri: string;
  /** Public key of the sr25519 schemes, 64 hex digits. */
  readonly sr25519: string;
  /** Public key of GRANDPA's ed25519, 64 hex digits. */
  readonly ed25519: string;
  /** sr25519 public key of `//Name//stash`, the account that validates. */
  readonly stash: string;
}

/**
 * Public keys of `//Name` as `key inspect --scheme sr25519 | ed25519 //Name` of a node prints them; the same
 * stand in `sp-keyring`. `dev-keys.test.ts` derives the ed25519 half anew; real nodes confirm the rest.
 */
const TABLE: Readonly<Record<DevName, readonly [sr25519: string, ed25519: string, stash: string]>> = {
  Alice: [
    'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
    '88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee',
    'be5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f',
  ],
  Bob: [
    '8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48',
    'd17c2d7823ebf260fd138f2d7e27d114c0145d968b5ff5006125f2414fadae69',
    'fe65717dad0447d715f660a0a58411de509b42e6efb8375f562f58a554d5860e',
  ],
  Charlie: [
    '90b5ab205c6974c9ea841be688864633dc9ca8a357843eeacf2314649965fe22',
    '439660b36c6c03afafca027b910b4fecf99801834c62a5e6006f27d978de234f',
    '1e07379407fecc4b89eb7dbd287c2c781cfb1907a96947a3eb18e4f8e7198625',
  ],
  Dave: [
    '306721211d5404bd9da88e0204360a1a9ab8b87c66c1bc2fcdd37f3c2222cc20',
    '5e639b43e0052c47447dac87d6fd2b6ec50bdd4d0f614e4299c665249bbd09d9',
    'e860f1b1c7227f7c22602f53f15af80747814dffd839719731ee3bba6edc126c',
  ],
  Eve: [
    'e659a7a1628cdd93febc04a4e0646ea20e9f5f0ce097d9a05290d4a9e054df4e',
    '1dfe3e22cc0d45c70779c1095f7489a8ef3cf52d62fbd8c2fa38c9f1723502b5',
    '8ac59e11963af19174d0b94d5d78041c233f55d2e19324665bafdfb62925af2d',
  ],
  Ferdie: [
    '1cbd2d43530a44705ad088af313e18f80b53ef16b36177cd4b77b846f2a5f07c',
    '568cb4a574c6d178feb39c27dfc8b3f789e5f5423e19c71633c748b9acf086b5',
    '101191192fc877c24d725b337120fa3edc63d227bbc92705db1e2cb65f56981a',
  ],
};

/** Keys of one development account. */
export function devKey(name: DevName): DevKey {
  const [sr25519, ed25519, stash] = TABLE[name];
  return { suri: `//${name}`, sr25519, ed25519, stash };
}

/** The public key of a development account for a key type: 64 hex digits, 66 for BEEFY's ecdsa. */
export function devPublicKey(name: DevName, type: KeyType): string {
  const key = devKey(name);
  if (type === 'beef') return beefyKey(key.suri);
  return type === 'gran' ? key.ed25519 : key.sr25519;
}

function beefyKey(suri: string): string {
  const key = publicKeyOfUri('ecdsa', suri);
  if (key === null) throw new Error(`${suri} is not a URI of an ecdsa key`);
  return key.slice(2);
}

/** DER in front of the 32 bytes of an ed25519 secret: PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Public key of an ed25519 secret of 32 bytes. */
export function ed25519PublicKey(secret: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new Error('an ed25519 key has no public half');
  return Buffer.from(x, 'base64url');
}

/** A secret for tests that follows from a text: SHA-256 of it. */
export function testSecret(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
