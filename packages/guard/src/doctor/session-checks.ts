import { counted } from '@watchbill/kit';
import { distinct, fileNameOf, isSame, type PublicKey } from '../custody/key-name.ts';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { ofThisMachine } from '../inspect/keystore.ts';
import { known, seen, unread } from '../inspect/look.ts';
import { checksOf, fault, keyText, shred } from './finding.ts';
import { filesOf, unreadOf } from './keystore-checks.ts';

const check = checksOf('session');
const REGISTER = 'make keys with author_rotateKeys on the node, then register them (session.setKeys)';
/** The kinds whose active key the chain shows. */
const ACTIVE_KINDS = ['gran', 'babe', 'aura'];

/** Checks of the session keys on chain, and of the keys that this machine holds. */
export const SESSION_CHECKS = [
  check('session-registered', 'the validator has session keys on chain', 'session', (session) => {
    const { validator, registered: keys } = session;
    if (keys !== null) return null;
    return fault('D', validator, {
      what: 'the validator has no session keys on chain',
      evidence: ['Session.NextKeys is empty at the finalised block'],
      cost: 'the validator cannot be elected; if it is elected, it misses every duty',
      mend: REGISTER,
    });
  }),
  check('session-held', 'this machine holds the keys that the chain expects', 'session', (session, facts) => {
    const { validator, registered: next, queued, active } = session;
    // While keys rotate, a machine needs the old ones and the new ones.
    const wanted = [...active, ...(queued ?? []), ...(next ?? [])];
    if (wanted.length === 0) return unread('the chain has no session keys to look for');
    const holder = holderOf(facts);
    if (!holder.looked) return holder;
    const lost = distinct(wanted).filter((key) => !holder.value.files.includes(fileNameOf(key)));
    if (lost.length === 0) return null;
    const isIn = (keys: readonly PublicKey[] | null, key: PublicKey): boolean =>
      keys?.some((each) => isSame(each, key)) === true;
    const stateOf = (key: PublicKey): string =>
      isIn(active, key) ? 'active now' : isIn(queued, key) ? 'queued for the next session' : 'registered';
    return fault('D', validator, {
      what: `this machine does not hold ${lost.length === 1 ? 'a session key' : `${lost.length} session keys`} of the validator`,
      evidence: [
        `looked in ${holder.value.place}`,
        ...lost.map((key) => `${keyText(key)} is ${stateOf(key)}`),
      ],
      cost: 'the validator misses the duties of these keys, as soon as the chain uses them',
      mend: `restore the key files into the keystore of the node; if they are lost: ${REGISTER}`,
    });
  }),
  check(
    'session-strays',
    'the chain knows each key that signs on this machine',
    'session',
    (session, facts) => {
      const { registered, queued, active } = session;
      const { keystores } = facts;
      if (registered === null) return unread('the chain has no session keys to compare with');
      // A key of a past rotation may still be in the set of authorities.
      const inSet = [known(facts.blocks)?.own, known(facts.votes)?.own];
      const onChain = [...registered, ...(queued ?? []), ...active];
      const all = ofThisMachine(keystores).map(({ path, keys }) => {
        const stray = keys.filter(
          (key) =>
            ACTIVE_KINDS.includes(key.kind) &&
            registered.some(({ kind }) => kind === key.kind) &&
            !onChain.some((each) => isSame(each, key)) &&
            !inSet.includes(key.publicKey),
        );
        if (stray.length === 0) return null;
        return fault('C', path, {
          what: `the chain does not know ${counted(stray.length, 'key')} of this machine`,
          evidence: stray.map((key) => `${keyText(key)} is neither registered nor queued nor active`),
          cost: 'new keys without session.setKeys are a rotation that never happens; old keys are secrets that a copy of the disk gives away',
          mend: `register them (session.setKeys) if they are new; otherwise: ${shred({ path }, stray)}`,
        });
      });
      return [all, unreadOf(keystores)];
    },
  ),
];

/** The place of this machine's keys, and their files. Sealed keys count: a guard places them. */
function holderOf({ held, keystores, sealed }: DoctorFacts) {
  const files = known(sealed) ?? [];
  // The own node knows best.
  if (held.looked) {
    const names = held.value.keys.filter((key) => key.held).map(fileNameOf);
    return seen({ place: `the node ${held.value.address}`, files: [...files, ...names] });
  }
  const stores = ofThisMachine(keystores);
  // A store that could not be read may hold the key.
  const unread = unreadOf(keystores);
  if (unread !== null && keystores.length > 0) return unread;
  if (stores.length === 0 && !sealed.looked) return held;
  const places = [...stores.map(({ path }) => path), ...(sealed.looked ? ['the sealed keys'] : [])];
  return seen({ place: places.join(', '), files: [...files, ...filesOf(keystores)] });
}
